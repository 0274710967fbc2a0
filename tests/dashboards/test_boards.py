"""The boards of the small desk against SQL of their own over its marts; no browser."""

import copy
import json
import re
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboards.boards import load_boards, read_boards, write_boards
from dashboards.boards.desk import Clock
from dashboards.boards.tickets import LISTED
from dashboards.errors import DashboardError, DefinitionError
from tests.dashboards.desk import AGENTS, AS_OF, COMPANIES, PIPELINES, STATUSES, open_marts

METRICS = {
    "First response": "first_response",
    "Next response": "next_response",
    "Time to close": "time_to_close",
}
TODAY = f"date '{AS_OF.date()}'"
NOW = f"timestamp '{AS_OF.replace(tzinfo=None)}'"
DAY_BEFORE = f"({NOW} - interval 1 day)"


class Written:
    """The files of one writing."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def file(self, name: str) -> dict[str, Any]:
        return json.loads((self.out / f"{name}.json").read_text(encoding="utf-8"))

    def part(self, page: str, title: str) -> dict[str, Any]:
        (found,) = [part for part in self.file(page)["parts"] if part["title"] == title]
        return found

    def figures(self, title: str, group: int = 0) -> dict[str, dict[str, Any]]:
        figures = self.part("summary", title)["groups"][group]["figures"]
        return {figure["label"]: figure for figure in figures}

    def tickets(self, name: str) -> list[str]:
        return [row[0] for row in self.file(f"tickets_{name}")["table"]["rows"]]

    def cells(self, page: str, title: str) -> list[dict[str, Any]]:
        """The rows of a table, cells by their column's label."""
        table = self.part(page, title)["table"]
        labels = [column["label"] for column in table["columns"]]
        return [dict(zip(labels, row, strict=True)) for row in table["rows"]]


def write(marts: Path, boards, out: Path) -> Written:
    with open_marts(marts, read_only=True) as connection:
        write_boards(connection, boards, out)
    return Written(out)


@pytest.fixture(scope="module")
def manifest(desk) -> dict[str, Any]:
    return json.loads(desk.manifest.read_text())


@pytest.fixture(scope="module")
def boards(desk):
    return load_boards(desk.manifest)


@pytest.fixture(scope="module")
def written(desk, boards, tmp_path_factory) -> Written:
    return write(desk.marts, boards, tmp_path_factory.mktemp("boards"))


@pytest.fixture
def changed(desk, boards, tmp_path):
    """Writes the boards of the desk's marts after some SQL has changed them."""
    marts = shutil.copyfile(desk.marts, tmp_path / "marts.duckdb")

    def change(*statements: str, of=boards) -> Written:
        with open_marts(marts) as connection:
            connection.execute("use desk_file.marts")
            for statement in statements:
                connection.execute(statement)
        return write(marts, of, tmp_path / "out")

    return change


@pytest.fixture
def ask(desk):
    """One value by SQL over the marts."""
    return lambda sql: desk.truth.connection.execute(sql).fetchone()[0]


def ids(desk, where: str) -> set[str]:
    rows = desk.truth.connection.execute(
        f"select ticket_id from marts.fct_tickets where not is_excluded and {where}"
    ).fetchall()
    return {row[0] for row in rows}


def all_figures(written: Written):
    """Every figure of the summary that leads to tickets: how many rows it counts, and its list."""
    for part in written.file("summary")["parts"]:
        tables = part.get("table", {"rows": []})["rows"]
        cells = [cell for row in tables for cell in row if isinstance(cell, dict)]
        for cell in cells + [one for group in part.get("groups", []) for one in group["figures"]]:
            if cell.get("tickets"):
                yield cell


def test_a_board_says_its_moment_and_zone(written):
    for page in ("summary", "sla", "quality"):
        board = written.file(page)
        assert (board["as_of"], board["zone"]) == ("31 March 2026, 12:00", "UTC")


