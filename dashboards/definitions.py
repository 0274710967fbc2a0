"""Reads what the dashboards show from the dbt manifest: reports, their filters, the build's clock.

A report is a model whose `config.meta.report` says so. Which dimension a key column belongs to is
what the model's `related` test says, so no model is named here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.checks import Checker
from dashboards.errors import DefinitionError

CHARTS = ("bar", "line")
FORMATS = ("count", "duration", "percent")
DATE_COLUMN = "report_date"
NAME_COLUMN = "name"
# The column that only the model with the build's clock has.
CLOCK_COLUMNS = ("build_id", "as_of", "as_of_date", "report_timezone")
# How a test's arguments name a model.
REF = re.compile(r"ref\('(\w+)'\)")
# Id, key column and label of the filters that every report carries.
FILTERS = (
    ("F1", "agent_key", "Owner"),
    ("F2", "team_key", "Team"),
    ("F3", "channel_account_key", "Channel account"),
    ("F4", "pipeline_key", "Pipeline"),
    ("F5", "company_key", "Company"),
)


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
    """A sum over the period or, where `per` is given, one sum over another: an average."""

    name: str
    label: str
    sum: str
    per: str | None
    format: str


@dataclass(frozen=True)
class Series:
    """The key column by which a report is broken down."""

    column: str
    dimension: Dimension


@dataclass(frozen=True)
class Filter:
    """A key column that every report has, and that a reader chooses a member of."""

    id: str
    name: str
    label: str
    column: str
    dimension: Dimension


@dataclass(frozen=True)
class Report:
    """One report, as its model declares it."""

    id: str
    title: str
    question: str
    definition: str
    page: str
    chart: str
    measures: tuple[Measure, ...]
    series: Series | None
    relation: Relation

    @property
    def slug(self) -> str:
        return self.id.lower()

    @property
    def measure_columns(self) -> tuple[str, ...]:
        """The columns that the measures need, each once."""
        names = [name for measure in self.measures for name in (measure.sum, measure.per) if name]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Definitions:
    """All that the dashboards are made from."""

    reports: tuple[Report, ...]
    filters: tuple[Filter, ...]
    clock: Relation

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(report.page for report in self.reports))

    def reports_of(self, page: str) -> tuple[Report, ...]:
        return tuple(report for report in self.reports if report.page == page)


def load_definitions(manifest: Path) -> Definitions:
    """Read and check every definition in the manifest. Raises DefinitionError."""
    if not manifest.is_file():
        raise DefinitionError(f"{manifest}: there is no manifest; `dbt parse` writes it.")
    return read_definitions(json.loads(manifest.read_text(encoding="utf-8")))


def read_definitions(manifest: Mapping[str, Any]) -> Definitions:
    """The definitions in a manifest that is already read. Raises DefinitionError."""
    nodes = list(manifest["nodes"].values())
    models = {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}
    links = _links(nodes)
    declared = [model for model in models.values() if "report" in model["config"].get("meta", {})]
    reports: dict[str, Report] = {}
    filters: tuple[Filter, ...] | None = None
    for model in declared:
        checker = Checker(model)
        report = _report(checker, model, models, links)
        if report.id in reports:
            raise checker.error("id", f"{report.id} is also the id of {reports[report.id].title!r}")
        reports[report.id] = report
        own = _filters(checker, model, models, links)
        if filters not in (None, own):
            raise checker.error(
                "", "its filter columns relate to other models than its neighbours'"
            )
        filters = own
    if not filters:
        raise DefinitionError("the manifest holds no model with config.meta.report")
    ordered = sorted(reports.values(), key=lambda report: (report.page, _natural(report.id)))
    return Definitions(tuple(ordered), filters, _clock(models))


def _natural(identifier: str) -> list[tuple[int, str]]:
    """R2 before R10."""
    parts = re.findall(r"\d+|\D+", identifier)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _links(nodes: list[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[str, str]]:
    """From (model, column) to the (model, column) its model's `related` test points to."""
    links = {}
    for node in nodes:
        test = node.get("test_metadata") or {}
        if test.get("name") != "related" or not node.get("attached_node"):
            continue
        parents = {_name(parent): parent for parent in node["depends_on"]["nodes"]}
        for relation in test["kwargs"]["relations"]:
            parent = parents[REF.findall(relation["to"])[0]]
            links[node["attached_node"], relation["column"]] = parent, relation["field"]
    return links


