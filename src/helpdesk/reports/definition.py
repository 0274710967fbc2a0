"""The parts of a report that a model declares and that pages are built from."""

from dataclasses import dataclass

CHARTS = ("bar", "line", "share", "heatmap", "dots", "area", "stacked", "figure", "table", "pivot")
# The parts that a chart needs, of axis, series and rows.
NEEDED_PARTS: dict[str, tuple[str, ...]] = {
    "share": ("series",),
    "stacked": ("series",),
    "heatmap": ("axis", "rows"),
    "pivot": ("axis", "rows"),
    "dots": ("rows",),
    "figure": (),
}
# The charts that stack the members of a series.
STACKED = ("area", "stacked")
# Which members come first: those with most rows or values, those with the highest or the lowest
# headline; or all in their own order.
SORTS = ("count", "highest", "lowest", "order")
MOST_MEMBERS = 50


@dataclass(frozen=True)
class Relation:
    """A published table."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        return f'"{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class Dimension:
    """The table with the names of a key column's members."""

    relation: Relation
    key: str
    name: str
    order: str | None = None


# How the columns with seconds of working time end.
WORKING_TIME = ("business_seconds", "available_seconds")


def shown_as(format: str, sum: str) -> str:
    """The format of a sum on pages: hours for working time, as a working day is no calendar day."""
    return "hours" if format == "duration" and sum.endswith(WORKING_TIME) else format


@dataclass(frozen=True)
class Measure:
    """A sum over the period, minus another if one is given, over a denominator if one is given.

    A share in `points` is shown times 100, without a percent sign. `values` is a column with every
    single value behind an average, for medians and percentiles. With a `quantile` the figure is
    that one of the single values, such as 0.5 for the median, in place of the average. `good` is
    the direction of a change for the better, if there is one: up or down.
    """

    name: str
    label: str
    sum: str
    denominator: str | None
    minus: str | None
    format: str
    values: str | None
    quantile: float | None = None
    good: str | None = None

    @property
    def shown_as(self) -> str:
        """The format on pages."""
        return shown_as(self.format, self.sum)


@dataclass(frozen=True)
class Breakdown:
    """A column by which a report is broken down; without a dimension its values are shown.

    `names` are the names of its values from 1 on, such as weekdays. A chart shows the `top` members
    of a series one by one and the others together. If it `is_several`, the column is a list of
    values, and a row counts under each of them.
    """

    name: str
    label: str
    column: str
    dimension: Dimension | None
    names: tuple[str, ...] = ()
    top: int | None = None
    is_several: bool = False


@dataclass(frozen=True)
class Filter:
    """A column of reports by which a reader filters.

    The dimension of a key column has the names of its members. A declared field has no dimension:
    its values are shown.
    """

    id: str
    name: str
    label: str
    column: str
    dimension: Dimension | None
    is_number: bool = False

    @property
    def field(self) -> str:
        """The catalogue's name of the field."""
        if self.dimension is None:
            return self.column
        return {"agent": "owner"}.get(self.name, self.name)


@dataclass(frozen=True)
class Histogram:
    """The number of answers by score: the breakdown of the scores, and that of their surveys.

    The table of the surveys has the ends of each scale.
    """

    values: Breakdown
    scale: Breakdown


@dataclass(frozen=True)
class Alongside:
    """Another report whose headline is in the chart too.

    With a `difference`, the headline minus that of the other report has bars under this label.
    """

    report: "Report"
    difference: str


@dataclass(frozen=True)
class Report:
    """One report, as its model declares it.

    The chart shows `series` over time, or the members of `axis` side by side in place of time; each
    of `breakdowns` is a table. `rows` is the breakdown with a row of the chart for each member: of
    a heatmap over `axis`, or of ranked dots. `left_out` is the column of the series' dimension, and
    its value, whose members are not in a chart of shares. `stack` names the counts that the chart
    stacks, next to the first measure. `filters` names the filters whose column the model has. If it
    `is_point_in_time`, its figures are levels: a period has that of its last date, not a sum.
    `requires` are the tables of the file contract that the figures need. `sql` is the model's SQL.
    `sort` says which members of the chart come first, and those after `limit` are one together.
    """

    id: str
    title: str
    question: str
    definition: str
    page: str
    chart: str
    measures: tuple[Measure, ...]
    series: Breakdown | None
    axis: Breakdown | None
    rows: Breakdown | None
    left_out: tuple[str, str] | None
    stack: tuple[str, ...]
    histogram: Histogram | None
    alongside: tuple[Alongside, ...]
    breakdowns: tuple[Breakdown, ...]
    filters: tuple[str, ...]
    is_point_in_time: bool
    requires: tuple[str, ...]
    relation: Relation
    sql: str
    sort: str = ""
    limit: int | None = None

    @property
    def is_one_line(self) -> bool:
        """Whether its chart has one headline over time."""
        return not (self.series or self.axis or self.rows)

    @property
    def is_count_over_time(self) -> bool:
        """Whether that headline is a count, which others can stand next to."""
        main = self.measures[0]
        return self.is_one_line and main.format == "count" and not main.denominator

    @property
    def slug(self) -> str:
        return self.id.lower()

    @property
    def measure_columns(self) -> tuple[str, ...]:
        """The columns that the measures sum, each once."""
        names = [
            name
            for measure in self.measures
            for name in (measure.sum, measure.minus, measure.denominator)
            if name
        ]
        return tuple(dict.fromkeys(names))

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns of single values, each once."""
        names = [measure.values for measure in self.measures if measure.values]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Definitions:
    """Everything that the dashboards are built from."""

    reports: tuple[Report, ...]
    filters: tuple[Filter, ...]
    clock: Relation
    loads: Relation

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(report.page for report in self.reports))

    def reports_of(self, page: str) -> tuple[Report, ...]:
        return tuple(report for report in self.reports if report.page == page)
