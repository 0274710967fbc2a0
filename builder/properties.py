"""The properties file of a saved report's model: contract, tests, and what its page is made of."""

import textwrap
from typing import Any

import yaml

from builder.catalogue import FILTER_COLUMNS, Catalogue, Measure
from builder.report import FILTER_LABELS, FILTER_NAMES, Dimension, SavedReport
from builder.sql import ROW_COUNT, Writer, fact_measure

HEADER = "# Written by `helpdesk report write` from {file}.\n"
# Members drawn one by one in a chart; the others are drawn together.
SERIES_TOP = 8
# The column that says in which order the members of a dimension stand.
ORDER = "display_order"
FILTER_TEXTS = {
    "agent_key": "Owner at as_of, or the agent of the row (F1).",
    "team_key": "Team at as_of (F2).",
    "channel_account_key": "Channel account at as_of (F3).",
    "pipeline_key": "Pipeline at as_of (F4).",
    "company_key": "Customer company (F5).",
}


def properties_yaml(report: SavedReport, catalogue: Catalogue) -> str:
    """The text of the properties file."""
    return HEADER.format(file=report.file) + yaml.safe_dump(
        {"version": 2, "models": [Properties(report, catalogue).model()]},
        sort_keys=False, width=100, allow_unicode=True,
    )  # fmt: skip


