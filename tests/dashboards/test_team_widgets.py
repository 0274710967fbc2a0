"""The figures and lists of the summary and SLA pages by team, compared with SQL on the marts."""

import pytest

from helpdesk.dashboards.widgets.tickets import LISTED
from tests.dashboards.widgets import DAY_BEFORE, EIGHT_HUNDRED_OPEN, METRICS, NOW, TODAY

TEAMS = ("generic:t1", "generic:t2")


def figures(written):
    """Every figure of the summary that has sums."""
    for widget in written.file("summary")["widgets"]:
        rows = widget.get("table", {"rows": []})["rows"]
        cells = [cell for row in rows for cell in row if isinstance(cell, dict)]
        for cell in cells + [one for group in widget.get("groups", []) for one in group["figures"]]:
            if cell.get("sums"):
                yield cell


def sums(written, view: str, figure: str, team: str, member: str = "all") -> list[float]:
    found = written.file("teams-summary")["sums"].get(f"{view}/{member}/{figure}", {"teams": {}})
    return found["teams"].get(team, [0, 0, 0, 0])


def test_the_sums_of_the_teams_add_up_to_each_figure(written):
    of_page = written.file("teams-summary")["sums"]
    found = list(figures(written))
    assert len(found) > 20
    for figure in found:
        by_team = of_page.get(figure["sums"], {"is_mean": False, "teams": {}})
        total, n, before, before_n = map(sum, zip([0] * 4, *by_team["teams"].values(), strict=True))
        scale = 100 if figure["unit"] == "percent" else 1
        if by_team["is_mean"]:
            total, before = (
                one / number / scale if number else None
                for one, number in ((total, n), (before, before_n))
            )
        assert figure["value"] == pytest.approx(total or (None if figure["value"] is None else 0))
        assert figure["before"] == pytest.approx(
            before or (None if figure["before"] is None else 0)
        )
        if figure["n"] is not None:
            assert figure["n"] == n


@pytest.mark.parametrize("team", TEAMS)
def test_the_figures_of_a_team_equal_its_tickets(written, ask, team):
    def of_team(figure: str) -> list[float]:
        return sums(written, "rpt_summary_team", figure, team)

    counted = f"from marts.fct_tickets where not is_excluded and team_key = '{team}' and "
    then = f"created_date = {TODAY} - 1 and created_at <= {DAY_BEFORE}"
    opened = ask(f"select count(*) {counted} created_date = {TODAY}")
    assert of_team("tickets_opened") == [
        *[opened] * 2, *[ask(f"select count(*) {counted} {then}")] * 2
    ]  # fmt: skip
    assert of_team("tickets_open")[0] == ask(f"select count(*) {counted} closed_at is null")
    assert of_team("tickets_open")[2] == ask(
        f"""select count(*) from marts.fct_ticket_open_intervals where not is_excluded
        and team_key = '{team}' and started_at <= {DAY_BEFORE}
        and (ended_at is null or ended_at > {DAY_BEFORE})"""
    )
    for figure, column, day in (
        ("first_response_time", "first_response_seconds", "first_response_date"),
        ("time_to_close", "time_to_close_seconds", "closed_date"),
    ):
        assert of_team(figure)[:2] == [
            ask(f"select coalesce({what}({column}), 0) {counted} {day} = {TODAY}")
            for what in ("sum", "count")
        ]
    scored = f"""from marts.fct_survey_responses where survey_kind = 'csat' and score is not null
        and not is_excluded and team_key = '{team}' and responded_date = {TODAY}"""
    assert of_team("csat")[:2] == [
        ask(f"select 100 * count(*) filter (is_positive) {scored}"),
        ask(f"select count(*) {scored}"),
    ]
    for metric in METRICS.values():
        for state in ("overdue", "due_soon", "active", "paused"):
            assert sums(written, "rpt_summary_sla", state, team, metric)[0] == ask(
                f"""select count(*) from marts.fct_sla_clocks where not is_excluded
                and team_key = '{team}' and metric = '{metric}' and status = '{state}'"""
            )


def lists(written):
    """Each list of both pages, with the rows that its figure counts by team."""
    found = written.file("teams-summary")["sums"]
    for figure in figures(written):
        if figure["tickets"]:
            yield (
                figure["tickets"],
                {team: n for team, (_, n, *_) in found[figure["sums"]]["teams"].items() if n},
            )
    targets = written.widget("sla", "Targets")["table"]["rows"]
    for row, teams in zip(targets, written.file("teams-sla")["widgets"][0], strict=True):
        # Overdue, due soon, active, paused, due in 30 and in 90 days, and missed.
        for place, of in enumerate([*((one,) for one in range(4)), (5,), (7,), (5, 4)]):
            by_team = {
                team: counts[of[0]] - (counts[of[1]] if of[1:] else 0)
                for team, counts in teams.items()
            }
            if row[3 + place]["tickets"]:
                yield row[3 + place]["tickets"], {team: n for team, n in by_team.items() if n}
            else:
                assert not any(by_team.values())


