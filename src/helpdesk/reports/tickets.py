"""The tickets behind a figure: the rows that a measure counts, each with its ticket.

The rows of a count are those it counts, of an average or a share those in its denominator, of a sum
those that add to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from helpdesk.reports.catalogue import TICKETS, Catalogue, Field, Measure, OwnColumn, Source
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literal
from helpdesk.reports.live import (
    NUMBERS,
    SCHEMA,
    Calendar,
    LiveColumn,
    Rows,
    Statement,
    part_sql,
    sort_order,
    where,
)
from helpdesk.reports.query import ReportQuery
from helpdesk.reports.report import Condition, filter_sql

POINTS = "points"
# The suffix of durations in columns of facts.
TIMED = "_seconds"
DAY = 86400
# The backlog has no row for a ticket; the intervals in which tickets are open have.
BACKLOG = "fct_backlog_daily"
INTERVALS = "fct_ticket_open_intervals"
AGES = {
    "age_under_1_day_count": f"age < {DAY}",
    "age_1_to_3_days_count": f"age >= {DAY} and age < {3 * DAY}",
    "age_3_to_7_days_count": f"age >= {3 * DAY} and age < {7 * DAY}",
    "age_7_to_30_days_count": f"age >= {7 * DAY} and age < {30 * DAY}",
    "age_over_30_days_count": f"age >= {30 * DAY}",
}
# Names that a ticket refers to: column, label, table, key.
MEMBERS = (
    ("owner", "Owner", "dim_agents", "agent_key"),
    ("team", "Team", "dim_teams", "team_key"),
    ("status", "Status", "dim_statuses", "status_key"),
    ("company", "Company", "dim_companies", "company_key"),
    ("channel", "Channel", "dim_channels", "channel_key"),
    ("pipeline", "Pipeline", "dim_pipelines", "pipeline_key"),
)
# Personal data, shown only if the settings allow it.
CONTACT = ("contact", "Contact", "dim_contacts", "contact_key")
# The target and the result of an SLA clock: column, label, format, column of the fact. The format
# of working time is hours: it has no days.
TARGET = (
    ("goal_seconds", "Target", "hours", "goal_seconds"),
    ("elapsed_seconds", "Elapsed", "hours", "elapsed_seconds"),
    ("sla_metric", "SLA metric", "text", "metric"),
    ("sla_status", "SLA status", "text", "status"),
)
PLAIN = (
    ("priority", "Priority", "text"),
    ("category", "Category", "text"),
    ("created_at", "Created at", "timestamp"),
    ("closed_at", "Closed at", "timestamp"),
)
# The labels of the columns that lists have, whatever they are of.
LABELS = (
    "Ticket", "Help desk", "Subject", "Late by",
    *(label for _, label, *_ in (*TARGET, *MEMBERS, CONTACT, *PLAIN)),
)  # fmt: skip
# The key of a row without a ticket, such as a call that nobody linked to one.
UNKNOWN = "unknown"
# Keys that a fact may have itself; else its ticket has them.
OWN_KEYS = ("agent_key", "team_key", "company_key", "channel_key", "pipeline_key")


@dataclass(frozen=True)
class Listed:
    """A column of the list, with its SQL."""

    name: str
    label: str
    format: str
    sql: str

    @property
    def column(self) -> LiveColumn:
        return LiveColumn(self.name, self.label, self.format)


@dataclass(frozen=True)
class Listing:
    """The statement for a page of rows, and the SQL of totals: the number of rows, the sum of their
    values, and the number of rows without a ticket."""

    page: Statement
    totals: str


@dataclass(frozen=True)
class Part:
    """The part of a list to return: its order, the text to find, and its rows."""

    sort: str
    search: str
    limit: int
    offset: int


@dataclass(frozen=True)
class TicketColumns:
    """The columns of the ticket of each row, and the joins that they need. A row is `chosen`.

    `published` are the columns of the mart of tickets, `declared` those of own fields, and `fact`
    those of the rows, whose owner, team, company and channel go before the ticket's.
    """

    published: frozenset[str]
    declared: tuple[OwnColumn, ...]
    fact: frozenset[str]
    as_of: datetime
    with_people: bool

    def keys(self) -> list[str]:
        """The columns of the fact that the others need."""
        owned = [f"{one} as own_{one}" for one in OWN_KEYS if one in self.fact]
        if self._is_clock:
            end = f"coalesce(ended_at, {literal(self.as_of)})"
            owned.append(f"nullif(greatest(date_diff('second', due_at, {end}), 0), 0) as own_late")
            owned += [f"{column} as own_{name}" for name, *_, column in TARGET]
        return owned

    @property
    def _is_clock(self) -> bool:
        """Whether rows are SLA clocks, which have a target."""
        return {"due_at", "ended_at", *(column for *_, column in TARGET)} <= self.fact

    def _target(self, is_late_known: bool) -> list[Listed]:
        """The target of an SLA clock and what became of it."""
        if not self._is_clock:
            return []
        found = [Listed(*one[:3], f"chosen.own_{one[0]}") for one in TARGET]
        late = Listed("late_seconds", "Late by", "duration", "chosen.own_late")
        return found if is_late_known else [*found[:2], late, *found[2:]]

    def own(self) -> list[OwnColumn]:
        """The columns of the tickets' own fields in the build."""
        return [one for one in self.declared if one.name in self.published]

    def columns(
        self, first: Listed, times: list[Listed], is_late_known: bool = False
    ) -> list[Listed]:
        """The value of a row first, then its target, its ticket, and its times.

        `is_late_known`: the value of a clock is how late it is.
        """
        found = [
            first,
            Listed("ticket_id", "Ticket", "text", "tickets.ticket_id"),
            Listed("source_system", "Help desk", "text", "tickets.source_system"),
        ]
        # Optional columns of the mart: the link to the record and the subject.
        if "url" in self.published:
            found.append(Listed("url", "Link", "text", "tickets.url"))
        found += self._target(is_late_known)
        plain = [Listed(*one, f"tickets.{one[0]}") for one in PLAIN if one[0] != first.name]
        named = [
            Listed(name, label, "text", f"of_{name}.name") for name, label, *_ in self._members()
        ]
        # Priority, owner and team first.
        found += [*plain[:1], *named[:2]]
        if self._has_subject:
            found.append(Listed("subject", "Subject", "text", "tickets.subject"))
        found += [*plain[1:], *named[2:]]
        taken = {one.name for one in found}
        found += [one for one in times if one.name not in taken]
        taken = {one.name for one in found}
        return found + [
            Listed(f"{TICKETS}.{one.name}" if one.name in taken else one.name, one.label,
                   one.format, f"tickets.{one.name}")
            for one in self.own()
        ]  # fmt: skip

    @property
    def _has_subject(self) -> bool:
        return self.with_people and "subject" in self.published

    def _members(self) -> tuple[tuple[str, str, str, str], ...]:
        return (*MEMBERS, CONTACT) if self.with_people else MEMBERS

    def joins(self, used: str = "") -> str:
        """The joins to the ticket and to names; with `used`, only those that this SQL refers to."""
        ticket = (
            f" left join {SCHEMA}.fct_tickets as tickets on chosen.ticket_key = tickets.ticket_key"
        )
        is_ticket, found = not used or "tickets." in used, ""
        for name, _, table, key in self._members():
            if used and f"of_{name}." not in used:
                continue
            has_own = key in OWN_KEYS and key in self.fact
            is_ticket |= not has_own
            of = f"chosen.own_{key}" if has_own else f"tickets.{key}"
            found += f" left join {SCHEMA}.{table} as of_{name} on {of} = of_{name}.{key}"
        return ticket * is_ticket + found

    def found(self, search: str) -> str:
        """The condition that a text is part of a ticket's id, or of a text or name in its list."""
        texts = ["chosen.ticket_key", "tickets.priority", "tickets.category"]
        texts += ["tickets.subject"] * self._has_subject
        texts += [f"of_{name}.name" for name, *_ in self._members()]
        texts += [f"tickets.{one.name}" for one in self.own() if one.format == "text"]
        wanted = f"lower({literal(search)})"
        return " or ".join(f"coalesce(contains(lower({one}), {wanted}), false)" for one in texts)

    def listing(
        self,
        steps: list[tuple[str, str]],
        chosen: str,
        rows: Callable[[str], str],
        columns: list[Listed],
        worst_first: list[str],
        part: Part,
    ) -> Listing:
        """The list of the rows that `chosen` selects from the `steps`.

        `rows` is the SQL of the rows with a condition. The order is that of the part, then
        `worst_first`.
        """
        if part.search:
            found = self.found(part.search)
            chosen = f"select chosen.* from ({chosen}) as chosen{self.joins(found)} where {found}"
        steps = [*steps, ("chosen", chosen)]
        totals = (
            f"{with_steps(steps)}\nselect count(*), coalesce(sum(value), 0), "
            f"count(*) filter (coalesce(ticket_key, '{UNKNOWN}') = '{UNKNOWN}') from chosen"
        )
        sorted_by = sort_order(part.sort, {one.name: one.sql for one in columns})
        order = f"order by {', '.join([*sorted_by, *worst_first, 'chosen.row_id'])}"
        # First the rows of the page are chosen with few columns, then their other columns are read.
        picked = (
            f"select chosen.row_id from chosen{self.joins(order)} {order} "
            f"limit {part.limit} offset {part.offset}"
        )
        steps += [("picked", picked), ("listed", rows("rowid in (from picked)"))]
        page = (
            f"{with_steps(steps)}\nselect {', '.join(one.sql for one in columns)} "
            f"from listed as chosen{self.joins()} {order}"
        )
        return Listing(Statement(page, tuple(one.column for one in columns)), totals)


