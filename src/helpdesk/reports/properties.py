"""The dbt properties of the reports' models: columns, keys, relations, and their pages.

A report has no data tests: it is a grouped view over a fact, with the totals and keys of the fact.
Its relations are in `meta.relations`.
"""

import textwrap
from collections.abc import Iterable
from typing import Any

import yaml

from helpdesk.reports.catalogue import FILTER_COLUMNS, Catalogue, Measure
from helpdesk.reports.report import FILTER_NAMES, Dimension, SavedReport
from helpdesk.reports.sql import ROW_COUNT, Writer

WIDTH = 120
# Members that a chart shows one by one; the others are combined.
SERIES_TOP = 8
# The column with the order of a dimension's members.
ORDER = "display_order"
ADDITIVE = "Add up counts and seconds over rows before you divide them."
SEVERAL = (
    "{label} of the ticket now: a list in order, null without a value. Unnested, a ticket counts "
    "under each of its values; else once."
)
ONE_DATE = "Take one date: counts do not add up over dates."
FILTER_TEXTS = {
    "agent_key": "Owner at as_of, or the agent of the row (F1).",
    "team_key": "Team at as_of (F2).",
    "channel_account_key": "Channel account at as_of (F3).",
    "pipeline_key": "Pipeline at as_of (F4).",
    "company_key": "Customer company (F5).",
}


def properties_yaml(reports: Iterable[SavedReport], catalogue: Catalogue) -> str:
    """The text of the properties file of a folder of reports."""
    models = [Properties(report, catalogue).model() for report in reports]
    # Lists and mappings of plain values are written in one line.
    return yaml.safe_dump(
        {"version": 2, "models": models},
        default_flow_style=None,
        sort_keys=False,
        width=WIDTH,
        allow_unicode=True,
    )


