"""The SQL of a saved report's model: report date x filters x dimensions, with additive measures.

Names in it are the catalogue's, values are literals. Everything that a source gives is worked out
in a step of its own, before the join, so that no expression meets a column of another source.
"""

from builder.catalogue import FILTER_COLUMNS, Catalogue, Measure, Source
from builder.report import Condition, Join, SavedReport

ROW_COUNT = "row_count"
TICKETS = "tickets"
INDENT = " " * 8
WIDTH = 100
# What a row without its lookup is called: the unknown member that every dimension has.
UNKNOWN = "'unknown'"


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

    def sql(self) -> str:
        """The text of the model's file."""
        steps = [self._primary()]
        if self.report.is_stock:
            steps.append(_step("moments", MOMENTS))
        steps += [self._joined(join) for join in self.joins]
        steps.append(self._counted())
        config = "" if self.is_additive else "{{ config(materialized='table') }}\n\n"
        return f"{config}with\n\n" + ",\n\n".join(steps) + "\n\nselect * from counted\n"

    @property
    def is_additive(self) -> bool:
        """A refresh can add to it: it reads nothing but facts that are themselves refreshed."""
        sources = [self.source, *(join.source for join in self.joins)]
        refreshed = all(one.model in REFRESHED for one in sources)
        return refreshed and not any(one.is_fractional for one in self.report.sums())

    def filter_columns(self) -> tuple[str, ...]:
        """The report filters that the source has, its own or its ticket's."""
        columns = (self.tickets or self.source).columns
        return tuple(column for column in FILTER_COLUMNS if column in columns)

    def filter_fields(self) -> dict[str, str]:
        """What the catalogue calls the filter columns."""
        fields = (self.tickets or self.source).fields.values()
        return {field.sql: field.label for field in fields if field.sql in FILTER_COLUMNS}

    def dimension_columns(self) -> tuple[str, ...]:
        """The columns of dimensions that are no report filters."""
        columns = (one.column for one in self.report.dimensions)
        return tuple(column for column in columns if column not in self.filter_columns())

    def conditions(self) -> list[str]:
        """Which rows of the primary source count."""
        report = self.report
        dated = [] if report.is_stock else [f"{report.date.sql} is not null"]
        counted = [self.source.counted] if self.source.counted else []
        return [*counted, *dated, *(item.sql(item.place.field.sql) for item in report.own_filters)]

    def _primary(self) -> str:
        report, source = self.report, self.source
        columns = [_named(join.key.sql, join.key.sql) for join in self.joins
                   if join.start is source]  # fmt: skip
        if not report.is_stock:
            columns.append(_named(report.date.sql, "report_date"))
        columns += self._dimensions_of(None)
        if not self.tickets:
            columns += [_named(column, column) for column in self.filter_columns()]
        columns += [_named(_counted(one), one.column) for one in report.sums()]
        return _step(source.name, _select(columns, source, self.conditions()))

    def _joined(self, join: Join) -> str:
        source = join.source
        columns = [_named(source.key, source.key)]
        columns += [_named(one.key.sql, one.key.sql) for one in self.joins if one.start is source]
        if source is self.tickets:
            columns += [_named(column, column) for column in self.filter_columns()]
        columns += self._dimensions_of(source)
        columns += [
            _named(item.place.field.sql, f"filtered_{item.place.field.name}")
            for item in self.report.joined_filters
            if item.place.source is source
        ]
        return _step(source.name, _select(columns, source, []))

    def _dimensions_of(self, source: Source | None) -> list[str]:
        """The dimensions of the primary source, or of a joined one."""
        return [
            _named(_dimension(one.place.field.sql, self.column_type(one.place.field.sql,
                   one.place.source)), one.column)
            for one in self.report.dimensions
            if (one.place.source is source if source else one.place.join is None)
            and one.column not in self.filter_columns()
        ]  # fmt: skip

    def column_type(self, sql: str, source: Source) -> str:
        """The SQL type of a dimension's column: whole numbers that are measures are bigint."""
        kind = source.columns.get(sql, "")
        if not kind:
            (field,) = [one for one in source.fields.values() if one.sql == sql]
            kind = "boolean" if field.type == "boolean" else "varchar"
        return "integer" if kind == "bigint" else kind

    def _counted(self) -> str:
        keys = self._keys()
        name = self.source.name
        sums = [f"{name}.{one.column}" for one in self.report.sums()]
        columns = [*keys, f"count(*) as {ROW_COUNT}"]
        columns += [_named(self._sum(one), one.column) for one in self.report.sums()]
        columns += [
            f"{{{{ sorted_values('{name}.{one.column}') }}}}\n{INDENT}    as {one.column}_values"
            for one in self.report.lists()
        ]
        text = f"    select\n{INDENT}" + f",\n{INDENT}".join(columns) + f"\n    from {name}"
        if self.report.is_stock:
            text += "\n    cross join moments"
        for join in self.joins:
            text += (
                f"\n    left join {join.source.name}\n{INDENT}on "
                f"{join.start.name}.{join.key.sql} = {join.source.name}.{join.source.key}"
            )
        conditions = [
            _any_filled(sums),
            *map(_joined_condition, self.report.joined_filters),
        ]
        text += "\n    where" + _all(conditions)
        grouped = [column.partition(" as ")[0] for column in keys]
        text += f"\n    group by\n{INDENT}" + f",\n{INDENT}".join(grouped)
        return _step("counted", text)

    def _keys(self) -> list[str]:
        name, ticket = self.source.name, (self.tickets or self.source).name
        date = "moments.report_date" if self.report.is_stock else f"{name}.report_date"
        keys = [date]
        for one in self.report.dimensions:
            if one.column in self.filter_columns():
                continue
            column = f"{one.place.source.name}.{one.column}"
            keys.append(self._key(column) if one.field.is_key else column)
        return keys + [self._key(f"{ticket}.{column}") for column in self.filter_columns()]

    def _key(self, column: str) -> str:
        """A key; where its row may lack one, the unknown member's."""
        source, _, name = column.partition(".")
        always = source == self.source.name or (source == TICKETS and self.tickets)
        if always and self.source.model.startswith("fct_"):
            return column
        return f"coalesce({column}, {UNKNOWN}) as {name}"

    def _sum(self, measure: Measure) -> str:
        column = f"{self.source.name}.{measure.column}"
        if measure.aggregation in ("count", "sum_boolean"):
            return f"count({column})"
        kind = "double" if measure.is_fractional else "bigint"
        return f"cast(coalesce(sum({column}), 0) as {kind})"


