"""Reads one model's `config.meta.report`, with every name in it checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.checks import Checker
from dashboards.report import Breakdown, Dimension, Filter, Measure, Relation, Report
from ingestion.contract import contract_tables

CHARTS = ("bar", "line")
FORMATS = ("count", "duration", "percent", "decimal", "points")
# Formats of a share, which only one sum over another is.
SHARES = ("percent", "points")
DATE_COLUMN = "report_date"
NAME_COLUMN = "name"
KEY_SUFFIX = "_key"
# How a test's arguments name a model.
REF = re.compile(r"ref\('(\w+)'\)")
# Id, key column and label of the filters; a report has those whose column it has.
FILTERS = (
    ("F1", "agent_key", "Owner"),
    ("F2", "team_key", "Team"),
    ("F3", "channel_account_key", "Channel account"),
    ("F4", "pipeline_key", "Pipeline"),
    ("F5", "company_key", "Company"),
)
REQUIRED = ("id", "title", "question", "definition", "page", "chart", "measures")
# `copy` is what a copy of the report begins with, for the report builder.
OPTIONAL = ("series", "axis", "breakdowns", "stock", "needs", "copy", "recent")


@dataclass(frozen=True)
class Project:
    """The models by id, and from (model, column) the (model, column) it is related to."""

    models: Mapping[str, Mapping[str, Any]]
    links: Mapping[tuple[str, str], tuple[str, str]]


def read_project(manifest: Mapping[str, Any]) -> Project:
    """What a manifest says of models, and of where their keys lead."""
    nodes = list(manifest["nodes"].values())
    models = {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}
    links = {}
    for node in nodes:
        test = node.get("test_metadata") or {}
        if test.get("name") != "related" or not node.get("attached_node"):
            continue
        # A model's id is `model.<project>.<name>`.
        parents = {parent.rsplit(".", 1)[-1]: parent for parent in node["depends_on"]["nodes"]}
        for relation in test["kwargs"]["relations"]:
            parent = parents[REF.findall(relation["to"])[0]]
            links[node["attached_node"], relation["column"]] = parent, relation["field"]
    return Project(models, links)


def relation_of(model: Mapping[str, Any]) -> Relation:
    return Relation(model["schema"], model["alias"])


class Declaration:
    """The report that one model declares. Where it is wrong, reading it raises DefinitionError."""

    def __init__(self, model: Mapping[str, Any], project: Project) -> None:
        self.model = model
        self.project = project
        self.checker = Checker(model)

    def report(self) -> Report:
        checker = self.checker
        declared = checker.table(
            "", self.model["config"]["meta"]["report"], required=REQUIRED, optional=OPTIONAL
        )
        for key in ("title", "question", "definition"):
            checker.text(key, declared[key])
        if "recent" in declared:
            checker.text("recent", declared["recent"])
        checker.slug("id", declared["id"])
        checker.slug("page", declared["page"])
        checker.choice("chart", declared["chart"], CHARTS)
        checker.column("", DATE_COLUMN, kind="date")
        measures = self._measures(declared["measures"])
        series, axis, breakdowns = self._breakdowns(declared)
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
            breakdowns=breakdowns,
            filters=tuple(item.name for item in self.filters()),
            is_stock=checker.flag("stock", declared.get("stock", False)),
            needs=self._needs(declared.get("needs")),
            relation=relation_of(self.model),
            sql=self.model.get("compiled_code") or self.model["raw_code"],
        )

    def filters(self) -> tuple[Filter, ...]:
        """The filters whose column the model has."""
        found = []
        for identifier, column, label in FILTERS:
            if column in self.model["columns"]:
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

    def _measure(self, path: str, declared: Any) -> Measure:
        checker = self.checker
        checker.table(
            path, declared,
            required=("name", "label", "sum", "format"), optional=("per", "less", "values"),
        )  # fmt: skip
        checker.slug(f"{path}.name", declared["name"])
        checker.text(f"{path}.label", declared["label"])
        checker.choice(f"{path}.format", declared["format"], FORMATS)
        for key in ("sum", "per", "less"):
            if declared.get(key) is not None:
                checker.column(f"{path}.{key}", declared[key], kind="number")
        measure = Measure(
            declared["name"], declared["label"], declared["sum"], declared.get("per"),
            declared.get("less"), declared["format"], declared.get("values"),
        )  # fmt: skip
        if measure.format in SHARES and not measure.per:
            raise checker.error(
                f"{path}.per", f"is missing; {measure.format} are of one sum over another"
            )
        if measure.values is not None:
            checker.column(f"{path}.values", measure.values, kind="list of values")
            if not measure.per or measure.less or measure.format != "duration":
                raise checker.error(
                    f"{path}.values", "only an average duration, a sum per a count, has values"
                )
        return measure

    def _breakdowns(
        self, declared: Mapping[str, Any]
    ) -> tuple[Breakdown | None, Breakdown | None, tuple[Breakdown, ...]]:
        """Series, axis and breakdowns, which share their names."""
        drawn = [key for key in ("series", "axis") if declared.get(key) is not None]
        if len(drawn) > 1:
            raise self.checker.error("axis", "a report has a series or an axis, not both")
        items = [(key, declared[key]) for key in drawn]
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
        if not drawn:
            return None, None, every
        series, axis = (every[0] if key in drawn else None for key in ("series", "axis"))
        return series, axis, every[1:]

    def _breakdown(self, path: str, declared: Any) -> Breakdown:
        checker = self.checker
        checker.table(
            path, declared, required=("name", "label", "column"),
            optional=("member", "order", "names", "top"),
        )  # fmt: skip
        checker.slug(f"{path}.name", declared["name"])
        checker.text(f"{path}.label", declared["label"])
        column = declared["column"]
        checker.column(f"{path}.column", column, kind="text or number")
        if column.endswith(KEY_SUFFIX) or (self.model["unique_id"], column) in self.project.links:
            dimension = self._dimension(f"{path}.", "column", declared)
            if declared.get("names") is not None:
                raise checker.error(f"{path}.names", f"column {column} is named by its dimension")
            top = self._top(path, declared)
            return Breakdown(declared["name"], declared["label"], column, dimension, top=top)
        for key in ("member", "order"):
            if declared.get(key) is not None:
                raise checker.error(
                    f"{path}.{key}", f"column {column} is itself shown: it is in no related test"
                )
        names = self._names(path, declared.get("names"))
        top = self._top(path, declared)
        return Breakdown(declared["name"], declared["label"], column, None, names, top)

    def _top(self, path: str, declared: Mapping[str, Any]) -> int | None:
        top = declared.get("top")
        if top is None:
            return None
        if path != "series":
            raise self.checker.error(f"{path}.top", "only of a series some members are drawn")
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
        """Where the members of a column are named, by the model's `related` test."""
        column = declared["column"]
        link = self.project.links.get((self.model["unique_id"], column))
        if link is None:
            raise self.checker.error(
                f"{path}{key}",
                f"column {column} is in no related test, which is what says where it is named",
            )
        parent, field = self.project.models[link[0]], link[1]
        member, order = declared.get("member", NAME_COLUMN), declared.get("order")
        self.checker.column(f"{path}member" if path else "", member, of=parent)
        if order is not None:
            self.checker.column(f"{path}order", order, of=parent)
        return Dimension(relation_of(parent), field, member, order)

    def _needs(self, declared: Any) -> tuple[str, ...]:
        if declared is None:
            return ()
        items = self.checker.items("needs", declared)
        for path, table in items:
            self.checker.known(path, table, contract_tables(), "table of the file contract")
        return tuple(table for _, table in items)