class Properties:
    """The properties of one report's model."""

    def __init__(self, report: SavedReport, catalogue: Catalogue) -> None:
        self.report = report
        self.catalogue = catalogue
        self.writer = Writer(report, catalogue)
        self.filters = self.writer.filter_columns()
        self.dimensions = self.writer.own_dimensions()

    def model(self) -> dict[str, Any]:
        report = self.report
        by = "".join(f", {one.label.lower()}" for one in self.dimensions)
        dates = " or ".join(date.label.lower() for date in self.writer.dates)
        keys = ["report_date", *(one.column for one in self.dimensions), *self.filters]
        meta = {
            "key": keys,
            "nullable": [one.column for one in self.dimensions if not one.field.is_key],
            "relations": self._relations(),
        }
        if report.page:
            meta = {"report": self._report(), **meta}
        return {
            "name": report.model,
            "description": (
                f"One row per date ({dates}){by} and filter dimensions ({_span(self.filters)}) of "
                f"{report.source.label.lower()}, for the report {report.title} ({report.id}). "
                f"{ONE_DATE if report.is_point_in_time else ADDITIVE}"
            ),
            "config": {"meta": meta},
            "columns": self._columns(),
        }

    def _report(self) -> dict[str, Any]:
        report, breakdowns = self.report, self._breakdowns()
        optional = {
            "recency_note": report.recency_note,
            "point_in_time": report.is_point_in_time,
            "requires": self._requires(),
            "axis": report.axis and self._breakdown(report.axis),
            "series": report.series and self._series(report.series),
            "rows": report.rows and report.rows.name,
            "sort": report.sort,
            "limit": report.limit,
            "left_out": report.left_out
            and dict(zip(("column", "value"), report.left_out, strict=True)),
            "stack": list(report.stack),
            "histogram": report.histogram
            and {
                key: one.name
                for key, one in zip(("values", "scale"), report.histogram, strict=True)
            },
            "alongside": [
                {"report": one, **({"difference": difference} if difference else {})}
                for one, difference in report.alongside
            ],
        }
        return {
            "id": report.id,
            "title": report.title,
            "question": report.question,
            "definition": report.definition,
            "page": report.page,
            "chart": report.chart,
            **{key: value for key, value in optional.items() if value},
            "measures": [self._measure(one) for one in report.measures],
            **({"breakdowns": breakdowns} if breakdowns else {}),
        }

    def _requires(self) -> list[str]:
        report = self.report
        if report.requires is not None:
            return list(report.requires)
        tables = (report.source.requires, *(one.requires for one in report.measures))
        return list(dict.fromkeys(table for some in tables for table in some))

    def _breakdowns(self) -> list[dict[str, Any]]:
        """The tables on the page: dimensions that the chart does not show, then filters."""
        report = self.report
        shown = [one for one in report.dimensions if one not in (report.axis, report.series)]
        found = [self._breakdown(one) for one in shown]
        taken = {one.column for one in report.dimensions}
        fields = self.writer.filter_fields()
        found += [
            {"name": FILTER_NAMES[column], "label": fields[column].label, "column": column}
            for column in self.filters
            if column not in taken
        ]
        if report.breakdowns is None:
            return found
        by_name = {one["name"]: one for one in found}
        return [
            {**by_name[name], "label": label or by_name[name]["label"]}
            for name, label in report.breakdowns.items()
        ]

    def _breakdown(self, dimension: Dimension) -> dict[str, Any]:
        field = dimension.field
        declared: dict[str, Any] = {
            "name": dimension.name,
            "label": dimension.label,
            "column": dimension.column,
        }
        if field.bridge:
            declared["several"] = True
        if field.names:
            declared["names"] = list(field.names)
        # The filters are in the order of their names on every page.
        is_own = field.is_key and dimension.column not in self.filters
        if is_own and ORDER in self.catalogue.source_of_key(field.name).columns:
            declared["order"] = ORDER
        return declared

    def _series(self, dimension: Dimension) -> dict[str, Any]:
        """A series. Members with an order of their own are few, so each is shown."""
        declared = self._breakdown(dimension)
        top = self.report.limit or (None if "order" in declared else SERIES_TOP)
        return {**declared, "top": top} if top else declared

    def _measure(self, measure: Measure) -> dict[str, Any]:
        names, measures = self.report, self.report.source.measures
        column = names.column(measures[measure.sum])
        declared: dict[str, Any] = {"name": measure.called, "label": measure.label, "sum": column}
        if measure.minus:
            declared["minus"] = names.column(measures[measure.minus])
        if measure.denominator:
            declared["denominator"] = names.column(measures[measure.denominator])
        declared["format"] = measure.format
        if measure.good:
            declared["good"] = measure.good
        if measure.has_values:
            declared["values"] = f"{column}_values"
        if measure.quantile:
            declared["quantile"] = measure.quantile
        return declared

    def _relations(self) -> dict[str, dict[str, str]]:
        """Model and column of each key's relation."""
        columns = {one.column: one.field.name for one in self.dimensions if one.field.is_key}
        columns |= {column: self.writer.filter_fields()[column].name for column in self.filters}
        targets = {column: self.catalogue.source_of_key(key) for column, key in columns.items()}
        return {
            column: {"model": target.model, "column": target.key}
            for column, target in targets.items()
        }

    def _columns(self) -> list[dict[str, str]]:
        report = self.report
        dates = " ".join(date.description for date in self.writer.dates)
        columns = [_column("report_date", "date", dates)]
        for one in self.dimensions:
            description = SEVERAL.format(label=one.label) if one.field.bridge else ""
            columns.append(
                _column(
                    one.column,
                    self.writer.dimension_type(one),
                    description or one.field.description,
                )
            )
        columns += [
            _column(column, "varchar", self._filter_text(column)) for column in self.filters
        ]
        if report.counts_rows:
            columns.append(_column(ROW_COUNT, "bigint", "Number of counted rows of the source."))
        for measure in report.sums():
            kind = "double" if measure.is_fractional else "bigint"
            columns.append(_column(report.column(measure), kind, measure.description))
        columns += [
            _column(f"{report.column(one)}_values", "bigint[]",
                    "Single values in ascending order. Merge the lists of rows for an exact median "
                    "or percentile.")
            for one in report.lists()
        ]  # fmt: skip
        return columns

    def _filter_text(self, column: str) -> str:
        if self.writer.tickets:
            return FILTER_TEXTS[column]
        return self.writer.filter_fields()[column].description


def _span(filters: tuple[str, ...]) -> str:
    numbers = [f"F{FILTER_COLUMNS.index(column) + 1}" for column in filters]
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) == 5 else ", ".join(numbers)


def _column(name: str, kind: str, description: str) -> dict[str, str]:
    return {"name": name, "data_type": kind, "description": textwrap.shorten(description, 400)}
