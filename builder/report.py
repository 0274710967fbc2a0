"""A saved report whose every name is known: what its file says, resolved in the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

from builder.catalogue import FILTER_COLUMNS, Field, Measure, Source
from builder.literals import Value, literal, literals
from dashboards.declaration import FILTERS

KEY_SUFFIX = "_key"
LONGEST = 50
INDENT = " " * 12
# How SQL says each comparison that a filter can make.
COMPARISONS = {"at_least": ">=", "at_most": "<="}
FILTER_NAMES = {column: column.removesuffix(KEY_SUFFIX) for column in FILTER_COLUMNS}
FILTER_LABELS = {column: label for _, column, label in FILTERS}


@dataclass(frozen=True, eq=False)
class Join:
    """A secondary source and the key that leads to it, of the source `start`."""

    source: Source
    start: Source
    key: Field


@dataclass(frozen=True)
class Place:
    """A field where the report has it: of its primary source, or of a joined one."""

    field: Field
    source: Source
    join: Join | None


@dataclass(frozen=True)
class Dimension:
    """A field that the report is broken down by, and the column that holds it."""

    place: Place
    column: str

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
        name = self.field.name
        return f"{self.place.source.name}.{name}" if self.is_qualified else name

    @property
    def label(self) -> str:
        label = self.field.label
        return f"{label} ({self.place.source.label.lower()})" if self.is_qualified else label

    @property
    def name(self) -> str:
        """What pages call it; a report filter has one name on all of them."""
        return FILTER_NAMES.get(self.column, self.column.removesuffix(KEY_SUFFIX))


@dataclass(frozen=True)
class Condition:
    """A filter: a field, a comparison, and the values it is compared with."""

    place: Place
    comparison: str
    values: tuple[Value, ...]

    def sql(self, column: str) -> str:
        """The condition on a column. Where nothing is filled in, a row is not any of the values."""
        if self.comparison == "filled":
            return f"{column} is {'not ' if self.values[0] else ''}null"
        if self.comparison in COMPARISONS:
            return f"{column} {COMPARISONS[self.comparison]} {literal(self.values[0])}"
        if self.comparison == "is":
            if len(self.values) == 1:
                return f"{column} = {literal(self.values[0])}"
            return f"{column} in ({_listed(self.values)})"
        return f"({column} is null or {column} not in ({_listed(self.values)}))"


def _listed(values: tuple[Value, ...]) -> str:
    """Values in a line, or a line for each where they are many."""
    line = literals(values)
    if len(line) <= LONGEST:
        return line
    return "\n" + ",\n".join(f"{INDENT}{literal(value)}" for value in values) + "\n        "


@dataclass(frozen=True)
class SavedReport:
    """One saved report."""

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
    joins: tuple[Join, ...]
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    filters: tuple[Condition, ...]
    axis: Dimension | None
    series: Dimension | None

    @property
    def model(self) -> str:
        return f"rpt_{self.name}"

    @property
    def is_stock(self) -> bool:
        """Rows without a date of their own are counted as of the build."""
        return self.date.name == self.source.clock_date

    @property
    def own_filters(self) -> tuple[Condition, ...]:
        return tuple(item for item in self.filters if item.place.join is None)

    @property
    def joined_filters(self) -> tuple[Condition, ...]:
        return tuple(item for item in self.filters if item.place.join)

    @property
    def joined(self) -> tuple[Join, ...]:
        """The joins that something is taken from; without one they would only cost time."""
        places = [one.place for one in self.dimensions] + [one.place for one in self.filters]
        used = {place.join for place in places}
        needed = {join.source.name for join in used if join}
        # A source may be reached through another.
        for join in reversed(self.joins):
            if join.source.name in needed and join.start is not self.source:
                needed.add(join.start.name)
        return tuple(join for join in self.joins if join.source.name in needed)

    def sums(self) -> Iterator[Measure]:
        """Every measure that the report holds a sum of, each once."""
        seen = set()
        for measure in self.measures:
            for name in (measure.sum, measure.less, measure.per):
                if name and name not in seen:
                    seen.add(name)
                    yield self.source.measures[name]

    def lists(self) -> Iterator[Measure]:
        """The sums of which the report holds every single value too."""
        for measure in self.measures:
            if measure.has_values:
                yield self.source.measures[measure.sum]
