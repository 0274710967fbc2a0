"""What a report is: the parts that a model declares, and that pages are made of."""

from dataclasses import dataclass


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
    """Where the members of a key column are named."""

    relation: Relation
    key: str
    name: str
    order: str | None = None


@dataclass(frozen=True)
class Measure:
    """A sum over the period, less another one where `less` is given, over a third where `per` is.

    A share in `points` is one times 100, without a percent sign. `values` is a column that holds
    every single value behind an average: what medians and percentiles are taken from.
    """

    name: str
    label: str
    sum: str
    per: str | None
    less: str | None
    format: str
    values: str | None


@dataclass(frozen=True)
class Breakdown:
    """A column by which a report is broken down; without a dimension it is itself what is shown.

    `names` are what to call its values from 1 on, such as weekdays. Of a series, the `top` members
    are drawn one by one and the others as one.
    """

    name: str
    label: str
    column: str
    dimension: Dimension | None
    names: tuple[str, ...] = ()
    top: int | None = None


@dataclass(frozen=True)
class Filter:
    """A key column that reports have, and that a reader chooses a member of."""

    id: str
    name: str
    label: str
    column: str
    dimension: Dimension


@dataclass(frozen=True)
class Report:
    """One report, as its model declares it.

    `series` are drawn in the chart over time, members of `axis` side by side in place of time; each
    of `breakdowns` is a table. `filters` are the names of
    those that the model has a column of. Where it `is_stock`, the rows of a date are a level: not
    summed over a period, but taken at its last date. `needs` are the tables of the file contract
    without which nobody knows these figures. `sql` is the model's own.
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
    breakdowns: tuple[Breakdown, ...]
    filters: tuple[str, ...]
    is_stock: bool
    needs: tuple[str, ...]
    relation: Relation
    sql: str

    @property
    def slug(self) -> str:
        return self.id.lower()

    @property
    def measure_columns(self) -> tuple[str, ...]:
        """The columns that the measures add up, each once."""
        names = [
            name
            for measure in self.measures
            for name in (measure.sum, measure.less, measure.per)
            if name
        ]
        return tuple(dict.fromkeys(names))

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns that hold single values, each once."""
        names = [measure.values for measure in self.measures if measure.values]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Definitions:
    """All that the dashboards are made from."""

    reports: tuple[Report, ...]
    filters: tuple[Filter, ...]
    clock: Relation
    books: Relation

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(report.page for report in self.reports))

    def reports_of(self, page: str) -> tuple[Report, ...]:
        return tuple(report for report in self.reports if report.page == page)
