"""Writes the boards, the pages of the desk as it stands now, as JSON that a browser draws.

They are small and nobody filters them by SQL, so the figures are worked out here; a refresh of the
desk replaces these files and nothing else. What a board holds is declared beside its models.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from dashboards.boards.definitions import load_boards, read_boards
from dashboards.boards.desk import Desk, Row
from dashboards.boards.insights import Reword, insight_rows, insights_part, write_insights
from dashboards.boards.kinds import PAGES, Boards, Part
from dashboards.boards.quality import (
    builds_part,
    checks_part,
    quarantine_part,
    reconciliation_part,
)
from dashboards.boards.sla import misses_part, targets_part
from dashboards.boards.summary import (
    availability_part,
    chooser_part,
    figures_part,
    members_part,
)
from dashboards.boards.tickets import TicketLists, write_json
from dashboards.errors import lacking

__all__ = ["load_boards", "read_boards", "write_boards"]

PARTS: dict[str, Callable[[Desk, Part, TicketLists], Row]] = {
    "figures": figures_part,
    "chooser": chooser_part,
    "members": members_part,
    "availability": availability_part,
    "insights": insights_part,
    "targets": targets_part,
    "misses": misses_part,
    "checks": checks_part,
    "reconciliation": reconciliation_part,
    "quarantine": quarantine_part,
    "builds": builds_part,
}


def write_boards(
    connection: duckdb.DuckDBPyConnection,
    boards: Boards,
    out: Path,
    reword: Reword | None = None,
) -> tuple[Path, ...]:
    """Write every board, and the tickets behind its figures, into `out`; returns the files.

    `reword` gives other sentences for some of the insights that it gets the rows of.

    The connection has the published marts attached and in use. Raises DashboardError when they
    lack what the manifest names.
    """
    out.mkdir(parents=True, exist_ok=True)
    desk = Desk(connection, boards)
    insights = boards.only("insights")
    if insights and reword:
        desk.reworded = reword(insight_rows(desk, insights))
    lists = TicketLists(desk, out)
    written = []
    for page in PAGES:
        path = out / f"{page}.json"
        write_json(path, _board(desk, page, lists))
        written.append(path)
    if insights:
        written.append(_insights(desk, insights, out))
    for stale in set(out.glob("tickets_*.json")) - lists.written:
        stale.unlink()
    return (*written, *sorted(lists.written))


def _board(desk: Desk, page: str, lists: TicketLists) -> Row:
    clock = desk.clock
    return {
        "page": page,
        "as_of": clock.text(clock.as_of),
        "zone": clock.zone,
        "build_id": clock.build_id,
        "parts": [_part(desk, part, lists) for part in desk.boards.of(page)],
    }


def _insights(desk: Desk, part: Part, out: Path) -> Path:
    try:
        return write_insights(desk, part, out)
    except duckdb.Error as error:
        raise lacking(part.relation.name, error) from error


def _part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    missing = desk.missing(part.needs)
    try:
        content = {"missing": missing} if missing else PARTS[part.kind](desk, part, lists)
    except duckdb.Error as error:
        raise lacking(part.relation.name, error) from error
    return {"kind": part.kind, "title": part.title, "definition": part.definition, **content}
