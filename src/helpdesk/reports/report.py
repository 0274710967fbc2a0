"""A report with every name of its file resolved in the catalogue."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from helpdesk.reports.catalogue import FILTER_COLUMNS, Bridge, Field, Measure, Source
from helpdesk.reports.literals import Value, literal, literals

KEY_SUFFIX = "_key"
LONGEST = 50
# A column, or MetricFlow's reference to one.
NAME = re.compile(r"[\w.]+|\{\{.*\}\}")
INDENT, OUTDENT = " " * 12, " " * 8
# The SQL operators of comparisons.
COMPARISONS = {"at_least": ">=", "at_most": "<="}
FILTER_NAMES = {column: column.removesuffix(KEY_SUFFIX) for column in FILTER_COLUMNS}


@dataclass(frozen=True, eq=False)
class Join:
    """A secondary source and the key that leads to it, of the source `start`."""

    source: Source
    start: Source
    key: Field


@dataclass(frozen=True)
class Place:
    """A field and its source: the primary source of the report, or a joined one."""

    field: Field
    source: Source
    join: Join | None


@dataclass(frozen=True)
class Dimension:
    """A field by which the report is broken down, and its column.

    A report may give it its own name and label.
    """

    place: Place
    column: str
    own_name: str = ""
    own_label: str = ""

    @property
    def field(self) -> Field:
        return self.place.field

    @property
    def is_qualified(self) -> bool:
        """The primary source has a field of the same name."""
        return self.column.startswith(f"{self.place.source.name}_") and bool(self.place.join)

    @property
    def called(self) -> str:
        """Its name within the report."""
        name = self.own_name or self.field.name
        return f"{self.place.source.name}.{name}" if self.is_qualified else name

    @property
    def label(self) -> str:
        label = self.own_label or self.field.label
        return f"{label} ({self.place.source.label.lower()})" if self.is_qualified else label

    @property
    def name(self) -> str:
        """Its name on pages; a report filter has the same name on all pages."""
        return FILTER_NAMES.get(self.column, self.column.removesuffix(KEY_SUFFIX))


@dataclass(frozen=True)
class Condition:
    """A filter: a field, a comparison, and the values it is compared with."""

    place: Place
    comparison: str
    values: tuple[Value, ...]

    def sql(self, column: str, schema: str = "") -> str:
        """The condition on a column. A row without a value is not any of the values.

        For a field with several values the column is the key of their bridge, a table of `schema`;
        without a schema the bridge is named by `ref()`.
        """
        if self.place.field.bridge:
            return self._of_several(column, self.place.field.bridge, schema)
        if not NAME.fullmatch(column):
            # A field may be an expression.
            column = f"({column})"
        if self.comparison == "filled":
            return f"{column} is {'not ' if self.values[0] else ''}null"
        if self.comparison in COMPARISONS:
            return f"{column} {COMPARISONS[self.comparison]} {literal(self.values[0])}"
        if self.comparison == "is":
            if len(self.values) == 1:
                return f"{column} = {literal(self.values[0])}"
            return f"{column} in ({_listed(self.values)})"
        return f"({column} is null or {column} not in ({_listed(self.values)}))"

    def _of_several(self, key: str, bridge: Bridge, schema: str) -> str:
        """The condition that a row has one of the values, all of them, or none of them.

        Not by a join: a row would count once for each of its values.
        """
        relation = f"{{{{ ref('{bridge.model}').include(database=false) }}}}"
        if schema:
            relation = f"{schema}.{bridge.model}"
        value = f"listed.{bridge.value}"
        if self.comparison == "all":
            tests = [f"{value} = {literal(one)}" for one in self.values]
        elif self.comparison == "filled":
            tests = [f"{value} is not null"]
        else:
            tests = [f"{value} in ({_listed(self.values, depth=4)})"]
        is_none = self.comparison == "is_not" or self.values == (False,)
        found = [
            f"{key} {'not in' if is_none else 'in'} (\n{INDENT}select listed.{bridge.key}\n"
            f"{INDENT}from {relation} as listed\n{INDENT}where {one}\n{OUTDENT})"
            for one in tests
        ]
        # A row without a ticket has none of the values.
        return f"({key} is null or {found[0]})" if is_none else f"\n{OUTDENT}and ".join(found)


@dataclass(frozen=True)
class AnyOf:
    """Filters of which one is enough."""

    conditions: tuple[Condition, ...]


Filtered = Condition | AnyOf


def conditions_of(item: Filtered) -> tuple[Condition, ...]:
    """A filter's conditions: itself, or those of which one is enough."""
    return item.conditions if isinstance(item, AnyOf) else (item,)


def filter_sql(item: Filtered, sql_of: Callable[[Condition], str]) -> str:
    """The SQL of a filter, from that of each condition; of several with a line for each."""
    parts = [sql_of(one) for one in conditions_of(item)]
    if len(parts) == 1:
        return parts[0]
    several = f"\n{INDENT}or ".join(f"({one})" for one in parts)
    return f"(\n{INDENT}{several}\n{OUTDENT})"


