"""The widgets of the SLA page: targets of each policy with their results, and missed clocks."""

from helpdesk.dashboards.widgets.desk import Desk, Key, Row, column, table, words
from helpdesk.dashboards.widgets.kinds import TEAM, Widget
from helpdesk.dashboards.widgets.teams import BY_TEAM
from helpdesk.dashboards.widgets.tickets import TicketLists

LISTED = 200
WINDOWS = (30, 90)
RUNNING = ("overdue", "due_soon", "active", "paused")
# Shown in place of a policy.
KEPT = "Kept by the help desk (reported)"
MISSED_NAME = "missed"
MISSED = "status in ('completed_late', 'overdue')"


def targets_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """A row for each policy and metric."""
    goals = _goals(desk, widget)
    by_team = _clocks(desk, widget)
    names = _policy_names(desk)
    keys = sorted(
        {*goals, *by_team}, key=lambda key: (names[key[:2]], key[0], key[1] or "", key[2])
    )
    labels = {
        key: f"{'policy ' if key[1] else ''}{names[key[:2]]}, {words(key[2]).lower()}"
        for key in keys
    }
    ids = {
        figure.name: lists.write(figure.tickets, figure.label, labels) for figure in widget.figures
    }
    ids[MISSED_NAME] = lists.write(widget.tickets, f"Missed in the last {WINDOWS[0]} days", labels)
    columns = [
        column("Policy", "name", choose=True),
        column("Metric", "word", choose=True),
        column("Target", "goals"),
        *(column(words(status), "count") for status in RUNNING),
        *(column(f"Kept, {days} days", "share") for days in WINDOWS),
        column(f"Missed, {WINDOWS[0]} days", "count"),
    ]
    rows = [
        [
            names[key[:2]],
            words(key[2]),
            goals.get(key, []),
            *_cells(by_team.get(key, {}), {name: found.get(key) for name, found in ids.items()}),
        ]
        for key in keys
    ]
    return {"table": table(columns, rows), BY_TEAM: [by_team.get(key, {}) for key in keys]}


class _PolicyNames(dict[Key, str]):
    """The names of policies by source and id; without a name the id.

    A clock without a policy is kept by the help desk itself.
    """

    def __missing__(self, key: Key) -> str:
        return key[1] or KEPT


def _policy_names(desk: Desk) -> _PolicyNames:
    targets = desk.widgets.only("targets")
    if targets is None:
        return _PolicyNames()
    rows = desk.rows(
        f"""select distinct source_system, policy_id, policy_name from {targets.relation.sql}
        where policy_name is not null"""
    )
    return _PolicyNames(
        {(row["source_system"], row["policy_id"]): row["policy_name"] for row in rows}
    )


def _cells(by_team: dict[str, list[int]], tickets: dict[str, str | None]) -> list[object]:
    """The sums over the teams; the page has them of those that are chosen."""
    none = [0] * (len(RUNNING) + 2 * len(WINDOWS))
    counts = [sum(counted) for counted in zip(none, *by_team.values(), strict=True)]
    running, results = counts[: len(RUNNING)], counts[len(RUNNING) :]
    shares = [
        {"value": kept / of if of else None, "of": of, "tickets": tickets.get(f"kept_{days}")}
        for days, kept, of in zip(WINDOWS, results[::2], results[1::2], strict=True)
    ]
    return [
        *(
            {"value": value, "tickets": tickets.get(status)}
            for status, value in zip(RUNNING, running, strict=True)
        ),
        *shares,
        {"value": results[1] - results[0], "tickets": tickets[MISSED_NAME]},
    ]


def _goals(desk: Desk, widget: Widget) -> dict[Key, list[list[object]]]:
    """Priority and seconds of the present targets; the one for any priority first."""
    goals: dict[Key, list[list[object]]] = {}
    rows = desk.rows(
        f"""select source_system, policy_id, metric, priority, goal_seconds
        from {widget.relation.sql}
        where coalesce(valid_from <= $1, true) and coalesce(valid_to > $1, true)
        order by priority nulls first, goal_seconds""",
        [desk.clock.as_of],
    )
    for row in rows:
        key = (row["source_system"], row["policy_id"], row["metric"])
        goals.setdefault(key, []).append([row["priority"], row["goal_seconds"]])
    return goals


