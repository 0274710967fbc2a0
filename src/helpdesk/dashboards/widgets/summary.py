"""The widgets of the summary page: present figures, each with its value a day before."""

from helpdesk.dashboards.widgets.desk import UNKNOWN, Desk, Key, Row, column, table, words
from helpdesk.dashboards.widgets.kinds import TEAM, Figure, Widget
from helpdesk.dashboards.widgets.teams import sums_id
from helpdesk.dashboards.widgets.tickets import TicketLists

# The status of an agent on shift.
AVAILABLE = "available"
# Units of averages and shares, which are shown with their n.
AVERAGED = ("percent", "duration")


def figures_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """Tiles, one for each figure, with their curves where the marts have any."""
    figures = bars_widget(desk, widget, lists)["groups"][0]["figures"]
    hours = desk.widgets.only("hours")
    curves = _curves(desk, hours) if hours else {}
    has_curves = False
    for figure in figures:
        if curve := curves.get(figure.get("name", "")):
            figure["curve"] = curve
            has_curves = True
    found: Row = {"groups": [{"figures": figures}]}
    if hours and has_curves:
        found["curves"] = {
            "definition": hours.definition,
            "date": desk.clock.as_of_date.isoformat(),
        }
    return found


def bars_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """The figures in one group."""
    rows = {row[widget.figure_column]: row for row in desk.rows(f"from {widget.relation.sql}")}
    return {"groups": [{"figures": _figures(desk, widget, lists, {(): rows})[()]}]}


def _curves(desk: Desk, hours: Widget) -> dict[str, list[list[float | None]]]:
    """By figure, its points: seconds on the clock, and the values of today, yesterday and usual."""
    curves: dict[str, list[list[float | None]]] = {}
    for row in desk.rows(f"from {hours.relation.sql} order by clock_seconds, is_as_of"):
        values = (row["value"], row["comparison_value"], row["usual_value"])
        scaled = [None if value is None else value / _scale(row) for value in values]
        curves.setdefault(row["figure"], []).append([row["clock_seconds"], *scaled])
    return curves


def chooser_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """Tiles for each choice of the reader, also for a declared choice without rows."""
    by_choice = _rows_by_member(desk, widget)
    labels: dict[Key, str] = {(choice,): words(choice) for choice in widget.choices}
    labels |= {key: words(key[0]) for key in sorted(by_choice) if key not in labels}
    figures = _figures(desk, widget, lists, by_choice, labels)
    return {
        "groups": [
            {"label": label, "figures": figures.get(key, [])} for key, label in labels.items()
        ]
    }


def members_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """A table with a row for each member, the largest first."""
    name, join = desk.named(widget, widget.by or "", "facts")
    named = desk.rows(
        f"select distinct facts.{widget.by} as key, {name} as name"
        f" from {widget.relation.sql} as facts {join} order by name, key"
    )
    labels: dict[Key, str] = {(row["key"],): row["name"] for row in named}
    by_member = {
        key: rows
        for key, rows in _rows_by_member(desk, widget).items()
        # The unknown member is shown only if it has tickets.
        if key != (UNKNOWN,) or any(row["n"] or row["comparison_n"] for row in rows.values())
    }
    figures = _figures(desk, widget, lists, by_member, labels)
    # A stable sort: members with equal values stay in the order of their names.
    shown = sorted(
        (key for key in labels if key in figures),
        key=lambda key: [-(cell.get("value") or 0) for cell in figures[key]],
    )
    rows = [[labels[key], *figures[key]] for key in shown]
    columns = [column(widget.member, "word")] + [
        column(one.label, "figure") for one in widget.figures
    ]
    return {"table": table(columns, rows)}


def _rows_by_member(desk: Desk, widget: Widget) -> dict[Key, dict[str, Row]]:
    """The rows of the widget by member and figure."""
    members: dict[Key, dict[str, Row]] = {}
    for row in desk.rows(f"from {widget.relation.sql}"):
        members.setdefault((row[widget.by or ""],), {})[row[widget.figure_column]] = row
    return members