def test_the_team_s_figures_are_what_the_tickets_say(desk, written, ask):
    figures = written.figures("Team today")
    counted = "select count(*) from marts.fct_tickets where not is_excluded and "
    opened, open_now = figures["Opened today"], figures["Open now"]
    assert opened["value"] == ask(counted + f"created_date = {TODAY}")
    assert opened["before"] == ask(
        counted + f"created_date = {TODAY} - 1 and created_at <= {DAY_BEFORE}"
    )
    assert open_now["value"] == ask(counted + "closed_at is null")
    assert open_now["before"] == ask(
        f"""select count(*) from marts.fct_ticket_status_spells where not is_excluded
        and status_state <> 'closed' and entered_at <= {DAY_BEFORE}
        and (left_at is null or left_at > {DAY_BEFORE})"""
    )
    assert figures["Closed today"]["value"] == ask(counted + f"closed_date = {TODAY}")
    mean = "from marts.fct_tickets where not is_excluded and "
    for label, column, day in (
        ("Time to first response", "first_response_seconds", "first_response_date"),
        ("Time to close", "time_to_close_seconds", "closed_date"),
    ):
        assert figures[label]["value"] == pytest.approx(
            ask(f"select avg({column}) {mean} {day} = {TODAY}")
        )
        assert figures[label]["n"] == ask(f"select count({column}) {mean} {day} = {TODAY}")


def test_the_lists_hold_the_tickets_that_the_figures_count(desk, written):
    figures = written.figures("Team today")
    for label, where in {
        "Opened today": f"created_date = {TODAY}",
        "Open now": "closed_at is null",
        "Closed today": f"closed_date = {TODAY}",
        "Time to first response": f"first_response_date = {TODAY}",
    }.items():
        listed = written.tickets(figures[label]["tickets"])
        assert set(listed) == ids(desk, where)
        assert len(set(listed)) == len(listed)


def test_every_figure_that_counts_is_as_large_as_its_list(written):
    figures = list(all_figures(written))
    assert len(figures) > 10
    for figure in figures:
        content = written.file(f"tickets_{figure['tickets']}")
        expected = figure["value"] if figure.get("n") is None else figure["n"]
        assert content["rows_counted"] == expected, figure
        assert len(content["table"]["rows"]) == min(content["tickets"], LISTED)


def test_a_figure_of_nothing_leads_nowhere(written):
    empty = [
        figure
        for part in written.file("summary")["parts"]
        for group in part.get("groups", [])
        for figure in group["figures"]
        if figure.get("value") == 0
    ]
    assert empty
    assert not [figure for figure in empty if figure["tickets"]]


def test_sla_progress_is_what_the_clocks_say(written, ask):
    part = written.part("summary", "SLA progress")
    assert [group["label"] for group in part["groups"]] == [
        "Time to close", "First response", "Next response"
    ]  # fmt: skip
    for group in part["groups"]:
        where = f"not is_excluded and metric = '{METRICS[group['label']]}'"
        for figure in group["figures"]:
            state = (
                f"status = '{figure['name']}'"
                if figure["name"] != "completed"
                else f"status like 'completed%' and ended_at::date = {TODAY}"
            )
            assert figure["value"] == ask(
                f"select count(*) from marts.fct_sla_clocks where {where} and {state}"
            )


def test_good_news_is_said_only_where_it_is_clear(changed):
    written = changed("update rpt_summary_team set value = 5, comparison_value = 3")
    news = {label: figure["news"] for label, figure in written.figures("Team today").items()}
    assert news == {
        "Opened today": None, "Open now": "worse", "Closed today": "better",
        "Time to first response": "worse", "Time to close": "worse", "CSAT": "better",
    }  # fmt: skip
    same = changed("update rpt_summary_team set comparison_value = value")
    assert {figure["news"] for figure in same.figures("Team today").values()} == {None}


def test_shares_are_of_one(changed):
    written = changed(
        "update rpt_summary_team set value = 75, comparison_value = 50, n = 4 where figure = 'csat'"
    )
    figure = written.figures("Team today")["CSAT"]
    assert (figure["value"], figure["before"], figure["n"]) == (0.75, 0.5, 4)


def test_channels_add_up_to_the_team(written):
    cells = written.cells("summary", "Tickets by channel")
    assert [row["Channel"] for row in cells] == ["Email"], "nobody's channel has nothing to show"
    team = written.figures("Team today")
    for label in ("Opened today", "Open now"):
        assert sum(row[label]["value"] for row in cells) == team[label]["value"]


def test_what_is_not_landed_is_not_configured_and_never_zero(written):
    calls = written.part("summary", "Calls today")
    assert calls["missing"] == ["calls"]
    assert "groups" not in calls
    availability = written.part("summary", "Availability")
    assert availability["partly_missing"] == ["agent_availability"]
    assert "Status" not in [column["label"] for column in availability["table"]["columns"]]