class Properties:
    """What dbt is told of one report's model."""

    def __init__(self, report: SavedReport, catalogue: Catalogue) -> None:
        self.report = report
        self.catalogue = catalogue
        self.writer = Writer(report, catalogue)
        self.filters = self.writer.filter_columns()
        self.dimensions = [one for one in report.dimensions if one.column not in self.filters]

    def model(self) -> dict[str, Any]:
        report = self.report
        by = "".join(f", {one.label.lower()}" for one in self.dimensions)
        return {
            "name": report.model,
            "description": (
                f"Saved report {report.id}. One row per date ({report.date.label.lower()}){by} and "
                f"filter dimensions ({_span(self.filters)}) of {report.source.label.lower()}."
            ),
            "config": {"meta": {"report": self._report()}},
            "data_tests": self._tests(),
            "columns": self._columns(),
        }

    def _report(self) -> dict[str, Any]:
        report = self.report
        axis, series = report.axis, report.series
        drawn = [one for one in (axis, series) if one]
        told = (report.source.needs, *(one.needs for one in report.measures))
        needs = list(dict.fromkeys(table for tables in told for table in tables))
        tables = [one for one in report.dimensions if one not in drawn]
        breakdowns = [self._breakdown(one) for one in tables]
        taken = {one.column for one in report.dimensions}
        breakdowns += [
            {"name": FILTER_NAMES[column], "label": self._filter_label(column), "column": column}
            for column in self.filters
            if column not in taken
        ]
        return {
            "id": report.id,
            "title": report.title,
            "question": report.question,
            "definition": report.definition,
            "page": report.page,
            "chart": report.chart,
            **({"stock": True} if report.is_stock else {}),
            **({"needs": needs} if needs else {}),
            **({"axis": self._breakdown(axis)} if axis else {}),
            **({"series": {**self._breakdown(series), "top": SERIES_TOP}} if series else {}),
            "measures": [self._measure(one) for one in report.measures],
            "breakdowns": breakdowns,
        }

    def _filter_label(self, column: str) -> str:
        return self.writer.filter_fields().get(column, FILTER_LABELS[column])

    def _breakdown(self, dimension: Dimension) -> dict[str, Any]:
        field = dimension.field
        told: dict[str, Any] = {
            "name": dimension.name,
            "label": dimension.label,
            "column": dimension.column,
        }
        if field.names:
            told["names"] = list(field.names)
        # The filters are in the order of their names on every page.
        is_own = field.is_key and dimension.column not in self.filters
        if is_own and ORDER in self.catalogue.source_of_key(field.name).columns:
            told["order"] = ORDER
        return told

    def _measure(self, measure: Measure) -> dict[str, Any]:
        columns = {name: one.column for name, one in self.report.source.measures.items()}
        told = {"name": measure.name, "label": measure.label, "sum": columns[measure.sum]}
        if measure.less:
            told["less"] = columns[measure.less]
        if measure.per:
            told["per"] = columns[measure.per]
        told["format"] = measure.format
        if measure.has_values:
            told["values"] = f"{columns[measure.sum]}_values"
        return told

    def _tests(self) -> list[dict[str, Any]]:
        report = self.report
        keys = ["report_date", *(one.column for one in self.dimensions), *self.filters]
        tests: list[dict[str, Any]] = [{"unique_together": {"arguments": {"columns": keys}}}]
        # The fact alone cannot tell which rows a joined source's filter leaves.
        if not report.joined_filters:
            tests.append(self._sums_equal())
        conditions = {
            f"{one.column}_values_holds_every_value": (
                f"{{{{ values_sum('{one.column}_values') }}}} = {one.column}"
            )
            for one in report.lists()
        }
        if conditions:
            tests.append(
                {"rows_satisfy": {"name": f"{report.model}_rows_satisfy",
                                  "arguments": {"conditions": conditions}}})  # fmt: skip
        filled = ["report_date", *(one.column for one in self.dimensions if one.field.is_key),
                  *self.filters, ROW_COUNT, *(one.column for one in report.sums()),
                  *(f"{one.column}_values" for one in report.lists())]  # fmt: skip
        tests.append({"filled": {"arguments": {"columns": filled}}})
        if relations := self._relations():
            tests.append(
                {"related": {"name": f"{report.model}_related",
                             "arguments": {"relations": relations}}})  # fmt: skip
        return tests

    def _sums_equal(self) -> dict[str, Any]:
        sums = [
            {"measure": one.column, "fact_measure": fact_measure(one)}
            for one in self.report.sums()
            # Fractions add up to a little more or less, by the order in which they come.
            if not one.is_fractional
        ]
        rows = ", ".join(_part(one) for one in self.report.sums())
        sums.append({"measure": ROW_COUNT, "fact_measure": f"count(coalesce({rows}))"})
        where = " and ".join(self.writer.conditions())
        fact = {"fact": f"ref('{self.report.source.model}')", "fact_where": where, "sums": sums}
        if not where:
            del fact["fact_where"]
        name = f"{self.report.model}_sums_equal"
        return {"sums_equal": {"name": name, "arguments": {"facts": [fact]}}}

    def _relations(self) -> list[dict[str, str]]:
        columns = {one.column: one.field.name for one in self.dimensions if one.field.is_key}
        home = self.writer.tickets or self.report.source
        for column in self.filters:
            (key,) = [one.name for one in home.fields.values()
                      if one.is_key and one.sql == column]  # fmt: skip
            columns[column] = key
        relations = []
        for column, key in columns.items():
            target = self.catalogue.source_of_key(key)
            to = f"ref('{target.model}')"
            relations.append({"column": column, "to": to, "field": target.key})
        return relations

    def _columns(self) -> list[dict[str, str]]:
        report = self.report
        columns = [_column("report_date", "date", report.date.description)]
        for one in self.dimensions:
            kind = self.writer.column_type(one.field.sql, one.place.source)
            columns.append(_column(one.column, kind, one.field.description))
        texts = FILTER_TEXTS
        columns += [_column(column, "varchar", texts[column]) for column in self.filters]
        columns.append(_column(ROW_COUNT, "bigint", "Rows of the source that were counted."))
        for measure in report.sums():
            kind = "double" if measure.is_fractional else "bigint"
            columns.append(_column(measure.column, kind, measure.description))
        columns += [
            _column(f"{one.column}_values", "bigint[]",
                    "Its single values, ascending; merge the lists of any rows for an exact median "
                    "or percentile.")
            for one in report.lists()
        ]  # fmt: skip
        return columns


def _part(measure: Measure) -> str:
    """One where a row has a part of the measure, else null: the types of measures differ."""
    if measure.aggregation == "sum_boolean":
        return f"case when {measure.sql} then 1 end"
    return f"case when ({measure.sql}) is not null then 1 end"


def _span(filters: tuple[str, ...]) -> str:
    numbers = [f"F{FILTER_COLUMNS.index(column) + 1}" for column in filters]
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) == 5 else ", ".join(numbers)


def _column(name: str, kind: str, description: str) -> dict[str, str]:
    return {"name": name, "data_type": kind, "description": textwrap.shorten(description, 400)}
