"""The SQL of a requested table, on the core marts.

Each source is read in a CTE of its own, so that no expression can refer to another source's column.
Names are those of the catalogue; values are literals.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from helpdesk.reports.catalogue import TICKETS, Bridge, Catalogue, Field, Measure, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literal, literals
from helpdesk.reports.query import DATE, ReportQuery, Window, dimension_of
from helpdesk.reports.report import Dimension, Join, Place, filter_sql
from helpdesk.reports.sql import WITH_OWN_COLUMNS

CONTACTS = "contacts"
SCHEMA = "marts"
NUMBERS = ("count", "sum_boolean")
# The functions that number the days of a bucket from 1.
NUMBERED = {"week": "isodow", "month": "day", "year": "dayofyear"}


@dataclass(frozen=True)
class LiveColumn:
    """A column of an answer; `format` is the format of its values."""

    name: str
    label: str
    format: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """SQL and its columns, in order."""

    sql: str
    columns: tuple[LiveColumn, ...]


@dataclass(frozen=True)
class Calendar:
    """The dates of a build, from its first to that of `as_of`, in its time zone.

    `as_of_time` is the instant (UTC), `columns` are those of each published table.
    """

    first: date
    as_of: date
    as_of_time: datetime
    timezone: str = "UTC"
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Rows:
    """The rows that a report counts: the common part of tables and ticket lists.

    `with_people`: names of customers are shown.
    """

    def __init__(
        self, query: ReportQuery, catalogue: Catalogue, calendar: Calendar, with_people: bool
    ) -> None:
        self.query = query
        self.report = query.report
        self.source = query.report.source
        self.catalogue = catalogue
        self.calendar = calendar
        self.joins = list(self.report.joined)
        self.with_people = with_people
        places = [one.place for one in self.report.dimensions]
        places += [one.place for one in self.report.conditions]
        if not with_people and any(is_personal(one.field) for one in places):
            raise ReportError(
                "name: names of customers need `include_personal_data: true` in the settings"
            )

    def table(self, source: Source) -> str:
        return f"{SCHEMA}.{source.model}"

    def conditions(self, dated: Field, window: Window) -> list[str]:
        """The conditions for rows of the primary source to count, on the requested dates."""
        found = [self.source.counted] if self.source.counted else []
        found += [
            filter_sql(item, lambda one: one.sql(one.place.field.sql, SCHEMA))
            for item in self.report.own_filters
        ]
        if self.report.is_as_of:
            return found
        found.append(f"{dated.sql} is not null")
        if window.since:
            found.append(f"{dated.sql} >= {literal(window.since)}")
        if window.until:
            found.append(f"{dated.sql} <= {literal(window.until)}")
        return found

    def joined(self, join: Join, columns: Iterable[str] = ()) -> tuple[str, str]:
        """The CTE of a joined source: its name and its SQL."""
        source = join.source
        selected = [f"{source.key} as joined_key"]
        selected += [
            f"{one.key.sql} as key_to_{one.source.name}" for one in self.joins
            if one.start is source
        ]  # fmt: skip
        selected += self.filtered(source)
        selected += columns
        return source.name, f"select {', '.join(dict.fromkeys(selected))} from {self.table(source)}"

    def last_day(self) -> date:
        """The last requested date, at most that of as_of."""
        return min(self.query.window.until or self.calendar.as_of, self.calendar.as_of)

    def keys_to_joins(self) -> list[str]:
        """The primary source's keys to its joined sources, and its fields in filters on those."""
        keys = [
            f"{join.key.sql} as key_to_{join.source.name}"
            for join in self.joins
            if join.start is self.source
        ]
        return keys + self.filtered(self.source)

    def filtered(self, source: Source) -> list[str]:
        """The fields of a source in filters on joined sources."""
        fields = self.report.filtered_fields(source)
        return [f"{field.sql} as filtered_{field.name}" for field in fields]

    def from_joined(self, more: str = "", further: Iterable[str] = ()) -> str:
        """The FROM clause: the CTEs joined, then `more`, then the filters on joined sources and
        `further` conditions."""
        text = f"from {self.source.name}"
        for join in self.joins:
            # The ticket of a fact without filters of its own always exists.
            is_inner = self.source.filters == "ticket" and join.source.name == TICKETS
            kind = "inner" if is_inner and join.start is self.source else "left"
            text += (
                f" {kind} join {join.source.name} on "
                f"{join.start.name}.key_to_{join.source.name} = {join.source.name}.joined_key"
            )
        conditions = [
            filter_sql(
                item,
                lambda one: one.sql(
                    f"{one.place.source.name}.filtered_{one.place.field.name}", SCHEMA
                ),
            )
            for item in self.report.joined_filters
        ]
        return text + more + where([*conditions, *further])


