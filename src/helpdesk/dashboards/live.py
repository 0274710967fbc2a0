"""The figures of a report from the facts, for a declaration that no build has a model for yet.

The rows that it counts become a temporary table with the columns of its model. The code of a build
numbers their members, and its queries run on them: a page shows the same before and after a build.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb

from helpdesk.dashboards.definitions import Breakdown, Definitions, Filter, Report
from helpdesk.dashboards.extracts import (
    configured_tables,
    empty_tables,
    filter_members,
    kinds_of,
    left_out_of,
    lists_of,
    names_of,
    number_rows,
    scale_of,
    values_of,
)
from helpdesk.dashboards.inputs import GRAINS, Choices, chosen_period, keys_in
from helpdesk.dashboards.members import (
    breakdowns_of,
    columns_of,
    filter_table,
    number_members,
    same_filter,
)
from helpdesk.dashboards.pages import bind, describe, own_queries, shared_queries
from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.declaration import Declaration, Project
from helpdesk.reports.definition import Relation
from helpdesk.reports.literals import literals
from helpdesk.reports.live import Calendar, LiveRows
from helpdesk.reports.properties import Properties
from helpdesk.reports.query import ReportQuery, Window
from helpdesk.reports.report import SavedReport
from helpdesk.reports.sql import Writer
from helpdesk.reports.tickets import has_tickets
from helpdesk.transform.nodes import Column, Model

# The page of a report that has none: the text is on no page.
NO_PAGE = "none"
TEMPORARY = "temp"
# A temporary table's name: a model's would be found before it.
ROWS = "live_rows"


def definition_of(report: SavedReport, catalogue: Catalogue, project: Project) -> Report:
    """The definition that the report's model would have."""
    shown = replace(report, page=report.page or NO_PAGE)
    declared = Properties(shown, catalogue).model()
    columns = {
        one["name"]: Column(one["name"], one["data_type"], one["description"], False, {})
        for one in declared["columns"]
    }
    model = Model(
        f"live.{report.model}", report.model, "", TEMPORARY, ROWS, "", "", report.file,
        declared["description"], columns, "view", None, True, True, (), (),
        declared["config"]["meta"], (), "",
    )  # fmt: skip
    ids = {one.name: key for key, one in project.models.items()}
    links = {
        (model.unique_id, one.column): (ids[one.model], one.to_column) for one in model.foreign_keys
    }
    whole = Project({**project.models, model.unique_id: model}, {**project.links, **links})
    return Declaration(model, whole).report()