class TicketList(Rows):
    """The list of one measure."""

    def __init__(
        self, query: ReportQuery, catalogue: Catalogue, calendar: Calendar, with_people: bool
    ) -> None:
        super().__init__(query, catalogue, calendar, with_people)
        # Without the denominator that an average adds.
        self.measure = query.report.measures[0]
        if "ticket" not in self.source.fields and not self.is_backlog:
            raise ReportError(
                f"measure: {self.measure.name} counts {self.source.label.lower()}, not tickets"
            )
        self.value, self.counted = self._value()
        self.tickets = TicketColumns(
            calendar.columns.get("fct_tickets", frozenset()),
            catalogue.sources[TICKETS].own_columns,
            frozenset(OWN_KEYS if self.is_backlog else self.source.columns),
            calendar.as_of_time,
            with_people,
        )

    @property
    def is_backlog(self) -> bool:
        return self.source.model == BACKLOG

    def listing(self) -> Listing:
        steps = [(self.source.name, self._rows()), *map(self.joined, self.joins)]
        chosen = f"select {self.source.name}.* {self.from_joined()}"
        columns = self.tickets.columns(
            Listed("value", self.measure.label, self._format(), "chosen.value"),
            [
                Listed("counted_on", self.report.date.label, "date", "chosen.counted_on"),
                *(
                    Listed(one.name, one.label, "timestamp", f"chosen.own_{one.name}")
                    for one in self._instants()
                ),
            ],
        )
        query = self.query
        part = Part(query.sort, query.search, query.limit, query.offset)
        return self.tickets.listing(
            steps, chosen, self._rows, columns, self._worst_first(columns), part
        )

    def _value(self) -> tuple[str, str]:
        """The value of a row, and the condition for it to count."""
        measures, measure = self.source.measures, self.measure
        top = measures[measure.sum]
        if self.is_backlog:
            part = measures[measure.denominator or measure.sum].sql
            return "age", AGES.get(part, "true")
        if measure.denominator:
            bottom = part_sql(measures[measure.denominator])
            value = part_sql(top)
            if top.aggregation == "sum_boolean":
                value = f"case when {top.sql} then 1 else 0 end"
            if measure.minus:
                value += f" - case when {measures[measure.minus].sql} then 1 else 0 end"
            # On the scale of the figure, from -100 to 100.
            if measure.format == POINTS:
                value = f"100 * ({value})"
            return value, f"({bottom}) is not null"
        if measure.aggregation == "sum":
            return measure.sql, f"({measure.sql}) <> 0"
        counted = f"({part_sql(measure)}) is not null"
        is_time = measure.aggregation == "count" and self._is_duration(measure.sql)
        return (measure.sql if is_time else "1"), counted

    @property
    def is_timed(self) -> bool:
        """Whether the values are durations."""
        return self._is_duration(self.value.removesuffix(" end")) or self.is_backlog

    def _is_duration(self, sql: str) -> bool:
        """Whether an expression is a duration; an own field is not, whatever its name."""
        return sql.endswith(TIMED) and all(one.name != sql for one in self.source.own_columns)

    def _rows(self, condition: str = "true") -> str:
        if self.is_backlog:
            return self._open_tickets(condition)
        dated = self.report.date_of(self.measure)
        selected = [
            "rowid as row_id",
            f"{self.source.fields['ticket'].sql} as ticket_key",
            f"{self.value} as value",
            f"{dated.sql} as counted_on",
            *self.tickets.keys(),
            *(f"{one.sql} as own_{one.name}" for one in self._instants()),
            *self.keys_to_joins(),
        ]
        conditions = [*self.conditions(dated, self.query.window), self.counted, condition]
        return f"select {', '.join(selected)} from {self.table(self.source)}{where(conditions)}"

    def _open_tickets(self, condition: str) -> str:
        """The tickets that are open at the end of the last requested date."""
        zone, day = literal(self.calendar.timezone), self.last_day()
        on = literal(day)
        midnight = f"timezone('UTC', timezone({zone}, cast({on} + interval 1 day as timestamp)))"
        end = literal(self.calendar.as_of_time) if day == self.calendar.as_of else midnight
        conditions = [
            "not is_excluded",
            f"started_at < {midnight}",
            f"is_current or ended_at >= {midnight}",
            *(filter_sql(item, self._of_interval) for item in self.report.own_filters),
            condition,
        ]
        keys = ", ".join(self.tickets.keys())
        opened = (
            f"select rowid as row_id, ticket_key, date_diff('second', created_at, {end}) as age, "
            f"{on} as counted_on, {keys}{''.join(f', {one}' for one in self.keys_to_joins())} "
            f"from {SCHEMA}.{INTERVALS}{where(conditions)}"
        )
        return f"select *, age as value from ({opened}){where([self.counted])}"

    def _of_interval(self, item: Condition) -> str:
        """A filter on the intervals. Only their tickets have the declared fields."""
        condition = item.sql(item.place.field.sql, SCHEMA)
        if all(one.name != item.place.field.sql for one in self.tickets.own()):
            return condition
        return f"ticket_key in (select ticket_key from {SCHEMA}.fct_tickets where {condition})"

    def _instants(self) -> list[Field]:
        """The instants of a row of a fact; those of a ticket are its own columns."""
        if self.source.name == TICKETS:
            return [one for one in self.source.fields.values() if one.name == "first_response_at"]
        return [one for one in self.source.fields.values() if one.type == "timestamp"]

    def _format(self) -> str:
        if self.is_timed:
            return "duration"
        if self.measure.format == POINTS:
            return "count"
        return "decimal" if self.measure.is_fractional or self.measure.denominator else "count"

    def _worst_first(self, columns: list[Listed]) -> list[str]:
        known = {one.name: one.sql for one in columns}
        order = []
        if "elapsed_seconds" in known:
            order.append(f"{known['elapsed_seconds']} - {known['goal_seconds']} desc nulls last")
        # For shares, scores and points low values are bad; for durations high ones.
        is_low_bad = self.measure.denominator and not self.is_timed
        return [*order, f"chosen.value {'asc' if is_low_bad else 'desc'} nulls last"]


def with_steps(steps: list[tuple[str, str]]) -> str:
    return "with " + ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in steps)


def is_exact(measure: Measure, source: Source) -> bool:
    """Whether the figure equals the number of rows behind it."""
    if source.model == BACKLOG:
        return measure.format == "count"
    return not measure.denominator and measure.aggregation in NUMBERS


def has_tickets(source: Source) -> bool:
    """Whether the rows of a source belong to tickets."""
    return "ticket" in source.fields or source.model == BACKLOG
