"""The SQL of a report's model, a view: report date x filters x dimensions, with additive measures.

Names are those of the catalogue, values are literals. Each source has a CTE of its own before the
join, so that no expression can refer to another source's column. A view does not name the database:
readers attach the published file under any name.
"""

from helpdesk.load.own_fields import taken_names
from helpdesk.reports.catalogue import FILTER_COLUMNS, TICKETS, Catalogue, Field, Measure, Source
from helpdesk.reports.report import (
    Condition,
    Dimension,
    Filtered,
    Join,
    SavedReport,
    filter_sql,
)

ROW_COUNT = "row_count"
TICKET_KEY = "ticket_key"
INDENT = " " * 8
WIDTH = 100
# The key of a row without a match: the unknown member of every dimension.
UNKNOWN = "'unknown'"
AS_OF = "comparison_times"
# The marts with columns of declared fields; other marts get them from the row's ticket.
WITH_OWN_COLUMNS = ("fct_tickets", "fct_backlog_daily")
# Macros, so that a newly declared field needs no new SQL of the reports.
OWN_COLUMNS, OWN_JOIN = "{{ own_filter_columns(", "{{ own_filter_join() }}"
COMPARISON_TIMES = """    select compared_date as report_date
    from {{ ref('dim_comparison_times').include(database=false) }}
    where comparison_time = 'as_of'"""