def _clocks(desk: Desk, widget: Widget) -> dict[Key, dict[str, list[int]]]:
    """Counts of clocks by team: running ones, and in each window those on time and all."""
    assert widget.clocks is not None, "the kind requires it"
    running = ", ".join(f"count(*) filter (status = '{one}')" for one in RUNNING)
    windows = ", ".join(
        f"count(*) filter (status = 'completed_on_time' and due_date > as_of_date - {days}), "
        f"count(*) filter (is_measured and due_date > as_of_date - {days})"
        for days in WINDOWS
    )
    rows = desk.rows(
        f"""with clocks as (
            select
                facts.*,
                clock.as_of_date,
                -- A target that is met before it is due counts when it is due.
                due_date <= as_of_date as is_due,
                is_due and (status = 'completed_on_time' or {MISSED}) as is_measured
            from {widget.clocks.sql} as facts
            cross join {desk.clock.sql} as clock
            where not is_excluded
        )
        select source_system, policy_id, metric, {TEAM}, [{running}, {windows}] as counts
        from clocks
        where is_due or status in {RUNNING}
        group by source_system, policy_id, metric, {TEAM}
        order by all"""
    )
    clocks: dict[Key, dict[str, list[int]]] = {}
    for row in rows:
        key = (row["source_system"], row["policy_id"], row["metric"])
        clocks.setdefault(key, {})[row[TEAM]] = row["counts"]
    return clocks


def misses_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """The clocks that were missed most recently, of the whole help desk and of each team."""
    tickets = desk.widgets.only("tickets")
    assert tickets is not None, "read_widgets rejects misses without tickets"
    owner, owner_join = desk.named(tickets, "agent_key", "tickets")
    team, team_join = desk.named(tickets, "team_key", "tickets")
    where = f"not facts.is_excluded and facts.{MISSED}"
    rows = desk.rows(
        f"""with missed as (
            select * from {widget.relation.sql} as facts where {where}
            qualify row_number() over (
                partition by {TEAM} order by due_at desc, ticket_key, metric, occurrence
            ) <= {LISTED}
        )
        select missed.*, tickets.ticket_id, {owner} as owner, {team} as team
        from missed
        inner join {tickets.relation.sql} as tickets on missed.ticket_key = tickets.ticket_key
        {owner_join} {team_join}
        order by due_at desc, missed.ticket_key, metric, occurrence"""
    )
    totals = desk.rows(
        f"select {TEAM}, count(*) as n from {widget.relation.sql} as facts where {where}"
        " group by all order by all"
    )
    columns = [
        column("Ticket", "ticket"),
        column("Policy", "name", choose=True),
        column("Metric", "word", choose=True),
        column("Due", "time"),
        column("Late by", "duration"),
        column("State", "verdict", choose=True),
        column("Owner", "name"),
        column("Team", "name"),
    ]
    names = _policy_names(desk)
    cells = [
        [
            {"text": row["ticket_id"], "ticket": row["ticket_key"]},
            names[row["source_system"], row["policy_id"]],
            words(row["metric"]),
            *_miss(desk, row),
        ]
        for row in rows
    ]
    total = sum(row["n"] for row in totals)
    shown = cells[:LISTED]
    return {
        "table": table(
            columns, shown, total=total, noun="missed clocks, newest first",
            tickets=lists.write(widget.tickets, widget.title).get(()),
        ),
        BY_TEAM: {
            "totals": {row[TEAM]: row["n"] for row in totals},
            "teams": [row[TEAM] for row in rows],
            "rows": cells,
            "listed": LISTED,
        },
    }  # fmt: skip


def _miss(desk: Desk, row: Row) -> list[object]:
    ended = row["ended_at"] or desk.clock.as_of
    is_running = row["ended_at"] is None
    return [
        desk.clock.short(row["due_at"]),
        int((ended - row["due_at"]).total_seconds()),
        {"text": "Still running" if is_running else "Ended late",
         "tone": "bad" if is_running else "warn"},
        row["owner"],
        row["team"],
    ]  # fmt: skip
