"""Reads one model's `config.meta.report`, with every name in it checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.contract.tables import contract_tables
from helpdesk.reports.checks import NUMBERS, Checker
from helpdesk.reports.definition import (
    CHARTS,
    MOST_MEMBERS,
    NEEDED_PARTS,
    SORTS,
    STACKED,
    Alongside,
    Breakdown,
    Dimension,
    Filter,
    Histogram,
    Measure,
    Relation,
    Report,
)
from helpdesk.reports.former_keys import present_keys
from helpdesk.transform.nodes import Manifest, Model

FORMATS = ("count", "duration", "percent", "decimal", "points")
# The direction of a change for the better.
DIRECTIONS = ("up", "down")
# Formats of a share: a sum over another.
SHARES = ("percent", "points")
DATE_COLUMN = "report_date"
NAME_COLUMN = "name"
KEY_SUFFIX = "_key"
# A model in the arguments of a test.
REF = re.compile(r"ref\('(\w+)'\)")
# Id, key column and label of the filters. A report has a filter if it has the column.
FILTERS = (
    ("F1", "agent_key", "Owner"),
    ("F2", "team_key", "Team"),
    ("F3", "channel_account_key", "Channel account"),
    ("F4", "pipeline_key", "Pipeline"),
    ("F5", "company_key", "Company"),
)
# The `meta` key of a column of a declared field that pages filter by.
OWN_FILTER, OWN_PREFIX = "own_filter", "field_"
REQUIRED = ("id", "title", "question", "definition", "page", "chart", "measures")
OPTIONAL = ("series", "axis", "rows", "sort", "limit", "left_out", "stack", "histogram",
            "alongside", "breakdowns", "point_in_time", "requires", "recency_note")  # fmt: skip
# The ends of a survey's scale, of the table of surveys.
SCALE_COLUMNS = ("scale_min", "scale_max")
# Tests of a table that declare its relations; a view declares them in `meta.relations`.
RELATION_TESTS = ("related", "relationships_columns")


@dataclass(frozen=True)
class Project:
    """The models by id, and from (model, column) the (model, column) it is related to."""

    models: Mapping[str, Model]
    links: Mapping[tuple[str, str], tuple[str, str]]


def read_project(manifest: Manifest) -> Project:
    """Models and relations of a manifest."""
    models = manifest.models
    ids = {model.name: key for key, model in models.items()}
    links = {
        (key, one.column): (ids[one.model], one.to_column)
        for key, model in models.items()
        for one in model.foreign_keys
    }
    for test in manifest.tests:
        if test.kind not in RELATION_TESTS or not test.attached_to:
            continue
        parents = {models[key].name: key for key in test.depends_on if key in models}
        for relation in test.arguments["relations"]:
            parent = parents[REF.findall(relation["to"])[0]]
            links[test.attached_to, relation["column"]] = parent, relation["field"]
    return Project(models, links)


def relation_of(model: Model) -> Relation:
    return Relation(model.schema, model.alias)


class Declaration:
    """The report that one model declares. Reading an invalid one raises DefinitionError."""

    def __init__(self, model: Model, project: Project) -> None:
        self.model = model
        self.project = project
        self.checker = Checker(model)

    def report(self) -> Report:
        checker = self.checker
        declared = self.model.meta["report"]
        if isinstance(declared, Mapping):
            declared = present_keys(declared, checker.where(""))
        checker.table("", declared, required=REQUIRED, optional=OPTIONAL)
        for key in ("title", "question", "definition"):
            checker.text(key, declared[key])
        if "recency_note" in declared:
            checker.text("recency_note", declared["recency_note"])
        checker.slug("id", declared["id"])
        checker.slug("page", declared["page"])
        checker.choice("chart", declared["chart"], CHARTS)
        checker.column("", DATE_COLUMN, kind="date")
        measures = self._measures(declared["measures"])
        series, axis, breakdowns = self._breakdowns(declared)
        rows = self._named("rows", declared.get("rows"), breakdowns)
        self._check_chart(declared["chart"], measures[0], series, axis, rows)
        return Report(
            id=declared["id"],
            title=declared["title"],
            question=declared["question"],
            definition=declared["definition"],
            page=declared["page"],
            chart=declared["chart"],
            measures=measures,
            series=series,
            axis=axis,
            rows=rows,
            left_out=self._left_out(declared.get("left_out"), declared["chart"], series),
            stack=self._stack(declared.get("stack"), measures, series or axis or rows),
            histogram=self._histogram(declared.get("histogram"), measures[0], breakdowns),
            alongside=(),
            breakdowns=breakdowns,
            filters=tuple(item.name for item in self.filters()),
            is_point_in_time=checker.flag("point_in_time", declared.get("point_in_time", False)),
            requires=self._requires(declared.get("requires")),
            relation=relation_of(self.model),
            sql=self.model.sql,
            sort=self._sort(declared, series or axis or rows),
            limit=self._limit(declared, series or axis or rows),
        )

    def with_alongside(self, report: Report, others: Mapping[str, Report]) -> Report:
        """The report of this model with those whose headlines are in its chart; `others`: all."""
        declared = self.model.meta["report"].get("alongside")
        if declared is None:
            return report
        found = []
        for path, item in self.checker.items("alongside", declared):
            self.checker.table(path, item, required=("report",), optional=("difference",))
            ids = [one.id for one in others.values()]
            self.checker.known(f"{path}.report", item["report"], ids, "report with a page")
            if "difference" in item:
                self.checker.text(f"{path}.difference", item["difference"])
            other = others[item["report"].lower()]
            if other is report or not (report.is_count_over_time and other.is_count_over_time):
                raise self.checker.error(path, "a count over time and another one are needed")
            found.append(Alongside(other, item.get("difference", "")))
        return replace(report, alongside=tuple(found))

    def filters(self) -> tuple[Filter, ...]:
        """The filters whose column the model has; those of declared fields come last."""
        return (*self._key_filters(), *self._own_filters())

    def _own_filters(self) -> Iterator[Filter]:
        for column, declared in self.model.columns.items():
            own = declared.meta.get(OWN_FILTER)
            if own:
                number = len(FILTERS) + own["position"]
                # The prefix keeps the name distinct from those of choices and breakdowns.
                name = f"{OWN_PREFIX}{column}"
                is_number = declared.data_type in NUMBERS
                yield Filter(f"F{number}", name, own["label"], column, None, is_number)

    def _key_filters(self) -> tuple[Filter, ...]:
        found = []
        for identifier, column, label in FILTERS:
            if column in self.model.columns:
                dimension = self._dimension("", "", {"column": column})
                name = column.removesuffix(KEY_SUFFIX)
                found.append(Filter(identifier, name, label, column, dimension))
        return tuple(found)

    def _measures(self, declared: Any) -> tuple[Measure, ...]:
        measures: dict[str, Measure] = {}
        for path, item in self.checker.items("measures", declared):
            measure = self._measure(path, item)
            if measure.name in measures:
                raise self.checker.error(
                    f"{path}.name", f"{measure.name!r} is the name of two measures"
                )
            measures[measure.name] = measure
        return tuple(measures.values())

    def _stack(
        self, declared: Any, measures: tuple[Measure, ...], other: Breakdown | None
    ) -> tuple[str, ...]:
        """The names of the counts that the chart stacks."""
        if declared is None:
            return ()
        if other:
            raise self.checker.error("stack", "a report has a stack, a series or an axis, not two")
        counts = [one.name for one in measures if one.format == "count"]
        names = [name for _, name in self.checker.items("stack", declared)]
        for name in names:
            if name not in counts:
                raise self.checker.error("stack", f"{name!r} is not a count among its measures")
        return tuple(names)

    def _named(self, path: str, name: Any, breakdowns: tuple[Breakdown, ...]) -> Breakdown | None:
        """The breakdown of a name; a list of values is not one of a chart."""
        if name is None:
            return None
        found = {one.name: one for one in breakdowns if not one.is_several}
        self.checker.known(path, name, found, "breakdown of single values")
        return found[name]

    def _check_chart(
        self,
        chart: str,
        main: Measure,
        series: Breakdown | None,
        axis: Breakdown | None,
        rows: Breakdown | None,
    ) -> None:
        """Raises DefinitionError where the chart lacks what it shows."""
        has = {"series": bool(series), "axis": bool(axis), "rows": bool(rows)}
        needs = NEEDED_PARTS.get(chart)
        if needs is not None and [key for key in has if has[key]] != list(needs):
            raise self.checker.error(
                "chart",
                f"{chart!r} needs {' and '.join(needs)}, and no other of {', '.join(has)}"
                if needs
                else f"{chart!r} has none of {', '.join(has)}",
            )
        if rows and not needs:
            raise self.checker.error("rows", "only a heatmap or dots have rows, or a pivot")
        if chart == "area" and axis:
            raise self.checker.error("axis", "an area is over time")
        if chart in STACKED and series and main.denominator:
            raise self.checker.error("chart", "an average cannot be stacked")
        if chart == "dots" and not main.values:
            raise self.checker.error("chart", "dots need single values of the first measure")
        if chart == "share" and (main.minus or main.quantile):
            raise self.checker.error("chart", "a difference or a percentile has no share")

    def _sort(self, declared: Mapping[str, Any], members: Breakdown | None) -> str:
        """Which members of the chart come first."""
        if declared.get("sort") is None:
            return ""
        if not members:
            raise self.checker.error("sort", "the chart has no members: series, axis or rows")
        self.checker.choice("sort", declared["sort"], SORTS)
        return str(declared["sort"])

    def _limit(self, declared: Mapping[str, Any], members: Breakdown | None) -> int | None:
        """The number of members that the chart shows one by one."""
        limit = declared.get("limit")
        if limit is None:
            return None
        is_number = isinstance(limit, int) and not isinstance(limit, bool)
        if not members or not is_number or not 1 <= limit <= MOST_MEMBERS:
            raise self.checker.error(
                "limit", f"a number from 1 to {MOST_MEMBERS} of members is expected, not {limit!r}"
            )
        return int(limit)

    def _left_out(
        self, declared: Any, chart: str, series: Breakdown | None
    ) -> tuple[str, str] | None:
        """Column and value of the series' dimension."""
        if declared is None:
            return None
        self.checker.table("left_out", declared, required=("column", "value"))
        if chart != "share" or not series or not series.dimension:
            raise self.checker.error("left_out", "only a share of a series of keys leaves out some")
        link = self.project.links[self.model.unique_id, series.column]
        self.checker.column("left_out.column", declared["column"], of=self.project.models[link[0]])
        self.checker.text("left_out.value", declared["value"])
        return declared["column"], declared["value"]

    def _histogram(
        self, declared: Any, main: Measure, breakdowns: tuple[Breakdown, ...]
    ) -> Histogram | None:
        if declared is None:
            return None
        self.checker.table("histogram", declared, required=("values", "scale"))
        values = self._named("histogram.values", declared["values"], breakdowns)
        scale = self._named("histogram.scale", declared["scale"], breakdowns)
        if not values or not scale:
            raise self.checker.error("histogram", "values and a scale are expected")
        if not main.denominator or main.quantile:
            raise self.checker.error("histogram", "the first measure needs a denominator")
        if not scale.dimension:
            raise self.checker.error("histogram.scale", "is not a key")
        link = self.project.links[self.model.unique_id, scale.column]
        for column in SCALE_COLUMNS:
            self.checker.column("histogram.scale", column, of=self.project.models[link[0]])
        return Histogram(values, scale)

    def _measure(self, path: str, declared: Any) -> Measure:
        checker = self.checker
        if isinstance(declared, Mapping):
            declared = present_keys(declared, checker.where(path))
        checker.table(
            path,
            declared,
            required=("name", "label", "sum", "format"),
            optional=("denominator", "minus", "values", "quantile", "good"),
        )
        checker.slug(f"{path}.name", declared["name"])
        checker.text(f"{path}.label", declared["label"])
        checker.choice(f"{path}.format", declared["format"], FORMATS)
        if "good" in declared:
            checker.choice(f"{path}.good", declared["good"], DIRECTIONS)
        for key in ("sum", "denominator", "minus"):
            if declared.get(key) is not None:
                checker.column(f"{path}.{key}", declared[key], kind="number")
        measure = Measure(
            declared["name"], declared["label"], declared["sum"], declared.get("denominator"),
            declared.get("minus"), declared["format"], declared.get("values"),
            declared.get("quantile"), declared.get("good"),
        )  # fmt: skip
        if measure.format in SHARES and not measure.denominator:
            raise checker.error(
                f"{path}.denominator",
                f"is missing; the format {measure.format} needs a sum over another",
            )
        if measure.values is not None:
            checker.column(f"{path}.values", measure.values, kind="list of values")
            if not measure.denominator or measure.minus or measure.format != "duration":
                raise checker.error(
                    f"{path}.values", "only an average duration, a sum over a count, has values"
                )
        if measure.quantile is not None:
            is_part = isinstance(measure.quantile, float) and 0 < measure.quantile < 1
            if not is_part or not measure.values:
                raise checker.error(
                    f"{path}.quantile",
                    f"a number between 0 and 1, of a measure with values, not {measure.quantile!r}",
                )
        return measure

    def _breakdowns(
        self, declared: Mapping[str, Any]
    ) -> tuple[Breakdown | None, Breakdown | None, tuple[Breakdown, ...]]:
        """Series, axis and breakdowns; no two have the same name."""
        in_chart = [key for key in ("series", "axis") if declared.get(key) is not None]
        if len(in_chart) > 1:
            raise self.checker.error("axis", "a report has a series or an axis, not both")
        items = [(key, declared[key]) for key in in_chart]
        if declared.get("breakdowns") is not None:
            items += self.checker.items("breakdowns", declared["breakdowns"])
        found: dict[str, Breakdown] = {}
        for path, item in items:
            breakdown = self._breakdown(path, item)
            if breakdown.name in found:
                raise self.checker.error(
                    f"{path}.name", f"{breakdown.name!r} is the name of two breakdowns"
                )
            found[breakdown.name] = breakdown
        every = tuple(found.values())
        if not in_chart:
            return None, None, every
        series, axis = (every[0] if key in in_chart else None for key in ("series", "axis"))
        return series, axis, every[1:]

    def _breakdown(self, path: str, declared: Any) -> Breakdown:
        checker = self.checker
        checker.table(
            path, declared, required=("name", "label", "column"),
            optional=("member", "order", "names", "top", "several"),
        )  # fmt: skip
        checker.slug(f"{path}.name", declared["name"])
        checker.text(f"{path}.label", declared["label"])
        column = declared["column"]
        if checker.flag(f"{path}.several", declared.get("several", False)):
            return self._several(path, declared)
        checker.column(f"{path}.column", column, kind="text or number")
        if column.endswith(KEY_SUFFIX) or (self.model.unique_id, column) in self.project.links:
            dimension = self._dimension(f"{path}.", "column", declared)
            if declared.get("names") is not None:
                raise checker.error(
                    f"{path}.names", f"column {column} gets its names from its dimension"
                )
            top = self._top(path, declared)
            return Breakdown(declared["name"], declared["label"], column, dimension, top=top)
        for key in ("member", "order"):
            if declared.get(key) is not None:
                raise checker.error(
                    f"{path}.{key}", f"column {column} is shown itself: it is not a key"
                )
        names = self._names(path, declared.get("names"))
        top = self._top(path, declared)
        return Breakdown(declared["name"], declared["label"], column, None, names, top)

    def _several(self, path: str, declared: Mapping[str, Any]) -> Breakdown:
        """A breakdown by a list of values, under each of which a row counts."""
        self.checker.column(f"{path}.column", declared["column"], kind="list of texts")
        for key in ("member", "order", "names", "top"):
            if declared.get(key) is not None:
                raise self.checker.error(f"{path}.{key}", "a list of values has none")
        if path in ("series", "axis"):
            raise self.checker.error(
                path, "a row would count once for each value in the chart; move it to breakdowns"
            )
        return Breakdown(
            declared["name"], declared["label"], declared["column"], None, is_several=True
        )

    def _top(self, path: str, declared: Mapping[str, Any]) -> int | None:
        top = declared.get("top")
        if top is None:
            return None
        if path != "series":
            raise self.checker.error(f"{path}.top", "only a series can have a top")
        if not isinstance(top, int) or isinstance(top, bool) or top < 1:
            raise self.checker.error(f"{path}.top", f"a number from 1 is expected, not {top!r}")
        return top

    def _names(self, path: str, names: Any) -> tuple[str, ...]:
        if names is None:
            return ()
        for place, name in self.checker.items(f"{path}.names", names):
            self.checker.text(place, name)
        return tuple(names)

    def _dimension(self, path: str, key: str, declared: Mapping[str, Any]) -> Dimension:
        """The dimension with the names of a column's members, by the model's relations."""
        column = declared["column"]
        link = self.project.links.get((self.model.unique_id, column))
        if link is None:
            raise self.checker.error(
                f"{path}{key}",
                f"column {column} has no relation, which is needed to find its names",
            )
        parent, field = self.project.models[link[0]], link[1]
        member, order = declared.get("member", NAME_COLUMN), declared.get("order")
        self.checker.column(f"{path}member" if path else "", member, of=parent)
        if order is not None:
            self.checker.column(f"{path}order", order, of=parent)
        return Dimension(relation_of(parent), field, member, order)

    def _requires(self, declared: Any) -> tuple[str, ...]:
        if declared is None:
            return ()
        items = self.checker.items("requires", declared)
        for path, table in items:
            self.checker.known(path, table, contract_tables(), "table of the file contract")
        return tuple(table for _, table in items)
