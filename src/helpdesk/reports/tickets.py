"""The tickets behind a figure: the rows that a measure counts, each with its ticket.

The rows of a count are those it counts, of an average or a share those in its denominator, of a sum
those that add to it.
"""

from dataclasses import dataclass

from helpdesk.reports.catalogue import Catalogue, Field, Measure, OwnColumn, Source
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literal
from helpdesk.reports.live import (
    NUMBERS,
    SCHEMA,
    TICKETS,
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
    ("status", "Status", "dim_statuses", "status_key"),
    ("owner", "Owner", "dim_agents", "agent_key"),
    ("team", "Team", "dim_teams", "team_key"),
    ("company", "Company", "dim_companies", "company_key"),
    ("channel", "Channel", "dim_channels", "channel_key"),
)
# Personal data, shown only if the settings allow it.
CONTACT = ("contact", "Contact", "dim_contacts", "contact_key")
# Keys that a fact may have itself; else its ticket has them.
OWN_KEYS = ("agent_key", "team_key", "company_key", "channel_key")
PLAIN = (
    ("priority", "Priority", "text"),
    ("category", "Category", "text"),
    ("created_at", "Created at", "timestamp"),
    ("closed_at", "Closed at", "timestamp"),
)


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
    """The statement for a page of rows, and the SQL of their number and the sum of their values."""

    page: Statement
    totals: str


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

    @property
    def is_backlog(self) -> bool:
        return self.source.model == BACKLOG

    def listing(self) -> Listing:
        steps = [(self.source.name, self._rows()), *map(self.joined, self.joins)]
        chosen = f"select {self.source.name}.* {self.from_joined()}"
        if self.query.search:
            chosen = f"select * from ({chosen}){where([self._search()])}"
        steps.append(("chosen", chosen))
        totals = f"{_with(steps)}\nselect count(*), coalesce(sum(value), 0) from chosen"
        columns = self._columns()
        order = f"order by {', '.join([*self._order(columns), 'chosen.row_id'])}"
        # First the rows of the page are chosen with few columns, then their other columns are read.
        picked = (
            f"select chosen.row_id from chosen {self._joins(order)} {order} "
            f"limit {self.query.limit} offset {self.query.offset}"
        )
        steps += [("picked", picked), ("listed", self._rows("rowid in (from picked)"))]
        page = (
            f"{_with(steps)}\nselect {', '.join(one.sql for one in columns)} "
            f"from listed as chosen {self._joins()} {order}"
        )
        shown = tuple(one.column for one in columns)
        return Listing(Statement(page, shown), totals)

    def _search(self) -> str:
        """The condition that a text is part of a ticket's id or of a text in its own fields."""
        wanted = f"lower({literal(self.query.search)})"
        texts = [one.name for one in self._own_columns() if one.format == "text"]
        found = f"contains(lower(ticket_key), {wanted})"
        if texts:
            own = " or ".join(f"contains(lower({one}), {wanted})" for one in texts)
            found += f" or ticket_key in (select ticket_key from {SCHEMA}.fct_tickets where {own})"
        return found

    def _own_columns(self) -> list[OwnColumn]:
        """The columns of the tickets' own fields in the build."""
        published = self.calendar.columns.get("fct_tickets", frozenset())
        declared = self.catalogue.sources[TICKETS].own_columns
        return [one for one in declared if one.name in published]

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
            *(f"{one} as own_{one}" for one in OWN_KEYS if one in self.source.columns),
            *(f"{one.sql} as own_{one.name}" for one in self._instants()),
            *(f"{column} as own_{column}" for column, *_ in self._target()),
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
        keys = ", ".join(f"{one} as own_{one}" for one in OWN_KEYS)
        opened = (
            f"select rowid as row_id, ticket_key, date_diff('second', created_at, {end}) as age, "
            f"{on} as counted_on, {keys}{''.join(f', {one}' for one in self.keys_to_joins())} "
            f"from {SCHEMA}.{INTERVALS}{where(conditions)}"
        )
        return f"select *, age as value from ({opened}){where([self.counted])}"

    def _of_interval(self, item: Condition) -> str:
        """A filter on the intervals. Only their tickets have the declared fields."""
        condition = item.sql(item.place.field.sql, SCHEMA)
        if all(one.name != item.place.field.sql for one in self._own_columns()):
            return condition
        return f"ticket_key in (select ticket_key from {SCHEMA}.fct_tickets where {condition})"

    def _instants(self) -> list[Field]:
        """The instants of a row of a fact; those of a ticket are its own columns."""
        if self.source.name == TICKETS:
            return [one for one in self.source.fields.values() if one.name == "first_response_at"]
        return [one for one in self.source.fields.values() if one.type == "timestamp"]

    def _target(self) -> list[tuple[str, str, str]]:
        """The target and the result of an SLA clock, for rows that have one."""
        known = (
            ("metric", "SLA metric", "text"),
            ("status", "SLA status", "text"),
            ("goal_seconds", "Target", "duration"),
            ("elapsed_seconds", "Elapsed", "duration"),
        )
        if "goal_seconds" not in self.source.columns:
            return []
        return [one for one in known if one[0] in self.source.columns]

    def _columns(self) -> list[Listed]:
        published = self.calendar.columns.get("fct_tickets", frozenset())
        found = [
            Listed("value", self.measure.label, self._format(), "chosen.value"),
            *(Listed(*one, f"chosen.own_{one[0]}") for one in self._target()),
            Listed("ticket_id", "Ticket", "text", "tickets.ticket_id"),
            Listed("source_system", "Help desk", "text", "tickets.source_system"),
        ]
        # Optional columns of the mart: the link to the record and the subject.
        if "url" in published:
            found.append(Listed("url", "Link", "text", "tickets.url"))
        if self.with_people and "subject" in published:
            found.append(Listed("subject", "Subject", "text", "tickets.subject"))
        found += [Listed(*one, f"tickets.{one[0]}") for one in PLAIN]
        found += [
            Listed(name, label, "text", f"of_{name}.name") for name, label, *_ in self._members()
        ]
        found.append(Listed("counted_on", self.report.date.label, "date", "chosen.counted_on"))
        taken = {one.name for one in found}
        found += [
            Listed(one.name, one.label, "timestamp", f"chosen.own_{one.name}")
            for one in self._instants()
            if one.name not in taken
        ]
        taken = {one.name for one in found}
        return found + [
            Listed(f"{TICKETS}.{one.name}" if one.name in taken else one.name, one.label,
                   one.format, f"tickets.{one.name}")
            for one in self._own_columns()
        ]  # fmt: skip

    def _members(self) -> tuple[tuple[str, str, str, str], ...]:
        return (*MEMBERS, CONTACT) if self.with_people else MEMBERS

    def _joins(self, used: str = "") -> str:
        """The joins to the ticket and to names; with `used`, only those that this SQL refers to."""
        ticket = (
            f"left join {SCHEMA}.fct_tickets as tickets on chosen.ticket_key = tickets.ticket_key"
        )
        is_ticket, found = not used or "tickets." in used, ""
        for name, _, table, key in self._members():
            if used and f"of_{name}." not in used:
                continue
            has_own = self._has_own(key)
            is_ticket |= not has_own
            of = f"chosen.own_{key}" if has_own else f"tickets.{key}"
            found += f" left join {SCHEMA}.{table} as of_{name} on {of} = of_{name}.{key}"
        return ticket * is_ticket + found

    def _has_own(self, key: str) -> bool:
        return key in OWN_KEYS and (self.is_backlog or key in self.source.columns)

    def _format(self) -> str:
        if self.is_timed:
            return "duration"
        return "decimal" if self.measure.is_fractional or self.measure.denominator else "count"

    def _order(self, columns: list[Listed]) -> list[str]:
        """By the requested column, then the worst first."""
        known = {one.name: one.sql for one in columns}
        order = sort_order(self.query.sort, known)
        if "elapsed_seconds" in known:
            order.append(f"{known['elapsed_seconds']} - {known['goal_seconds']} desc nulls last")
        # For shares, scores and points low values are bad; for durations high ones.
        is_low_bad = self.measure.denominator and not self.is_timed
        return [*order, f"chosen.value {'asc' if is_low_bad else 'desc'} nulls last"]


def _with(steps: list[tuple[str, str]]) -> str:
    return "with " + ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in steps)


def is_exact(measure: Measure, source: Source) -> bool:
    """Whether the figure equals the number of rows behind it."""
    if source.model == BACKLOG:
        return measure.format == "count"
    return not measure.denominator and measure.aggregation in NUMBERS


def has_tickets(source: Source) -> bool:
    """Whether the rows of a source belong to tickets."""
    return "ticket" in source.fields or source.model == BACKLOG