def _listed(values: tuple[Value, ...], depth: int = 0) -> str:
    """Values in one line, or a line each if they are many."""
    line = literals(values)
    if len(line) <= LONGEST:
        return line
    more = " " * depth
    lines = ",\n".join(f"{INDENT}{more}{literal(value)}" for value in values)
    return f"\n{lines}\n{OUTDENT}{more}"


@dataclass(frozen=True)
class SavedReport:
    """One report, saved or prebuilt.

    `columns` are the columns of its mart by measure, if they do not have the catalogue's names. A
    measure that is listed only there is in the mart but on no page. Without a page the report is
    only a mart. If it `has_own_dates`, each measure counts on its own date.
    """

    name: str
    file: str
    id: str
    title: str
    question: str
    definition: str
    page: str
    chart: str
    grain: str
    source: Source
    date: Field
    has_own_dates: bool
    joins: tuple[Join, ...]
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    filters: tuple[Filtered, ...]
    axis: Dimension | None
    series: Dimension | None
    # The dimension with a row of the chart for each member: of a heatmap, or of ranked dots.
    rows: Dimension | None = None
    # Which members of the chart come first, and how many are shown one by one.
    sort: str = ""
    limit: int | None = None
    # Column and value of the series' source, whose members a chart of shares leaves out.
    left_out: tuple[str, str] | None = None
    # Names of the counts that the chart stacks.
    stack: tuple[str, ...] = ()
    # The dimension of scores, and that of their surveys.
    histogram: tuple[Dimension, Dimension] | None = None
    # Ids of reports whose headlines are in the chart too, and labels of the difference from them.
    alongside: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    # Names and labels of the tables on its page; None: all dimensions and filters.
    breakdowns: Mapping[str, str] | None = None
    requires: tuple[str, ...] | None = None
    recency_note: str = ""

    @property
    def model(self) -> str:
        return f"rpt_{self.name}"

    @property
    def is_as_of(self) -> bool:
        """Whether its rows have no date of their own and are counted as of the build."""
        return self.date.name == self.source.clock_date

    @property
    def is_point_in_time(self) -> bool:
        """Whether figures are levels; with a date of its own a present row counts as an event."""
        return self.source.is_point_in_time and (self.is_as_of or not self.source.clock_date)

    @property
    def is_count_over_time(self) -> bool:
        """Whether its chart has one count over time, which others can stand next to."""
        main = self.measures[0]
        is_one_line = not (self.axis or self.series or self.rows)
        return is_one_line and main.format == "count" and not main.denominator

    @property
    def counts_rows(self) -> bool:
        """Whether its mart has a column with the number of rows: not if it names its columns."""
        return not self.columns

    def column(self, measure: Measure) -> str:
        """The column of a sum."""
        return self.columns.get(measure.name, measure.column)

    def date_of(self, measure: Measure) -> Field:
        return self.source.fields[measure.date] if self.has_own_dates else self.date

    def dates(self) -> tuple[Field, ...]:
        """The dates that it counts on, each once."""
        return tuple(dict.fromkeys(self.date_of(one) for one in self.sums()))

    @property
    def own_filters(self) -> tuple[Filtered, ...]:
        """The filters on fields of the primary source alone."""
        return tuple(item for item in self.filters if item not in self.joined_filters)

    @property
    def joined_filters(self) -> tuple[Filtered, ...]:
        return tuple(
            item for item in self.filters if any(one.place.join for one in conditions_of(item))
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of all filters."""
        return tuple(one for item in self.filters for one in conditions_of(item))

    def filtered_fields(self, source: Source) -> tuple[Field, ...]:
        """The fields of a source that filters on joined sources need after the join."""
        found = [one.place for item in self.joined_filters for one in conditions_of(item)]
        return tuple(dict.fromkeys(one.field for one in found if one.source is source))

    @property
    def joined(self) -> tuple[Join, ...]:
        """The joins that a dimension or filter uses; others would only cost time."""
        places = [one.place for one in self.dimensions] + [one.place for one in self.conditions]
        used = {place.join for place in places}
        needed = {join.source.name for join in used if join}
        # A source may be reached through another.
        for join in reversed(self.joins):
            if join.source.name in needed and join.start is not self.source:
                needed.add(join.start.name)
        return tuple(join for join in self.joins if join.source.name in needed)

    def sums(self) -> Iterator[Measure]:
        """Every measure of which the report has a sum, each once; the named columns first."""
        parts = ((one.sum, one.minus, one.denominator) for one in self.measures)
        names = [*self.columns, *(name for names in parts for name in names if name)]
        for name in dict.fromkeys(names):
            yield self.source.measures[name]

    def uncovered(self) -> Iterator[Measure]:
        """The sums that decide whether a row counts. The n of an average covers its other parts."""
        covered = {
            name
            for one in self.source.measures.values()
            if one.denominator and one.sum != one.denominator
            for name in (one.sum, one.minus)
            if name and self.source.measures[one.denominator] in self.sums()
        }
        for measure in self.sums():
            if measure.name not in covered:
                yield measure

    def lists(self) -> Iterator[Measure]:
        """The sums for which the report also has the list of single values."""
        names = [one.sum for one in self.measures if one.has_values]
        for name in dict.fromkeys(names):
            yield self.source.measures[name]