def test_each_list_has_what_its_figure_counts_for_each_team(written):
    found = list(lists(written))
    assert len(found) > 10
    assert max(len(teams) for _, teams in found) == len(TEAMS)
    for name, teams in found:
        whole, by_team = written.file(f"tickets_{name}"), written.file(f"teams-tickets_{name}")
        assert by_team["totals"] == teams, name
        assert sum(by_team["totals"].values()) == whole["total"]
        assert sum(by_team["without_ticket"].values()) == whole["without_ticket"]
        # The list of all teams is the list of the help desk.
        assert by_team["rows"][: whole["listed"]] == whole["rows"]


def test_an_agent_s_list_has_the_tickets_of_all_teams(written):
    owned = [
        cell for row in written.widget("summary", "Availability")["table"]["rows"] for cell in row
        if isinstance(cell, dict) and cell.get("tickets")
    ]  # fmt: skip
    assert owned
    for cell in owned:
        assert not written.file(f"tickets_{cell['tickets']}")["has_teams"]
        assert not (written.out / f"teams-tickets_{cell['tickets']}.json").exists()


def test_each_team_has_the_first_of_its_tickets(changed):
    content = changed(*EIGHT_HUNDRED_OPEN).file("teams-tickets_tickets_open")
    number = content["totals"]
    assert sum(number.values()) == 800
    assert max(number.values()) > LISTED > min(number.values())
    for team, counted in number.items():
        rows = [
            row for row, of in zip(content["rows"], content["teams"], strict=True) if of == team
        ]
        assert len(rows) == min(counted, LISTED)
        assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True), (
            "the oldest"
        )


def test_each_call_of_a_ticket_is_in_the_list_of_its_team(changed, desk):
    ((ticket, number),) = desk.truth.connection.execute(
        "select ticket_key, ticket_id from marts.fct_tickets order by ticket_key limit 1"
    ).fetchall()
    quoted = ticket.replace("'", "''")
    calls = ", ".join(
        f"""('{place}', '{place}', '{key}', 'unknown', '{team}', 'unknown', 'unknown', 'unknown', {NOW},
        {TODAY}, 'incoming', 'missed', false, true, null, 'generic')"""
        for place, (key, team) in enumerate(
            [(quoted, TEAMS[0]), (quoted, TEAMS[1]), ("unknown", TEAMS[1])]
        )
    )
    written = changed(
        "update reconciliation set is_configured = true where table_name = 'calls'",
        f"insert into fct_calls values {calls}",
        f"""insert into rpt_summary_calls
        values ('missed_calls', 3, 'count', 3, 3, 4, 4, {NOW}, {DAY_BEFORE})""",
    )
    content = written.file("teams-tickets_missed_calls")
    assert content["totals"] == {TEAMS[0]: 1, TEAMS[1]: 2}
    assert content["without_ticket"] == {TEAMS[0]: 0, TEAMS[1]: 1}
    whole = written.file("tickets_missed_calls")
    assert (whole["total"], whole["tickets"]) == (3, 1)
    place = [column["name"] for column in whole["columns"]].index("ticket_id")
    assert sorted((row[place] or "", team) for row, team in zip(
        content["rows"], content["teams"], strict=True
    )) == [("", TEAMS[1]), (number, TEAMS[0]), (number, TEAMS[1])]  # fmt: skip


def test_targets_and_misses_of_the_teams_are_those_of_the_page(written, ask):
    targets, misses = written.file("teams-sla")["widgets"]
    for row, teams in zip(written.cells("sla", "Targets"), targets, strict=True):
        overdue, *_, kept, measured = map(sum, zip(*teams.values(), strict=True))
        assert (row["Overdue"]["value"], row["Kept, 90 days"]["of"]) == (overdue, measured)
        assert row["Kept, 90 days"]["value"] == kept / measured
        for team, counts in teams.items():
            assert counts[0] == ask(
                f"""select count(*) from marts.fct_sla_clocks where not is_excluded
                and metric = '{METRICS[row["Metric"]]}' and team_key = '{team}'
                and status = 'overdue'"""
            )
    whole = written.widget("sla", "Missed")["table"]
    assert sum(misses["totals"].values()) == whole["total"]
    assert misses["rows"][: misses["listed"]] == whole["rows"]
    for team, total in misses["totals"].items():
        assert misses["teams"].count(team) == min(total, misses["listed"])
