"""Figures, lists of tickets and one ticket from a build, for the API and the MCP server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.core.errors import ConfigError
from helpdesk.core.sql import text
from helpdesk.explain import explain
from helpdesk.explain.model import as_json
from helpdesk.reports.answers import instant_text
from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.live import LiveTable, Statement
from helpdesk.reports.query import ReportQuery
from helpdesk.reports.tickets import Listing, TicketList
from helpdesk.serve.guard import Refusal
from helpdesk.serve.warehouse import Build, Warehouse

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A requested table. `has_more`: there is a row after the last one of `rows`."""

    statement: Statement
    rows: list[Values]
    has_more: bool
    notes: tuple[str, ...]
    total: Mapping[str, Any] | None


@dataclass(frozen=True)
class Tickets:
    """A page of a list: `total` is the number of its rows, `sum` that of their values.

    `without_ticket`: of how many rows there is no ticket, such as calls that nobody linked.
    """

    statement: Statement
    rows: list[Values]
    total: int
    sum: Any
    without_ticket: int


class Answers:
    """Computes answers. They run in a thread, and raise Refusal or ReportError."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.with_people = warehouse.options.with_people

    def table(
        self, build: Build, query: ReportQuery, catalogue: Catalogue, with_total: bool = True
    ) -> Table:
        if query.search:
            raise ReportError("search: only lists of tickets can be searched")
        table = LiveTable(query, catalogue, build.calendar, self.with_people)
        statement = table.statement()
        whole = table.total() if table.notes and with_total else None
        rows, *totals = self.warehouse.run(build, statement.sql, *([whole.sql] if whole else ()))
        total = named_row(whole, totals[0][0]) if whole else None
        return Table(statement, rows[: query.limit], len(rows) > query.limit, table.notes, total)

    def tickets(self, build: Build, query: ReportQuery, catalogue: Catalogue) -> Tickets:
        if query.by:
            raise ReportError("by: a list of tickets has no dimensions; leave it out")
        listing = TicketList(query, catalogue, build.calendar, self.with_people).listing()
        return self.listed(build, listing)

    def listed(self, build: Build, listing: Listing) -> Tickets:
        (totals,), rows = self.warehouse.run(build, listing.totals, listing.page.sql)
        return Tickets(listing.page, rows, *totals)

    def explained(self, build: Build, ticket: str) -> dict[str, Any]:
        assert self.warehouse.paths
        if self.warehouse.options.audience:
            ticket = self._visible(build, ticket)
        try:
            found: dict[str, Any] = as_json(
                explain(self.warehouse.paths, ticket, build.id, with_people=self.with_people)
            )
        except ConfigError as error:
            raise Refusal(404, str(error)) from error
        if not self.with_people:
            found["properties"].pop("contact", None)
        if self.warehouse.options.audience:
            # Rows that only mention the ticket's id may be of other tickets.
            found["rejected"] = []
        return found

    def _visible(self, build: Build, ticket: str) -> str:
        """The key of a ticket of the audience. Raises Refusal, without a hint at other tickets."""
        wanted = text(ticket.strip().removeprefix("#"))
        (found,) = self.warehouse.run(
            build,
            "select ticket_key from marts.fct_tickets "
            f"where ticket_key = {wanted} or ticket_id = {wanted} "
            f"order by ticket_key = {wanted} desc, ticket_key limit 1",
        )
        if not found:
            raise Refusal(404, f"{ticket[:80]!r}: you see no such ticket.")
        return str(found[0][0])


def of_build(build: Build) -> dict[str, Any]:
    """The build of an answer."""
    calendar = build.calendar
    return {
        "build": build.id,
        "as_of": instant_text(build.as_of),
        "as_of_date": calendar.as_of.isoformat(),
        "timezone": calendar.timezone,
    }


def named_row(statement: Statement, row: Values) -> dict[str, Any]:
    """The values of a row by the names of their columns."""
    return dict(zip((one.name for one in statement.columns), row, strict=True))