def test_a_desk_without_slas_messages_or_surveys_says_what_would_make_them_appear(changed):
    written = changed(
        """update reconciliation set is_configured = false
        where table_name in ('sla_policies', 'sla_targets', 'messages', 'survey_responses')"""
    )
    assert written.part("summary", "SLA progress")["missing"] == ["sla_policies", "sla_targets"]
    figures = written.figures("Team today")
    assert figures["CSAT"] == {"label": "CSAT", "missing": ["survey_responses"]}
    assert figures["Time to first response"]["missing"] == ["messages"]
    assert {part["missing"][0] for part in written.file("sla")["parts"]} == {"sla_policies"}
    assert written.part("quality", "Freshness")["facts"][-1]["missing"] == ["messages"]
    rows = {row["Table"]: row for row in written.cells("quality", "Reconciliation")}
    assert rows["messages"]["Read"] is None
    assert rows["tickets"]["Read"] == 400
    # What nobody configured leads nowhere either.
    assert not list(written.out.glob("tickets_overdue-*"))


def test_a_metric_without_clocks_has_no_figures(changed):
    written = changed("delete from rpt_summary_sla where metric = 'next_response'")
    groups = written.part("summary", "SLA progress")["groups"]
    assert [bool(group["figures"]) for group in groups] == [True, True, False]


def test_agents_are_shown_with_status_and_room(changed):
    written = changed(
        "update reconciliation set is_configured = true where table_name = 'agent_availability'",
        f"""update rpt_summary_availability set status = 'away', reason = 'lunch',
        since = {NOW} - interval 90 second, capacity = 1, is_at_capacity = true
        where agent_key = 'generic:1'""",
    )
    rows = written.cells("summary", "Availability")
    assert {row["Agent"] for row in rows} == set(AGENTS.values())
    first = rows[0]
    assert first["Agent"] == AGENTS["1"], "at capacity comes first"
    assert (first["Status"], first["Reason"], first["For"]) == ("Away", "Lunch", 90)
    assert first["Room"]["text"] == "At capacity"
    assert {row["Status"] for row in rows[1:]} == {"Unknown"}
    listed = written.tickets(first["Open tickets"]["tickets"])
    assert len(listed) == first["Open tickets"]["value"]


def test_calls_lead_to_the_tickets_that_they_have(changed, desk):
    ((ticket, number),) = desk.truth.connection.execute(
        "select ticket_key, ticket_id from marts.fct_tickets order by ticket_key limit 1"
    ).fetchall()
    values = f"'generic:1', 'unknown', 'unknown', 'unknown', 'unknown', {NOW}, {TODAY}, 'incoming', 'missed', false, true, null, 'generic'"
    quoted = ticket.replace("'", "''")
    written = changed(
        "update reconciliation set is_configured = true where table_name = 'calls'",
        f"insert into fct_calls values ('1', '1', '{quoted}', {values}), ('2', '2', '{quoted}', {values}), ('3', '3', 'unknown', {values})",
        f"""insert into rpt_summary_calls
        values ('missed_calls', 3, 'count', 3, 3, 4, 4, {NOW}, {DAY_BEFORE})""",
    )
    figures = written.figures("Calls today")
    assert figures["Missed calls"]["value"] == 3
    assert figures["Missed calls"]["news"] == "better"
    content = written.file("tickets_missed_calls")
    assert (content["rows_counted"], content["tickets"]) == (3, 1)
    assert written.tickets("missed_calls") == [number]


def test_policies_are_kept_as_the_clocks_say(written, ask):
    rows = written.cells("sla", "Targets")
    assert [row["Metric"] for row in rows] == list(METRICS)
    goals = {"First response": 15, "Next response": 30, "Time to close": 48}
    for row in rows:
        clocks = f"from marts.fct_sla_clocks where not is_excluded and metric = '{METRICS[row['Metric']]}'"
        assert row["Target"] == [[None, goals[row["Metric"]] * 3600]]
        for label, status in (("Overdue", "overdue"), ("Active", "active"), ("Paused", "paused")):
            assert row[label] == ask(f"select count(*) {clocks} and status = '{status}'")
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
                assert listed["rows_counted"] == missed


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
    part = written.part("sla", "Missed")
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
    assert f"generic:{rows[0]['Ticket']}" == ticket
    assert rows[0]["Late by"] == late
    assert all(row["Late by"] > 0 for row in rows)


