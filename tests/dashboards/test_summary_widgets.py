"""The summary page of the small desk, compared with separate SQL on the marts."""

from statistics import median

import pytest

from helpdesk.dashboards.widgets.tickets import LISTED
from tests.dashboards.desk import AGENTS
from tests.dashboards.widgets import DAY_BEFORE, METRICS, NOW, TODAY, Written


def ids(desk, where: str) -> set[str]:
    rows = desk.truth.connection.execute(
        f"select ticket_id from marts.fct_tickets where not is_excluded and {where}"
    ).fetchall()
    return {row[0] for row in rows}


def all_figures(written: Written):
    """Every figure of the summary with tickets: its number of rows, and its list."""
    for widget in written.file("summary")["widgets"]:
        tables = widget.get("table", {"rows": []})["rows"]
        cells = [cell for row in tables for cell in row if isinstance(cell, dict)]
        for cell in cells + [one for group in widget.get("groups", []) for one in group["figures"]]:
            if cell.get("tickets"):
                yield cell
    for row in written.file("sla")["widgets"][0]["table"]["rows"]:
        for cell in row[3:]:
            if cell["tickets"]:
                # The n of a share.
                yield cell | {"n": cell.get("of")}


def test_the_figures_of_the_team_equal_the_tickets(desk, written, ask):
    figures = written.figures("Team today")
    counted = "select count(*) from marts.fct_tickets where not is_excluded and "
    opened, open_now = figures["Opened today"], figures["Open now"]
    assert opened["value"] == ask(counted + f"created_date = {TODAY}")
    assert opened["before"] == ask(
        counted + f"created_date = {TODAY} - 1 and created_at <= {DAY_BEFORE}"
    )
    assert open_now["value"] == ask(counted + "closed_at is null")
    assert open_now["before"] == ask(
        f"""select count(*) from marts.fct_ticket_status_history where not is_excluded
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


def test_the_lists_have_the_tickets_of_the_figures(desk, written):
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
        assert content["total"] == expected, figure
        assert len(content["rows"]) == min(content["total"], LISTED)


def test_the_value_that_is_counted_comes_first_and_the_worst_on_top(written):
    firsts = {}
    for figure in all_figures(written):
        content = written.file(f"tickets_{figure['tickets']}")
        column, *_ = content["columns"]
        firsts[content["title"].split(":")[0]] = column["label"]
        values = [row[0] for row in content["rows"] if row[0] is not None]
        is_low_worst = column["label"] in ("Due in", "Time left", "Score")
        assert values == sorted(values, reverse=not is_low_worst), content["title"]
    assert firsts["Open now"] == "Age"
    assert firsts["Closed today"] == "Time to close"
    assert firsts["Opened today"] == "Opened"
    assert firsts["Missed in the last 30 days"] == firsts["Due in the last 90 days"] == "Late by"


def test_a_row_of_a_clock_has_its_target_owner_and_team(written, desk):
    missed = next(one for one in all_figures(written) if one["tickets"].startswith("missed-"))
    row = written.listed(missed["tickets"])[0]
    ((late, goal, owner, team, priority),) = desk.truth.connection.execute(
        f"""select epoch(coalesce(ended_at, {NOW})) - epoch(due_at), goal_seconds, agents.name, teams.name, priority
        from marts.fct_sla_clocks as clocks
        join marts.fct_tickets as tickets using (ticket_key)
        join marts.dim_agents as agents on clocks.agent_key = agents.agent_key
        join marts.dim_teams as teams on clocks.team_key = teams.team_key
        where tickets.ticket_id = $1 and metric = $2 and clocks.status = $3
        order by 1 desc limit 1""",
        [row["ticket_id"], row["sla_metric"], row["sla_status"]],
    ).fetchall()
    assert row["value"] == late
    assert (row["goal_seconds"], row["owner"], row["team"]) == (goal, owner, team)
    assert row["priority"] == priority


def test_a_figure_without_tickets_has_no_list(written):
    empty = [
        figure
        for widget in written.file("summary")["widgets"]
        for group in widget.get("groups", [])
        for figure in group["figures"]
        if figure.get("value") == 0
    ]
    assert empty
    assert not [figure for figure in empty if figure["tickets"]]


def test_sla_progress_equals_the_clocks(written, ask):
    part = written.widget("summary", "SLA progress")
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


def test_an_improvement_is_shown_only_if_it_is_clear(changed):
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


def test_the_curves_are_the_tiles_at_each_hour(written, ask):
    figures = written.figures("Team today")
    assert all(len(figure["curve"]) == 26 for figure in figures.values())
    for figure in figures.values():
        # Noon comes twice: as a full hour, and as the time of the build.
        noon = [point for point in figure["curve"] if point[0] == 12 * 3600]
        assert [point[1:3] for point in noon] == 2 * [[figure["value"], figure["before"]]]
        assert {point[1] for point in figure["curve"] if point[0] > 12 * 3600} == {None}
    counted = "select count(*) from marts.fct_tickets where not is_excluded and created_date = "
    for seconds, today, yesterday, usual in figures["Opened today"]["curve"]:
        until = f"and date_diff('second', created_date, created_at) <= {seconds}"
        if today is not None:
            assert today == ask(f"{counted} {TODAY} {until}")
        assert yesterday == ask(f"{counted} {TODAY} - 1 {until}")
        weeks = [ask(f"{counted} {TODAY} - {7 * week} {until}") for week in range(1, 13)]
        assert usual == median(weeks)
    assert any(point[3] for point in figures["Opened today"]["curve"])
    part = written.widget("summary", "Team today")
    assert part["curves"]["date"] == "2026-03-31"
    assert "curves" not in written.widget("summary", "SLA progress")


def test_ages_add_up_to_the_open_tickets(desk, written):
    figures = written.figures("Open tickets by age")
    now = written.figures("Team today")["Open now"]
    assert sum(figure["value"] for figure in figures.values()) == now["value"]
    assert sum(figure["before"] for figure in figures.values()) == now["before"]
    ages = {"Under 1 day": (0, 1), "1 to 3 days": (1, 3), "3 to 7 days": (3, 7)}
    for label, (first, last) in ages.items():
        where = f"closed_at is null and created_at > {NOW} - interval {last} day"
        aged = ids(desk, f"{where} and created_at <= {NOW} - interval {first} day")
        assert set(written.tickets(figures[label]["tickets"])) == aged if aged else True
        assert figures[label]["value"] == len(aged)


def test_a_sentence_leads_to_the_tickets_that_it_counts(changed):
    """With a clock that is overdue since today, and one of yesterday; random desks have many."""
    clock = "select ticket_key from fct_tickets where not is_excluded order by ticket_key limit 1"
    written = changed(
        f"""update fct_sla_clocks set status = 'overdue', due_at = {TODAY}, due_date = {TODAY}
        where ticket_key = ({clock})""",
        f"""update fct_sla_clocks set due_date = {TODAY} - 1
        where ticket_key = ({clock}) and metric = 'time_to_close'""",
        """update rpt_insights set summary_position = null;
        update rpt_insights set summary_position = 1, template = 'tickets_overdue_today', report_id = 'S6'
        where insight_key = 'R1:1';
        update rpt_insights set summary_position = 2 where insight_key = 'R6:1'""",
    )
    first, second = written.file("summary")["widgets"][0]["insights"]
    assert (first["report"], first["tickets"]) == (None, "tickets_overdue_today")
    listed = written.file("tickets_tickets_overdue_today")
    assert (listed["tickets"], listed["title"]) == (1, "Overdue since today")
    # The ticket's other clocks are overdue since today, too.
    assert listed["total"] == len(listed["rows"]) >= 1
    assert not listed["has_teams"], "the sentence is of the whole help desk"
    assert (second["report"], second["tickets"]) == ("r6", None)
    # Only the sentences that are shown have lists.
    assert not (written.out / "tickets_tickets_past_close.json").exists()


def test_channels_add_up_to_the_team(written):
    cells = written.cells("summary", "Tickets by channel")
    assert [row["Channel"] for row in cells] == ["Email"], "nobody's channel has nothing to show"
    team = written.figures("Team today")
    for label in ("Opened today", "Open now"):
        assert sum(row[label]["value"] for row in cells) == team[label]["value"]


def test_a_metric_without_clocks_has_no_figures(changed):
    written = changed("delete from rpt_summary_sla where metric = 'next_response'")
    groups = written.widget("summary", "SLA progress")["groups"]
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


def test_those_who_can_take_a_ticket_come_first_and_the_others_are_folded(changed):
    written = changed(
        "update reconciliation set is_configured = true where table_name = 'agent_availability'",
        f"""update rpt_summary_availability set since = {NOW},
        status = case when agent_key = 'generic:2' then 'away' else 'available' end,
        capacity = 1, is_at_capacity = agent_key = 'generic:1'""",
    )
    part = written.widget("summary", "Availability")
    rows = written.cells("summary", "Availability")
    assert [row["Agent"] for row in rows] == [AGENTS["3"], AGENTS["1"], AGENTS["2"]]
    assert part["table"]["first"] == 2
    assert part["table"]["note"] == "1 of 3 can take a ticket now"
    assert [(load["agent"], load["of"], load["is_full"]) for load in part["loads"]] == [
        (AGENTS["3"], 1, False),
        (AGENTS["1"], 1, True),
    ]
    assert part["loads"][1]["value"] == rows[1]["Open tickets"]["value"]
    assert rows[1]["Open tickets"]["of"] == 1


def test_calls_link_to_their_tickets(changed, desk):
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
    assert (content["total"], content["tickets"], content["without_ticket"]) == (3, 1, 1)
    # A call without a ticket is a row, too.
    assert written.tickets("missed_calls") == [number, number, None]


def test_insights_are_in_the_order_of_the_mart(changed):
    written = changed(
        """update rpt_insights set summary_position = null;
        update rpt_insights set summary_position = 2, sentence = 'b' where insight_key = 'R1:1';
        update rpt_insights set summary_position = 1, sentence = '<i>a' where insight_key = 'R6:1'"""
    )
    first = written.file("summary")["widgets"][0]
    assert first["kind"] == "insights"
    assert [(one["sentence"], one["report"]) for one in first["insights"]] == [
        ("<i>a", "r6"),
        ("b", "r1"),
    ]
    # A reader can open the row: its own values, and no others.
    assert first["insights"][1]["row"]["insight_key"] == "R1:1"
    assert {"value", "sentence", "as_of"} <= set(first["insights"][1]["row"])