# The facts that a refresh keeps images of; a test holds this to the project.
REFRESHED = ("fct_tickets", "fct_messages", "fct_response_cycles", "fct_sla_clocks",
             "fct_ticket_status_spells")  # fmt: skip
MOMENTS = """    select moment_date as report_date
    from {{ ref('dim_moments') }}
    where moment = 'as_of'"""


def fact_measure(measure: Measure) -> str:
    """A measure's total over its fact, for the test that the report has the same."""
    if measure.aggregation == "count":
        return f"count({measure.sql})"
    if measure.aggregation == "sum_boolean":
        return f"count(case when {measure.sql} then 1 end)"
    return f"sum({measure.sql})"


def _counted(measure: Measure) -> str:
    """A row's part of a measure; null where it has none."""
    if measure.aggregation == "sum_boolean":
        return f"case when {measure.sql} then 1 end"
    return measure.sql


def _dimension(sql: str, kind: str) -> str:
    return f"cast({sql} as integer)" if kind == "integer" else sql


def _named(sql: str, name: str) -> str:
    if sql == name:
        return sql
    line = f"{sql} as {name}"
    return line if len(INDENT + line) < WIDTH else f"{sql}\n{INDENT}    as {name}"


def _select(columns: list[str], source: Source, conditions: list[str]) -> str:
    listed = f",\n{INDENT}".join(dict.fromkeys(columns))
    text = f"    select\n{INDENT}{listed}\n    from {{{{ ref('{source.model}') }}}}"
    return text + (f"\n    where{_all(conditions)}" if conditions else "")


def _any_filled(columns: list[str]) -> str:
    """True for the rows that some measure counts."""
    filled = [f"{column} is not null" for column in columns]
    if len(filled) == 1:
        return filled[0]
    return f"(\n{INDENT}    " + f"\n{INDENT}    or ".join(filled) + f"\n{INDENT})"


def _all(conditions: list[str]) -> str:
    if len(conditions) == 1 and "\n" not in conditions[0]:
        return f" {conditions[0]}"
    return f"\n{INDENT}" + f"\n{INDENT}and ".join(conditions)


def _step(name: str, text: str) -> str:
    return f"{name} as (\n\n{text}\n\n)"


def _joined_condition(item: Condition) -> str:
    return item.sql(f"{item.place.source.name}.filtered_{item.place.field.name}")
