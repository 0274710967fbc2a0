"""The widgets of the SLA and quality pages, compared with separate SQL on the marts."""

import pytest

from tests.dashboards.widgets import METRICS, NOW, TODAY


def test_policy_results_equal_the_clocks(written, ask):
    rows = written.cells("sla", "Targets")
    assert [row["Metric"] for row in rows] == list(METRICS)
    goals = {"First response": 15, "Next response": 30, "Time to close": 48}
    for row in rows:
        clocks = f"from marts.fct_sla_clocks where not is_excluded and metric = '{METRICS[row['Metric']]}'"
        assert row["Target"] == [[None, goals[row["Metric"]] * 3600]]
        for label, status in (("Overdue", "overdue"), ("Active", "active"), ("Paused", "paused")):
            wanted = ask(f"select count(*) {clocks} and status = '{status}'")
            assert row[label]["value"] == wanted
            assert bool(row[label]["tickets"]) == bool(wanted)
        for days in (30, 90):
            due = f"{clocks} and due_date between {TODAY} - {days - 1} and {TODAY}"
            on_time = ask(f"select count(*) {due} and status = 'completed_on_time'")
            missed = ask(f"select count(*) {due} and status in ('completed_late', 'overdue')")
            kept = row[f"Kept, {days} days"]
            assert kept["of"] == on_time + missed
            assert kept["value"] == pytest.approx(on_time / (on_time + missed))
            if days == 30:
                assert row["Missed, 30 days"]["value"] == missed
                listed = written.file(f"tickets_{row['Missed, 30 days']['tickets']}")
                assert listed["total"] == missed


def test_a_policy_is_shown_by_its_name_and_by_its_id_without_one(written, changed):
    unnamed = changed("update dim_sla_targets set policy_name = null")
    for part in ("Targets", "Missed"):
        assert {row["Policy"] for row in written.cells("sla", part)} == {"All"}
        assert {row["Policy"] for row in unnamed.cells("sla", part)} == {"p"}


def test_targets_that_are_no_longer_valid_are_not_shown(changed):
    written = changed(
        f"update dim_sla_targets set valid_to = {NOW} where metric = 'first_response'",
        f"update dim_sla_targets set valid_from = {NOW} where metric = 'next_response'",
    )
    goals = {row["Metric"]: row["Target"] for row in written.cells("sla", "Targets")}
    assert goals == {
        "First response": [], "Next response": [[None, 30 * 3600]],
        "Time to close": [[None, 48 * 3600]],
    }  # fmt: skip


def test_the_newest_misses_come_first(desk, written, ask):
    part = written.widget("sla", "Missed")
    missed = "from marts.fct_sla_clocks where not is_excluded and status in ('completed_late', 'overdue')"
    assert part["table"]["total"] == ask(f"select count(*) {missed}")
    rows = written.cells("sla", "Missed")
    assert len(rows) == min(200, part["table"]["total"])
    assert [row["Due"] for row in rows] == sorted((row["Due"] for row in rows), reverse=True)
    ((ticket, late, metric),) = desk.truth.connection.execute(
        f"""select ticket_key, epoch(coalesce(ended_at, {NOW})) - epoch(due_at), metric {missed}
        order by due_at desc, ticket_key limit 1"""
    ).fetchall()
    assert METRICS[rows[0]["Metric"]] == metric
    assert rows[0]["Ticket"] == {"text": ticket.removeprefix("generic:"), "ticket": ticket}
    assert rows[0]["Late by"] == late
    assert all(row["Late by"] > 0 for row in rows)
    every = written.file(f"tickets_{part['table']['tickets']}")
    assert every["total"] == part["table"]["total"]
    ids = [column["name"] for column in every["columns"]].index("ticket_id")
    assert [row[ids] for row in every["rows"]][: len(rows)] == [
        row["Ticket"]["text"] for row in rows
    ]


def test_failing_checks_come_first_and_worst(changed):
    written = changed(
        "update data_quality set rows_failing = 0",
        "update data_quality set rows_failing = 1 where check_id in "
        "(select min(check_id) from data_quality where rows_checked > 0 group by severity)",
    )
    rows = written.cells("quality", "Checks")
    assert [row["Result"]["text"] for row in rows[:4]] == ["Fails", "Warns", "Notes", "Passes"]
    assert {row["Result"]["text"] for row in rows[3:]} == {"Passes"}


def test_every_row_that_was_read_is_accounted_for(written, ask):
    rows = written.cells("quality", "Reconciliation")
    assert len(rows) == ask("select count(*) from marts.reconciliation")
    for row in rows:
        if row["Configured"]["text"] == "Configured":
            parts = ("Modelled", "Quarantined", "Duplicate", "Held back")
            assert row["Read"] == sum(row[label] for label in parts)


def test_a_frequent_reason_hides_no_other_in_the_quarantine(changed):
    raw = "<b onload=alert(1)>" * 100
    written = changed(
        f"""insert into quarantine
        select 'generic', 'tickets', number::varchar, 'often', 'fix it', '{raw}', 'a.csv', number, 'b'
        from range(1000) as numbers (number)""",
        "insert into quarantine values ('generic', 'calls', null, 'once', 'fix it', null, 'b.csv', 7, 'b')",
    )
    rows = written.cells("quality", "Quarantine")
    assert written.widget("quality", "Quarantine")["table"]["total"] == 1001
    assert (len(rows), rows[0]["Reason"], rows[1]["Row"]) == (100, "once", 0)
    assert rows[1]["As landed"] == raw[:400] + " …"


def test_freshness_is_reported_from_the_newest_rows(written, ask):
    facts = {fact["label"]: fact for fact in written.widget("quality", "Freshness")["facts"]}
    assert facts["Newest ticket"]["before_clock"] == ask(
        f"select epoch({NOW}) - epoch(max(created_at)) from marts.fct_tickets"
    )
    assert facts["Build"]["text"] == "test"