class Writer:
    """Writes the model of one report."""

    def __init__(self, report: SavedReport, catalogue: Catalogue) -> None:
        self.report = report
        self.source = report.source
        self.tickets = catalogue.sources[TICKETS] if self.source.filters == "ticket" else None
        self.joins = list(report.joined)
        if self.tickets and all(join.source is not self.tickets for join in self.joins):
            key = self.source.fields["ticket"]
            self.joins.insert(0, Join(self.tickets, self.source, key))
        self.dates = report.dates()
        # A count of the fact's own key, which is never null, counts every row.
        self.counts_every_row = {
            one.name
            for one in report.sums()
            if one.aggregation == "count" and one.sql.endswith("_key") and self._is_fact
            and len(self.dates) == 1
        }  # fmt: skip

    @property
    def _is_fact(self) -> bool:
        return self.source.model.startswith("fct_")

    def sql(self) -> str:
        """The text of the model's file."""
        steps = [self._primary()]
        if self.report.is_as_of:
            steps.append(_step(AS_OF, COMPARISON_TIMES))
        steps += [self._joined(join) for join in self.joins]
        steps.append(self._counted())
        return "with\n\n" + ",\n\n".join(steps) + "\n\nselect * from counted\n"

    def filter_columns(self) -> tuple[str, ...]:
        """The report filters of the source: its own columns or those of its ticket."""
        columns = (self.tickets or self.source).columns
        return tuple(column for column in FILTER_COLUMNS if column in columns)

    def filter_fields(self) -> dict[str, Field]:
        """The fields of the filter columns."""
        fields = (self.tickets or self.source).fields.values()
        return {field.sql: field for field in fields if field.sql in FILTER_COLUMNS}

    def own_dimensions(self) -> list[Dimension]:
        """The dimensions that are not report filters."""
        return [one for one in self.report.dimensions if one.column not in self.filter_columns()]

    @property
    def has_own_filters(self) -> bool:
        """Whether readers filter it by declared fields: the rows have a ticket."""
        return self._has_own_filters or self._joins_own_filters

    @property
    def _has_own_filters(self) -> bool:
        return (self.tickets or self.source).model in WITH_OWN_COLUMNS

    @property
    def _joins_own_filters(self) -> bool:
        """Whether the declared fields come from the ticket of a row."""
        return not self._has_own_filters and TICKET_KEY in self.source.columns

    def _own_filters(self, relation: str = "", is_joined: bool = False) -> list[str]:
        """The declared fields as columns of a CTE; none if the rows have no ticket."""
        if not self.has_own_filters:
            return []
        # A declared field that is a dimension of the report must not be selected twice.
        dimensions = [
            one.column
            for one in self.report.dimensions
            if one.place.source.model in WITH_OWN_COLUMNS and one.column == one.field.sql
            and one.column not in taken_names("ticket")
        ]  # fmt: skip
        given = {"joined": is_joined and "true", "but": dimensions and repr(dimensions)}
        words = [f"'{relation}'"] if relation else []
        words += [f"{name}={value}" for name, value in given.items() if value]
        return [f"{OWN_COLUMNS}{', '.join(words)}) }}}}"]

    def _primary(self) -> str:
        """The rows of the primary source that count; with several dates, once for each date."""
        parts = [self._part(date) for date in self.dates]
        return _step(self.source.name, "\n    union all\n".join(parts))

    def _part(self, date: Field) -> str:
        report, source = self.report, self.source
        columns = [join.key.sql for join in self.joins if join.start is source]
        if not report.is_as_of:
            columns.append(_named(date.sql, "report_date"))
        columns += [
            _null(one, self.column_type(one.field.sql, source))
            if one.field.of_date not in ("", date.name)
            else self._dimension(one)
            for one in self.own_dimensions()
            if one.place.join is None
        ]
        if not self.tickets:
            columns += self.filter_columns()
            columns += self._own_filters(is_joined=self._joins_own_filters)
        columns += self._filtered(source)
        columns += [
            _named(_row_part(one) if report.date_of(one) is date else "null", report.column(one))
            for one in report.sums()
            if one.name not in self.counts_every_row
        ]
        join = self._values_joins(source) + OWN_JOIN * self._joins_own_filters
        return _select(columns, source, self._conditions(date), join)

    def _conditions(self, date: Field) -> list[str]:
        """The conditions for rows of the primary source to count on a date."""
        counted = [self.source.counted] if self.source.counted else []
        dated = [] if self.report.is_as_of else [f"{date.sql} is not null"]
        filters = [
            filter_sql(item, lambda one: one.sql(one.place.field.sql))
            for item in self.report.own_filters
        ]
        return [*counted, *dated, *filters]

    def _joined(self, join: Join) -> str:
        source = join.source
        columns = [source.key]
        columns += [one.key.sql for one in self.joins if one.start is source]
        if source is self.tickets:
            columns += [*self.filter_columns(), *self._own_filters()]
        columns += [
            self._dimension(one) for one in self.own_dimensions() if one.place.source is source
        ]
        columns += self._filtered(source)
        return _step(source.name, _select(columns, source, [], self._values_joins(source)))

    def _filtered(self, source: Source) -> list[str]:
        """The fields of a source in filters on joined sources."""
        fields = self.report.filtered_fields(source)
        return [_named(one.sql, f"filtered_{one.name}") for one in fields]

    def _values_joins(self, source: Source) -> str:
        """The joins to the values of the source's dimensions that have several."""
        return "".join(
            f"{{{{ own_values_join('{one.field.bridge.model}', '{one.field.bridge.value}', "
            f"'{one.column}') }}}}"
            for one in self.own_dimensions()
            if one.field.bridge and one.place.source is source
        )

    def _dimension(self, one: Dimension) -> str:
        if one.field.bridge:
            return f"{one.column}__values as {one.column}"
        sql = one.field.sql
        if self.column_type(sql, one.place.source) == "integer":
            sql = f"cast({sql} as integer)"
        return _named(sql, one.column)

    def dimension_type(self, one: Dimension) -> str:
        """The SQL type of a dimension's column."""
        return (
            "varchar[]" if one.field.bridge else self.column_type(one.field.sql, one.place.source)
        )

    def column_type(self, sql: str, source: Source) -> str:
        """The SQL type of a column as a dimension: integer, because bigint is for measures."""
        kind = source.columns.get(sql, "")
        if not kind:
            (field,) = [one for one in source.fields.values() if one.sql == sql]
            kind = "boolean" if field.type == "boolean" else "varchar"
        return "integer" if kind == "bigint" else kind

    def _counted(self) -> str:
        keys, name, report = self._keys(), self.source.name, self.report
        columns = [*keys]
        if report.counts_rows:
            columns.append(f"count(*) as {ROW_COUNT}")
        columns += [_named(self._sum(one), report.column(one)) for one in report.sums()]
        for one in report.lists():
            column = report.column(one)
            columns.append(
                f"{{{{ sorted_values('{name}.{column}') }}}}\n{INDENT}    as {column}_values"
            )
        text = f"    select\n{INDENT}{_listed(columns)}\n    from {name}"
        if report.is_as_of:
            text += f"\n    cross join {AS_OF}"
        text += "".join(map(self._join, self.joins))
        conditions = [*self._any_counted(), *map(_joined_condition, report.joined_filters)]
        if conditions:
            text += "\n    where" + _all(conditions)
        grouped = [column.partition(" as ")[0] for column in keys]
        text += f"\n    group by\n{INDENT}{_listed(grouped)}"
        return _step("counted", text)

    def _join(self, join: Join) -> str:
        # A fact's ticket always exists, and with an inner join a filter on tickets selects rows.
        kind = "inner" if join.source is self.tickets and join.start is self.source else "left"
        start, source = join.start.name, join.source
        return (
            f"\n    {kind} join {source.name}\n{INDENT}"
            f"on {start}.{join.key.sql} = {source.name}.{source.key}"
        )

    def _any_counted(self) -> list[str]:
        """The condition that some measure counts the row; empty if every row counts."""
        if self.counts_every_row:
            return []
        columns = [self.report.column(one) for one in self.report.uncovered()]
        filled = [f"{self.source.name}.{column} is not null" for column in columns]
        if len(filled) == 1:
            return filled
        return [f"(\n{INDENT}    " + f"\n{INDENT}    or ".join(filled) + f"\n{INDENT})"]

    def _keys(self) -> list[str]:
        name, ticket = self.source.name, (self.tickets or self.source).name
        keys = [f"{AS_OF if self.report.is_as_of else name}.report_date"]
        for one in self.own_dimensions():
            column = f"{one.place.source.name}.{one.column}"
            keys.append(self._key(column) if one.field.is_key else column)
        keys += [self._key(f"{ticket}.{column}") for column in self.filter_columns()]
        return keys + self._own_filters(ticket)

    def _key(self, column: str) -> str:
        """A key; the unknown member if it may be missing."""
        source, _, name = column.partition(".")
        always = source == self.source.name or (source == TICKETS and self.tickets)
        if always and self._is_fact:
            return column
        return f"coalesce({column}, {UNKNOWN}) as {name}"

    def _sum(self, measure: Measure) -> str:
        if measure.name in self.counts_every_row:
            return "count(*)"
        column = f"{self.source.name}.{self.report.column(measure)}"
        if measure.aggregation in ("count", "sum_boolean"):
            return f"count({column})"
        kind = "double" if measure.is_fractional else "bigint"
        return f"cast(coalesce(sum({column}), 0) as {kind})"