class LiveReport:
    """A report of the published build, for the choices of a reader.

    `is_whole`: with the tables of its own page; without, only its headline and chart.
    """

    def __init__(
        self,
        report: SavedReport,
        catalogue: Catalogue,
        project: Project,
        definitions: Definitions,
        is_whole: bool,
        with_people: bool,
    ) -> None:
        self.saved = report
        self.catalogue = catalogue
        self.with_people = with_people
        found = definition_of(report, catalogue, project)
        if Writer(report, catalogue).has_own_filters:
            own = [one.name for one in definitions.filters if one.dimension is None]
            found = replace(found, filters=(*found.filters, *own))
        self.filters = found.filters
        if not is_whole:
            # Single values are by far the most data, and a chart needs those of its headline alone.
            found = replace(
                found,
                filters=(),
                breakdowns=tuple(_of_chart(found)),
                measures=tuple(
                    one
                    if one.quantile or not (number or found.series)
                    else replace(one, values=None)
                    for number, one in enumerate(found.measures)
                ),
            )
            columns = {one.column for one in breakdowns_of(found)}
            dimensions = tuple(one for one in report.dimensions if one.column in columns)
            self.saved = replace(report, dimensions=dimensions)
        self.report = replace(found, relation=Relation(TEMPORARY, ROWS))
        self.is_whole = is_whole
        filters = tuple(
            one for one in definitions.filters
            if any(columns_of(definitions, self.report, one))
        )  # fmt: skip
        self.definitions = replace(definitions, reports=(self.report,), filters=filters)
        self.known = {one.name: one for one in definitions.filters}

    def answer(
        self,
        connection: duckdb.DuckDBPyConnection,
        calendar: Calendar,
        desk: Mapping[str, Any],
        choices: Choices,
    ) -> dict[str, Any]:
        """Definition, members and the rows of each query. `desk`: the content of `desk.json`.

        `connection` keeps temporary tables, which are of this answer.
        """
        choices = {**desk["defaults"], **choices}
        span = chosen_period(desk["clock"], choices)
        connection.execute(f"create temp table {ROWS} as {self._rows(calendar, span, choices)}")
        number_members(connection, self.definitions, with_dates=False)
        number_rows(connection, self.definitions, self.report)
        queries = shared_queries(self.report)
        if self.is_whole:
            queries |= own_queries(self.report)
        inputs = {
            "period": {**span, "today": desk["clock"]["today"]},
            "grain": choices["grain"] if choices["grain"] in GRAINS else desk["defaults"]["grain"],
            self.report.slug: {**self._tables(), "where": "true"},
        }
        results = {kind: _rows(connection, bind(sql, inputs)) for kind, sql in queries.items()}
        return {
            "definition": describe(self.report)
            | {"has_tickets": has_tickets(self.saved.source), "has_file": True},
            "known": self._known(connection),
            "results": results,
        }

    def _rows(self, calendar: Calendar, span: Mapping[str, Any], choices: Choices) -> str:
        first = span["before_start"] if span["is_compared"] else span["start"]
        window = Window(date.fromisoformat(first), date.fromisoformat(span["end"]))
        chosen = {
            name: self.known[name].column
            for name in self.filters
            if any(keys_in(choices, word) for word in (name, f"{name}.not"))
        }
        needed = [self.known[name].column for name in self.report.filters]
        query = ReportQuery(self.saved, (), window, "", 1, 0, "")
        rows = LiveRows(
            query, self.catalogue, calendar, self.with_people,
            dict.fromkeys([*needed, *chosen.values()]), self.report.value_columns,
        )  # fmt: skip
        return rows.sql(_conditions([self.known[name] for name in chosen], choices))

    def _tables(self) -> dict[str, str]:
        """The table of each kind: the rows, or with a row for each item of a list."""
        lists = lists_of(self.report)
        return {
            kind.name: "(select *, unnest({}) as {} from facts)".format(*lists[kind.name])
            if kind.name in lists
            else "facts"
            for kind in kinds_of(self.report)
        }

    def _known(self, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        """What `desk.json` knows of a report; also the keys of members that are a filter's."""
        report, definitions = self.report, self.definitions
        breakdowns = breakdowns_of(report)
        filters: dict[str, Filter] = {
            one.name: item for one in breakdowns if (item := same_filter(definitions, one))
        }
        members = {
            one.name: filter_members(connection, filter_table(filters[one.name]))
            for one in breakdowns
            if one.name in filters
        }
        ((rows,),) = connection.execute("select count(*) from facts").fetchall()
        configured = configured_tables(connection, definitions)
        empty = empty_tables(connection, definitions)
        return {
            "filters": list(self.filters),
            "rows": rows,
            "missing": [table for table in report.requires if table not in configured],
            "empty": [
                {"table": table, "because": empty[table]}
                for table in report.requires
                if table in empty
            ],
            "left_out": left_out_of(connection, definitions, report),
            "scale": scale_of(connection, report),
            "members": {
                one.name: members[one.name]["names"]
                if one.name in members
                else names_of(connection, definitions, report, one.name)
                for one in breakdowns
            },
            "values": values_of(connection, definitions, report),
            "keys": {name: found["keys"] for name, found in members.items()},
            "filter_of": {name: item.name for name, item in filters.items()},
            "sql": "",
            # It has no files.
            "tables": {},
            "slices": {},
            "detail": [],
        }


def _of_chart(report: Report) -> Iterator[Breakdown]:
    """The breakdowns that the chart needs, without its series and axis."""
    wanted = [report.rows]
    if report.histogram:
        wanted += [report.histogram.values, report.histogram.scale]
    for one in report.breakdowns:
        if one in wanted:
            yield one


def _conditions(chosen: Iterable[Filter], choices: Choices) -> Iterator[str]:
    """The reader's choices as conditions on columns of keys, or of a declared field's values."""
    for item in chosen:
        # The key of a missing value is the empty text.
        column = item.column if item.dimension else f"coalesce({item.column}::varchar, '')"
        for word, choice in (("in", item.name), ("not in", f"{item.name}.not")):
            if keys := keys_in(choices, choice):
                yield f"{column} {word} ({literals(keys)})"


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names: Sequence[str] = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