def test_failing_checks_come_first_and_worst(changed):
    written = changed(
        "update data_quality set rows_failing = 0",
        "update data_quality set rows_failing = 1 where check_id in "
        "(select min(check_id) from data_quality group by severity)",
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
        select 'generic', 'tickets', number::varchar, 'often', '{raw}', 'a.csv', number, 'b'
        from range(1000) as numbers (number)""",
        "insert into quarantine values ('generic', 'calls', null, 'once', null, 'b.csv', 7, 'b')",
    )
    rows = written.cells("quality", "Quarantine")
    assert written.part("quality", "Quarantine")["table"]["total"] == 1001
    assert (len(rows), rows[0]["Reason"], rows[1]["Row"]) == (100, "once", 0)
    assert rows[1]["As landed"] == raw[:400] + " …"


def test_freshness_is_told_from_the_newest_rows(written, ask):
    facts = {fact["label"]: fact for fact in written.part("quality", "Freshness")["facts"]}
    assert facts["Newest ticket"]["before_clock"] == ask(
        f"select epoch({NOW}) - epoch(max(created_at)) from marts.fct_tickets"
    )
    assert facts["Build"]["text"] == "test-build"


def test_names_stay_what_they_are_and_keys_name_no_file(written):
    content = written.file("tickets_tickets_open")
    cells = {cell for row in content["table"]["rows"] for cell in row if isinstance(cell, str)}
    assert set(COMPANIES.values()) & cells
    assert cells & set(PIPELINES.values())
    assert {name for _, name, _ in STATUSES[:2]} <= cells
    for path in written.out.iterdir():
        assert re.fullmatch(r"[a-z0-9_-]+\.json", path.name)


def test_only_the_first_tickets_of_a_list_are_written(changed):
    written = changed("update fct_tickets set closed_at = null, is_excluded = false",
                      "insert into fct_tickets select * replace (ticket_key || 'x' as ticket_key) from fct_tickets")  # fmt: skip
    content = written.file("tickets_tickets_open")
    assert content["tickets"] == 800
    opened = [row[-2] for row in content["table"]["rows"]]
    assert len(opened) == LISTED
    assert opened == sorted(opened), "the oldest of them"


def test_the_same_marts_give_the_same_bytes_and_old_lists_go(desk, boards, written, tmp_path):
    (tmp_path / "tickets_gone.json").write_text("{}")
    again = write(desk.marts, boards, tmp_path)
    assert {path.name: path.read_bytes() for path in again.out.iterdir()} == {
        path.name: path.read_bytes() for path in written.out.iterdir()
    }


def test_what_needs_attention_comes_first_and_as_the_mart_orders_it(changed):
    written = changed(
        """update rpt_insights set summary_position = null;
        update rpt_insights set summary_position = 2, sentence = 'b' where insight_key = 'R1:1';
        update rpt_insights set summary_position = 1, sentence = '<i>a' where insight_key = 'R6:1'"""
    )
    first = written.file("summary")["parts"][0]
    assert first["kind"] == "insights"
    assert [(one["sentence"], one["report"]) for one in first["insights"]] == [
        ("<i>a", "r6"),
        ("b", "r1"),
    ]
    # A reader can open the row: its own values, and no others.
    assert first["insights"][1]["row"]["insight_key"] == "R1:1"
    assert {"value", "sentence", "as_of"} <= set(first["insights"][1]["row"])


def test_every_report_has_its_insights(written, boards, desk):
    part = boards.only("insights")
    with open_marts(desk.marts, read_only=True) as connection:
        wanted = connection.execute(
            f"select report_id, list(sentence order by position) from {part.relation.sql} "
            "where report_id <> 'S6' group by all"
        ).fetchall()
    found = written.file("insights")
    assert {report: [one["sentence"] for one in rows] for report, rows in found.items()} == dict(
        wanted
    )
    assert len(found) >= 10


def test_other_words_are_shown_for_the_same_row(desk, boards, tmp_path):
    with open_marts(desk.marts, read_only=True) as connection:
        write_boards(connection, boards, tmp_path, lambda rows: {"R1:1": "In other words."})
    (first, *_) = Written(tmp_path).file("insights")["R1"]
    assert first["sentence"] == "In other words."
    assert first["row"]["sentence"] != first["sentence"]


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("UTC", date(2026, 3, 31), "2026-03-31T00:00:00"),
        ("Asia/Kolkata", date(2026, 3, 31), "2026-03-30T18:30:00"),
        # Midnight does not exist: the clock goes from 23:59 to 01:00.
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00"),
        # Midnight comes twice: it is set back from 01:00.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00"),
    ],
)
def test_today_starts_when_its_date_does(zone, day, starts):
    clock = Clock("b", datetime(2026, 3, 31, 12), day, zone)
    assert clock.today_starts == datetime.fromisoformat(starts)
    assert clock.local(clock.today_starts).date() == day


def node(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        one for one in manifest["nodes"].values()
        if one["resource_type"] == "model" and one["name"] == name
    )  # fmt: skip


def test_what_a_part_needs_is_a_table_of_the_contract(boards, ask, desk):
    rows = desk.truth.connection.execute("select table_name from marts.reconciliation").fetchall()
    needs = {
        table
        for part in boards.parts
        for owner in (part, *part.figures, *part.newest)
        for table in owner.needs
    }
    needs |= {table for part in boards.parts for table in part.status_needs}
    assert needs <= {table for (table,) in rows}


WRONG = {
    "the part is unknown": (lambda b: b.update(part="pie"), "part: 'pie' is not one of figures"),
    "the page is another": (lambda b: b.update(page="sla"), "page: 'sla' is not one of summary"),
    "a key is misspelt": (lambda b: b.update(titel="x"), "titel: unknown key; did you mean title?"),
    "a key is missing": (lambda b: b.pop("definition"), "definition: is missing"),
    "the place is no number": (lambda b: b.update(position="1"), "position: a whole number"),
    "needs are no list": (lambda b: b.update(needs="calls"), "needs: a list of texts"),
    "there are no figures": (lambda b: b.update(figures={}), "figures: a mapping with one"),
    "a figure is no name": (
        lambda b: b.update(figures={"a b": {"label": "x"}}), "figures.a b: 'a b' is not a letter"
    ),
    "a direction is unknown": (
        lambda b: b["figures"]["csat"].update(good="high"), "figures.csat.good: 'high' is not one"
    ),
    "the tickets come from no model": (
        lambda b: b["figures"]["csat"]["tickets"].update({"from": "ref('fct_ticket')"}),
        "figures.csat.tickets.from: there is no model 'fct_ticket'; did you mean fct_tickets?",
    ),
    "the tickets come from no ref": (
        lambda b: b["figures"]["csat"]["tickets"].update({"from": "fct_tickets"}),
        "figures.csat.tickets.from: ref('<model>') is expected",
    ),
    "the tickets go by no column": (
        lambda b: b["figures"]["csat"]["tickets"].update(at="responded"),
        "figures.csat.tickets.at: model fct_survey_responses has no column 'responded'",
    ),
    "the order is unknown": (
        lambda b: b["figures"]["csat"]["tickets"].update(first="last"), "tickets.first: 'last'"
    ),
    "two lists share a name": (
        lambda b: b["figures"]["csat"]["tickets"].update(name="tickets_open"),
        "also lists tickets_open",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_is_named_by_file_and_key(manifest, case):
    manifest = copy.deepcopy(manifest)
    spoil, complaint = WRONG[case]
    spoil(node(manifest, "rpt_summary_team")["config"]["meta"]["board"])
    with pytest.raises(DefinitionError) as caught:
        read_boards(manifest)
    assert "summary/rpt_summary_team.yml: model rpt_summary_team: config.meta.board" in str(
        caught.value
    )
    assert complaint in str(caught.value)


def test_a_member_needs_a_name(manifest):
    manifest = copy.deepcopy(manifest)
    node(manifest, "rpt_summary_channels")["config"]["meta"]["board"]["by"] = "figure"
    with pytest.raises(
        DefinitionError, match=r"rpt_summary_channels\.yml.*by: column figure is in no"
    ):
        read_boards(manifest)


def test_figures_lead_somewhere_or_are_refused(manifest):
    manifest = copy.deepcopy(manifest)
    del node(manifest, "fct_tickets")["config"]["meta"]["board"]
    with pytest.raises(DefinitionError, match="no model has the board part `tickets`"):
        read_boards(manifest)


def test_a_condition_that_does_not_run_is_named_by_file_and_key(manifest, changed):
    manifest = copy.deepcopy(manifest)
    declared = node(manifest, "rpt_summary_team")["config"]["meta"]["board"]
    declared["figures"]["tickets_open"]["tickets"]["where"] = "nonsense = 1"
    with pytest.raises(
        DashboardError, match=r"rpt_summary_team\.yml.*tickets_open\.tickets: .*nonsense"
    ):
        changed(of=read_boards(manifest))


def test_marts_without_a_board_s_model_are_refused(changed):
    with pytest.raises(DashboardError, match="rpt_summary_calls"):
        changed(
            "update reconciliation set is_configured = true where table_name = 'calls'",
            "drop table rpt_summary_calls",
        )


def test_a_missing_manifest_says_how_to_make_one(tmp_path):
    with pytest.raises(DefinitionError, match="dbt parse"):
        load_boards(tmp_path / "manifest.json")