class LiveTable(Rows):
    """The table of a report by the requested dimensions, from the facts."""

    def __init__(
        self, query: ReportQuery, catalogue: Catalogue, calendar: Calendar, with_people: bool
    ) -> None:
        super().__init__(query, catalogue, calendar, with_people)
        self.by = [None if name == DATE else dimension_of(query.report, name) for name in query.by]
        dimensions = [one for one in self.by if one]
        # Without the joins of dimensions that are not requested.
        self.report = replace(self.report, dimensions=tuple(dimensions))
        self.joins = list(self.report.joined)
        self.measures = list({one.name: one for one in self._measures()}.values())
        # Every sum and count, by the name of its measure.
        self.parts = {one.name: one for one in self.report.sums()}

    def statement(self) -> Statement:
        """One row for each group with a count; without groups one row."""
        steps = [(self.source.name, self._primary())]
        steps += [self.joined(join, self._dimensions_of(join.source)) for join in self.joins]
        steps.append(("counted", self._counted()))
        text = ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in steps)
        columns = list(self._columns())
        return Statement(f"with {text}\n{self._named()}", tuple(columns))

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings for readers who might add up the rows."""
        return tuple(
            f"{one.label}: a ticket counts under each of its values, and once in the total."
            for one in self.by
            if one and one.field.bridge
        )

    def total(self) -> Statement | None:
        """The statement of the total row; None if a measure has a meaning only within groups."""
        grouped = {one.field.name for one in self.by if one}
        if any(grouped & {*one.within} for one in self.measures):
            return None
        whole = replace(self.query, by=(), sort="", limit=1, offset=0)
        return LiveTable(whole, self.catalogue, self.calendar, self.with_people).statement()

    def _measures(self) -> Iterator[Measure]:
        """The measures, each average followed by its median and percentile."""
        for measure in self.report.measures:
            yield measure
            for one in self.source.measures.values():
                if one.base_metric == measure.name:
                    yield one

    def _primary(self) -> str:
        window = self.query.window
        dates = self.report.dates()
        return "\nunion all\n".join(self._part(one, window) for one in dates)

    def _part(self, dated: Field, window: Window) -> str:
        report = self.report
        columns = [*self.keys_to_joins(), f"{self._bucket(dated)} as report_date"]
        for one in self._own_dimensions():
            is_known = one.field.of_date in ("", dated.name)
            columns.append(f"{one.field.sql if is_known else 'null'} as dimension_{one.column}")
        for measure in self.parts.values():
            is_here = report.date_of(measure) is dated
            columns.append(f"{part_sql(measure) if is_here else 'null'} as part_{measure.name}")
        conditions = self.conditions(dated, window)
        if report.is_point_in_time and not report.is_as_of:
            conditions.append(self._level(dated, window))
        return f"select {', '.join(columns)} from {self.table(self.source)}{where(conditions)}"

    def _bucket(self, dated: Field) -> str:
        if None not in self.by:
            return "null"
        return first_day(dated.sql, self.report.grain)

    def _level(self, dated: Field, window: Window) -> str:
        """The condition for a level: the last date of each bucket, or of the whole period."""
        last = self.last_day()
        if None not in self.by:
            return f"{dated.sql} = {literal(last)}"
        if self.report.grain == "day":
            return "true"
        # As a list: DuckDB applies it during the scan, an expression only afterwards.
        first = max(window.since or self.calendar.first, self.calendar.first)
        days = bucket_ends(first, last, self.report.grain)
        return f"{dated.sql} in ({literals(days)})" if days else "false"

    def _own_dimensions(self) -> list[Dimension]:
        return [one for one in self.report.dimensions if one.place.join is None]

    def _dimensions_of(self, source: Source) -> list[str]:
        return [
            f"{one.field.sql} as dimension_{one.column}"
            for one in self.report.dimensions
            if one.place.join and one.place.source is source
        ]

    def _counted(self) -> str:
        keys, joins = [], ""
        for one in self.by:
            if one is None:
                keys.append(f"{self.source.name}.report_date as {DATE}")
                continue
            column = f"{one.place.source.name}.dimension_{one.column}"
            if bridge := one.field.bridge:
                values = f"values_of_{one.column}"
                of = _values(bridge, one)
                joins += f" left join {of} as {values} on {column} = {values}.key"
                column = f"{values}.value"
            # A missing key counts as the unknown member.
            known = f"coalesce({column}, 'unknown')" if one.field.is_key else column
            keys.append(f"{known} as {one.column}")
        figures = [f"{self._figure(one)} as figure_{one.name}" for one in self.measures]
        text = f"select {', '.join([*keys, *figures])} {self.from_joined(joins)}"
        if not keys:
            return text
        counted = " + ".join(f"count({self.source.name}.part_{name})" for name in self.parts)
        return f"{text} group by all having {counted} > 0"

    def _figure(self, measure: Measure) -> str:
        if measure.base_metric:
            shares = [one.percentile for one in self._of_values(measure)]
            # All in one list: the values are sorted once.
            part = self.source.measures[measure.base_metric].sum
            listed = f"quantile_cont({self.source.name}.part_{part}, {shares})"
            return f"{listed}[{shares.index(measure.percentile) + 1}]"
        top = self._sum(self.source.measures[measure.sum])
        if measure.minus:
            top = f"({top} - {self._sum(self.source.measures[measure.minus])})"
        if not measure.denominator:
            return top
        bottom = self._sum(self.source.measures[measure.denominator])
        return f"cast({top} as double) / nullif({bottom}, 0)"

    def _of_values(self, measure: Measure) -> list[Measure]:
        """The requested median and percentiles of the same values."""
        return [one for one in self.measures if one.base_metric == measure.base_metric]

    def _sum(self, measure: Measure) -> str:
        column = f"{self.source.name}.part_{measure.name}"
        if measure.aggregation in NUMBERS:
            return f"count({column})"
        kind = "double" if measure.is_fractional else "bigint"
        return f"cast(coalesce(sum({column}), 0) as {kind})"

    def _columns(self) -> Iterator[LiveColumn]:
        for one in self.by:
            if one is None:
                yield LiveColumn(DATE, self.report.date.label, "date")
                continue
            yield LiveColumn(one.called, one.label, _kind(one.field), one.field.names)
            if self._lookup(one):
                yield LiveColumn(f"{one.called}.name", one.label, "text")
        for measure in self.measures:
            yield LiveColumn(measure.called, measure.label, measure.format)

    def _lookup(self, one: Dimension) -> Source | None:
        """The source with the names of a key's members."""
        if not one.field.is_key:
            return None
        target = self.catalogue.source_of_key(one.field.name)
        is_shown = self.with_people or target.name != CONTACTS
        return target if target.has_name and is_shown else None

    def _named(self) -> str:
        """The rows in order, with the names of the keys' members."""
        selected, joins, keys = [], "", []
        for number, one in enumerate(self.by):
            column = DATE if one is None else one.column
            selected.append(f"counted.{column}")
            keys.append(f"counted.{column}")
            target = one and self._lookup(one)
            if target:
                selected.append(f"names_{number}.name")
                joins += (
                    f" left join {self.table(target)} as names_{number} "
                    f"on counted.{column} = names_{number}.{target.key}"
                )
        selected += [f"counted.figure_{one.name}" for one in self.measures]
        order = [*self._order(selected), *(f"{key} nulls last" for key in keys)]
        text = f"select {', '.join(selected)} from counted{joins}"
        if order:
            text += f" order by {', '.join(order)}"
        # One row more than requested shows whether there are more.
        return f"{text} limit {self.query.limit + 1} offset {self.query.offset}"

    def _order(self, selected: list[str]) -> list[str]:
        names = [one.name for one in self._columns()]
        return sort_order(self.query.sort, dict(zip(names, selected, strict=True)))