def _figures(
    desk: Desk,
    widget: Widget,
    lists: TicketLists,
    members: dict[Key, dict[str, Row]],
    labels: dict[Key, str] | None = None,
) -> dict[Key, list[Row]]:
    """The figures of each member, in declared order."""
    found: dict[Key, list[Row]] = {key: [] for key in members}
    for figure in widget.figures:
        missing = desk.missing(figure.requires)
        ids = {} if missing else lists.write(figure.tickets, figure.label, labels)
        for key, rows in members.items():
            row = rows.get(figure.name)
            if missing or row is None:
                found[key].append({"label": figure.label, "missing": missing})
            else:
                shown = _figure(figure, row, ids.get(key))
                found[key].append(shown | {"sums": sums_id(desk, widget, key, figure.name)})
    return found


def _figure(figure: Figure, row: Row, tickets: str | None) -> Row:
    value, before = (
        None if row[name] is None else row[name] / _scale(row)
        for name in ("value", "comparison_value")
    )
    change = None if value is None or before is None else value - before
    return {
        "name": figure.name,
        "label": figure.label,
        "unit": row["unit"],
        "value": value,
        "before": before,
        "n": row["n"] if row["unit"] in AVERAGED else None,
        "news": _news(figure.good, change),
        "good": figure.good,
        "tickets": tickets,
    }


def _scale(row: Row) -> int:
    """The marts have shares from 0 to 100, the pages' formats from 0 to 1."""
    return 100 if row["unit"] == "percent" else 1


def _news(good: str | None, change: float | None) -> str | None:
    """Whether a change is an improvement; None if unknown or without a change."""
    if good is None or not change:
        return None
    return "better" if (change > 0) == (good == "up") else "worse"


def availability_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """A table of the agents: those who can take a ticket first, then those at capacity.

    Those who are away are folded. Without statuses all are shown, those at capacity first.
    """
    agent, agent_join = desk.named(widget, "agent_key", "facts")
    team, team_join = desk.named(widget, "team_key", "facts")
    rows = desk.rows(
        f"""select facts.*, {agent} as agent, {team} as team
        from {widget.relation.sql} as facts {agent_join} {team_join}
        order by is_at_capacity desc nulls last, lower(agent), agent, agent_key"""
    )
    missing = desk.missing(widget.status_requires)
    if not missing:
        # A stable sort: within each part they stay in this order.
        rows.sort(key=lambda row: 2 if row["status"] != AVAILABLE else bool(row["is_at_capacity"]))
    labels: dict[Key, str] = {(row["agent_key"],): row["agent"] for row in rows}
    ids = lists.write(widget.tickets, "Open tickets", labels)
    status = [
        column("Status", "word", choose=True),
        column("For", "lasted"),
        column("Reason", "word"),
    ]
    columns = [
        column("Agent"),
        column("Team", "name"),
        *([] if missing else status),
        column("Open tickets", "count"),
        column("Capacity", "count"),
        column("Room", "verdict", choose=True),
    ]
    cells = [
        [
            row["agent"],
            row["team"],
            *([] if missing else _status(desk, row)),
            {"value": row["n"], "tickets": ids.get((row["agent_key"],)), "of": row["capacity"]},
            row["capacity"],
            _room(row["is_at_capacity"]),
        ]
        for row in rows
    ]
    found = table(columns, cells, teams=[row[TEAM] for row in rows])
    if not missing:
        on_shift = [row for row in rows if row["status"] == AVAILABLE]
        free = sum(row["is_at_capacity"] is not True for row in on_shift)
        found |= {
            "first": len(on_shift),
            "free": free,
            "note": f"{free} of {len(rows)} can take a ticket now",
        }
    loads = [
        {
            "agent": row["agent"],
            "value": row["n"],
            "of": row["capacity"],
            "is_full": row["is_at_capacity"],
            "tickets": ids.get((row["agent_key"],)),
        }
        for row in rows[: found.get("first", len(rows))]
    ]
    return {"table": found, "loads": loads, "partly_missing": missing, "partly": "Status"}


def _status(desk: Desk, row: Row) -> list[object]:
    status = "Unknown" if row["status"] is None else words(row["status"])
    reason = None if row["reason"] is None else words(row["reason"])
    return [status, desk.clock.seconds_since(row["since"]), reason]


def _room(is_at_capacity: bool | None) -> Row:
    if is_at_capacity is None:
        return {"text": "No limit known", "tone": "plain"}
    if is_at_capacity:
        return {"text": "At capacity", "tone": "warn"}
    return {"text": "Has room", "tone": "good"}