def _row_part(measure: Measure) -> str:
    """A row's value for a measure; null if it does not count."""
    if measure.aggregation != "sum_boolean":
        return measure.sql
    line = f"case when {measure.sql} then 1 end"
    if len(INDENT + line) < WIDTH:
        return line
    condition = measure.sql.replace(" and ", f"\n{INDENT}        and ")
    return (
        f"case\n{INDENT}    when\n{INDENT}        {condition}\n{INDENT}        then 1\n{INDENT}end"
    )


def _null(dimension: Dimension, kind: str) -> str:
    return f"cast(null as {kind}) as {dimension.column}"


def _named(sql: str, name: str) -> str:
    if sql == name:
        return sql
    line = f"{sql} as {name}"
    return line if len(INDENT + line.splitlines()[-1]) < WIDTH else f"{sql}\n{INDENT}    as {name}"


def _listed(columns: list[str]) -> str:
    """Columns, one a line; the macro of the declared fields writes its own commas."""
    lines = f",\n{INDENT}".join(dict.fromkeys(columns))
    return lines.replace(f",\n{INDENT}{OWN_COLUMNS}", OWN_COLUMNS)


def _select(columns: list[str], source: Source, conditions: list[str], join: str = "") -> str:
    text = f"    select\n{INDENT}{_listed(columns)}\n    from "
    text += f"{{{{ ref('{source.model}').include(database=false) }}}}{join}"
    return text + (f"\n    where{_all(conditions)}" if conditions else "")


def _all(conditions: list[str]) -> str:
    if len(conditions) == 1 and "\n" not in conditions[0]:
        return f" {conditions[0]}"
    return f"\n{INDENT}" + f"\n{INDENT}and ".join(conditions)


def _step(name: str, text: str) -> str:
    return f"{name} as (\n\n{text}\n\n)"


def _joined_condition(item: Filtered) -> str:
    def sql(one: Condition) -> str:
        return one.sql(f"{one.place.source.name}.filtered_{one.place.field.name}")

    return filter_sql(item, sql)