class LiveRows(Rows):
    """The rows of a report's mart, for some dates.

    Of the filters of the pages they have those in `filters`, and of the columns with single values
    those in `lists`.
    """

    def __init__(
        self, query: ReportQuery, catalogue: Catalogue, calendar: Calendar, with_people: bool,
        filters: Iterable[str] = (), lists: Iterable[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(query, catalogue, calendar, with_people)
        self.report = replace(
            self.report,
            dimensions=(*self.report.dimensions, *self._filters(filters)),
            joins=self.joins_with_tickets(),
        )
        self.joins = list(self.report.joined)
        self.lists = tuple(lists)

    def sql(self, conditions: Iterable[str] = ()) -> str:
        """The rows with these `conditions` on their columns."""
        parts = [self._part(dated) for dated in self.report.dates()]
        steps = [(self.source.name, "\nunion all\n".join(parts))]
        for join in self.joins:
            columns = [_dimension(one) for one in self.report.dimensions
                       if one.place.join and one.place.source is join.source]  # fmt: skip
            steps.append(self.joined(join, columns))
        steps.append(("counted", self._counted()))
        text = ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in steps)
        return f"with {text}\nselect * from counted{where([*conditions])}"

    def joins_with_tickets(self) -> tuple[Join, ...]:
        """The joins, with that to the ticket of a row whose filters are those of its ticket."""
        joins = self.report.joins
        if self.source.filters != "ticket" or any(one.source.name == TICKETS for one in joins):
            return joins
        return (
            *joins,
            Join(self.catalogue.sources[TICKETS], self.source, self.source.fields["ticket"]),
        )

    def _filters(self, columns: Iterable[str]) -> Iterator[Dimension]:
        taken = {one.column for one in self.report.dimensions}
        joins = {join.source: join for join in self.joins_with_tickets()}
        is_own = self.source.filters != "ticket"
        home = self.source if is_own else self.catalogue.sources[TICKETS]
        fields = {one.sql: one for one in home.fields.values() if one.is_key}
        for column in columns:
            if column in taken:
                continue
            if column in fields:
                yield Dimension(Place(fields[column], home, joins.get(home)), column)
            else:
                yield Dimension(Place(self._own_field(column), self.source, None), column)

    def _own_field(self, column: str) -> Field:
        """A declared field of a row's ticket; a row without a ticket has no value."""
        sql = column
        if self.source.model not in WITH_OWN_COLUMNS:
            key = self.source.fields["ticket"].sql
            sql = (
                f"(select listed.{column} from {SCHEMA}.fct_tickets as listed "
                f"where listed.ticket_key = {self.table(self.source)}.{key})"
            )
        return Field(column, self.source.name, column, "", "text", sql)

    def _part(self, dated: Field) -> str:
        report = self.report
        columns = [*self.keys_to_joins(), f"{self._date(dated)} as report_date"]
        for one in report.dimensions:
            if one.place.join is None:
                is_known = one.field.of_date in ("", dated.name)
                columns.append(_dimension(one) if is_known else f"null as dimension_{one.column}")
        for measure in report.sums():
            value = _counted_part(measure) if report.date_of(measure) is dated else "null"
            columns.append(f"{value} as part_{measure.name}")
        conditions = self.conditions(dated, self.query.window)
        return f"select {', '.join(columns)} from {self.table(self.source)}{where(conditions)}"

    def _date(self, dated: Field) -> str:
        return literal(self.calendar.as_of) if self.report.is_as_of else dated.sql

    def _counted(self) -> str:
        name, report = self.source.name, self.report
        columns = [f"{name}.report_date"]
        for one in report.dimensions:
            column = f"{one.place.source.name}.dimension_{one.column}"
            known = f"coalesce({column}, 'unknown')" if one.field.is_key else column
            columns.append(f"{known} as {one.column}")
        columns += [
            f"sum(coalesce({name}.part_{one.name}, 0)) as {report.column(one)}"
            for one in report.sums()
        ]
        columns += [
            f"list({name}.part_{one.name}) filter ({name}.part_{one.name} is not null) "
            f"as {report.column(one)}_values"
            for one in report.lists()
            if f"{report.column(one)}_values" in self.lists
        ]
        counted = " or ".join(f"{name}.part_{one.name} is not null" for one in report.uncovered())
        return f"select {', '.join(columns)} {self.from_joined(further=[counted])} group by all"


def _dimension(one: Dimension) -> str:
    """A dimension's column; of a field with several values the list of them."""
    bridge = one.field.bridge
    if not bridge:
        return f"{one.field.sql} as dimension_{one.column}"
    return (
        f"(select list(distinct listed.{bridge.value} order by listed.{bridge.value}) "
        f"from {SCHEMA}.{bridge.model} as listed where listed.{bridge.key} = {one.field.sql}) "
        f"as dimension_{one.column}"
    )


def _counted_part(measure: Measure) -> str:
    """A row's value for a measure, of a count 1, so that all measures are sums."""
    if measure.aggregation == "count":
        return f"case when {measure.sql} is not null then 1 end"
    return part_sql(measure)


def first_day(day: str, grain: str) -> str:
    """The SQL of the first date of the bucket that a date is in.

    A date minus a number takes half the time of `date_trunc`, which returns an instant.
    """
    if grain == "day":
        return day
    if grain in NUMBERED:
        return f"{day} - cast({NUMBERED[grain]}({day}) - 1 as integer)"
    return f"cast(date_trunc('{grain}', {day}) as date)"


def bucket_ends(first: date, last: date, grain: str) -> list[date]:
    """The last date of each bucket in a range; for the last bucket the end of the range."""
    found = []
    day = first
    while day <= last:
        day = _next_start(day, grain)
        found.append(min(day - timedelta(days=1), last))
    return found


def _next_start(day: date, grain: str) -> date:
    """The start of the next bucket after a date."""
    if grain == "week":
        return day + timedelta(days=7 - day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    number = (day.year * 12 + day.month - 1) // months * months + months
    return date(number // 12, number % 12 + 1, 1)


def sort_order(sort: str, columns: dict[str, str]) -> list[str]:
    """The ORDER BY of a column name, descending after a `-`; empty for an empty name."""
    if not sort:
        return []
    name = sort.removeprefix("-")
    if name not in columns:
        raise ReportError(f"sort: {name!r} is not a column of the answer{nearest(name, columns)}")
    return [f"{columns[name]} {'desc' if sort.startswith('-') else 'asc'} nulls last"]


def part_sql(measure: Measure) -> str:
    """A row's value for a measure; null if it does not count."""
    if measure.aggregation == "sum_boolean":
        return f"case when {measure.sql} then 1 end"
    return measure.sql


def _values(bridge: Bridge, dimension: Dimension) -> str:
    """The values of the rows that count, by key and without duplicates."""
    distinct = " distinct" if bridge.has_labels else ""
    keys = f"select dimension_{dimension.column} from {dimension.place.source.name}"
    return (
        f"(select{distinct} {bridge.key} as key, {bridge.value} as value "
        f"from {SCHEMA}.{bridge.model} where {bridge.key} in ({keys}))"
    )


def is_personal(field: Field) -> bool:
    """Whether it names customers."""
    return field.source == CONTACTS and field.name == "name"


def _kind(field: Field) -> str:
    return "key" if field.is_key else field.type


def where(conditions: list[str]) -> str:
    return f" where {' and '.join(f'({one})' for one in conditions)}" if conditions else ""