def _name(unique_id: str) -> str:
    """The name of a model by its id, `model.<project>.<name>`."""
    return unique_id.rsplit(".", 1)[-1]


def _report(
    checker: Checker,
    model: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    links: Mapping[tuple[str, str], tuple[str, str]],
) -> Report:
    declared = checker.table(
        "", model["config"]["meta"]["report"], required=(
            "id", "title", "question", "definition", "page", "chart", "measures"
        ), optional=("series",),
    )  # fmt: skip
    for key in ("title", "question", "definition"):
        checker.text(key, declared[key])
    checker.slug("id", declared["id"])
    checker.slug("page", declared["page"])
    checker.choice("chart", declared["chart"], CHARTS)
    checker.column("", DATE_COLUMN, kind="date")
    series = declared.get("series")
    return Report(
        id=declared["id"],
        title=declared["title"],
        question=declared["question"],
        definition=declared["definition"],
        page=declared["page"],
        chart=declared["chart"],
        measures=_measures(checker, declared["measures"]),
        series=None if series is None else _series(checker, series, model, models, links),
        relation=_relation(model),
    )


def _measures(checker: Checker, declared: Any) -> tuple[Measure, ...]:
    if not isinstance(declared, list) or not declared:
        raise checker.error("measures", "a list with one measure or more is expected")
    measures: dict[str, Measure] = {}
    for number, item in enumerate(declared):
        path = f"measures[{number}]"
        checker.table(path, item, required=("name", "label", "sum", "format"), optional=("per",))
        checker.slug(f"{path}.name", item["name"])
        checker.text(f"{path}.label", item["label"])
        checker.choice(f"{path}.format", item["format"], FORMATS)
        for key in ("sum", "per"):
            if item.get(key) is not None:
                checker.column(f"{path}.{key}", item[key], kind="number")
        if item["name"] in measures:
            raise checker.error(f"{path}.name", f"{item['name']!r} is the name of two measures")
        measures[item["name"]] = Measure(
            item["name"], item["label"], item["sum"], item.get("per"), item["format"]
        )
    return tuple(measures.values())


def _series(
    checker: Checker,
    declared: Any,
    model: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    links: Mapping[tuple[str, str], tuple[str, str]],
) -> Series:
    checker.table("series", declared, required=("key", "name"), optional=("order", "dimension"))
    column = declared["key"]
    checker.column("series.key", column)
    parent, field = _linked(checker, "series.key", column, model, links)
    said = declared.get("dimension")
    if said not in (None, models[parent]["name"]):
        tested = f"the related test of {column} says {models[parent]['name']}"
        raise checker.error("series.dimension", f"{said!r} is said, but {tested}")
    for key in ("name", "order"):
        if declared.get(key) is not None:
            checker.column(f"series.{key}", declared[key], of=models[parent])
    dimension = Dimension(_relation(models[parent]), field, declared["name"], declared.get("order"))
    return Series(column, dimension)


def _filters(
    checker: Checker,
    model: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    links: Mapping[tuple[str, str], tuple[str, str]],
) -> tuple[Filter, ...]:
    found = []
    for identifier, column, label in FILTERS:
        checker.column("", column)
        parent, field = _linked(checker, "", column, model, links)
        checker.column("", NAME_COLUMN, of=models[parent])
        dimension = Dimension(_relation(models[parent]), field, NAME_COLUMN)
        name = column.removesuffix("_key")
        found.append(Filter(identifier, name, label, column, dimension))
    return tuple(found)


def _linked(
    checker: Checker,
    path: str,
    column: str,
    model: Mapping[str, Any],
    links: Mapping[tuple[str, str], tuple[str, str]],
) -> tuple[str, str]:
    link = links.get((model["unique_id"], column))
    if link is None:
        raise checker.error(
            path, f"column {column} is in no related test, which is what says where it is named"
        )
    return link


def _clock(models: Mapping[str, Mapping[str, Any]]) -> Relation:
    """The published model with the build's clock, known by its columns."""
    clocks = [
        model
        for model in models.values()
        if set(CLOCK_COLUMNS) <= set(model["columns"]) and model.get("access") == "public"
    ]
    if len(clocks) != 1:
        raise DefinitionError(
            f"{len(clocks)} public models have the columns {', '.join(CLOCK_COLUMNS)}; "
            "the dashboards read the build's clock from the only one that has."
        )
    return _relation(clocks[0])


def _relation(model: Mapping[str, Any]) -> Relation:
    return Relation(model["schema"], model["alias"])
