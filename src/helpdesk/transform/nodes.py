"""The typed view of dbt's manifest: the only place that knows the layout of the JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from helpdesk.core.errors import HelpdeskError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a model. Its type is empty where none is declared."""

    name: str
    data_type: str
    description: str
    is_not_null: bool
    meta: Row


@dataclass(frozen=True)
class ForeignKey:
    """A column that holds the key `to_column` of a model."""

    column: str
    model: str
    to_column: str


@dataclass(frozen=True)
class Model:
    """A model. `file` has its properties, and `checks` are the expressions of its contract."""

    unique_id: str
    name: str
    database: str
    schema: str
    alias: str
    layer: str
    folder: str
    file: str
    description: str
    columns: Mapping[str, Column]
    materialized: str
    group: str | None
    is_public: bool
    is_contracted: bool
    checks: tuple[str, ...]
    unique_key: tuple[str, ...]
    meta: Row
    depends_on: tuple[str, ...]
    sql: str

    @property
    def is_mart(self) -> bool:
        return self.schema == "marts"

    @property
    def key(self) -> tuple[str, ...]:
        """The key columns: the declared key, else the incremental key."""
        return _names(self.meta.get("key")) or self.unique_key

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        relations: Mapping[str, Mapping[str, str]] = self.meta.get("relations", {})
        return tuple(
            ForeignKey(column, to["model"], to["column"]) for column, to in relations.items()
        )

    @property
    def never_null(self) -> set[str]:
        """The columns that are never null, by a view's declaration or by the contract."""
        nullable = self.meta.get("nullable")
        if nullable is not None:
            return {*self.columns} - {*nullable}
        return {name for name, column in self.columns.items() if column.is_not_null}


@dataclass(frozen=True)
class DataTest:
    """A data test. `kind`: the generic test that it calls, empty for a test of its own."""

    unique_id: str
    kind: str
    arguments: Row
    attached_to: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A table that models read and dbt does not build."""

    schema: str
    name: str
    description: str


@dataclass(frozen=True)
class SemanticField:
    """An entity or a dimension of a semantic model."""

    name: str
    type: str
    label: str
    description: str
    sql: str
    meta: Row


@dataclass(frozen=True)
class SemanticMeasure:
    """A measure of a semantic model. `date`: its time dimension, empty for the model's own."""

    name: str
    aggregation: str
    sql: str
    date: str
    percentile: float | None


@dataclass(frozen=True)
class SemanticModel:
    """A semantic model over the model with the id `model`. `date`: its time dimension."""

    name: str
    label: str
    description: str
    file: str
    model: str
    date: str
    entities: tuple[SemanticField, ...]
    dimensions: tuple[SemanticField, ...]
    measures: Mapping[str, SemanticMeasure]
    meta: Row


@dataclass(frozen=True)
class Metric:
    """A metric. A simple one has a measure, a ratio has a numerator and a denominator."""

    name: str
    type: str
    label: str
    description: str
    file: str
    measure: str
    numerator: str
    denominator: str
    meta: Row


@dataclass(frozen=True)
class Manifest:
    """The models by id, and the rest of the manifest that this project reads."""

    models: Mapping[str, Model]
    tests: tuple[DataTest, ...]
    sources: tuple[Source, ...]
    semantic_models: tuple[SemanticModel, ...]
    metrics: tuple[Metric, ...]

    @cached_property
    def marts(self) -> tuple[Model, ...]:
        """The models of the marts, which are the public interface, sorted by name."""
        marts = (model for model in self.models.values() if model.is_mart)
        return tuple(sorted(marts, key=lambda model: model.name))


def read_manifest(file: Path) -> Manifest:
    """The manifest in a file. Raises HelpdeskError if there is none."""
    if not file.is_file():
        raise HelpdeskError(f"{file}: there is no manifest; `dbt parse` writes it.")
    return manifest_of(json.loads(file.read_text(encoding="utf-8")))


def manifest_of(written: Row) -> Manifest:
    """The manifest in dbt's JSON."""
    nodes = written["nodes"].values()
    return Manifest(
        {node["unique_id"]: _model(node) for node in nodes if node["resource_type"] == "model"},
        tuple(_test(node) for node in nodes if node["resource_type"] == "test"),
        tuple(
            Source(source["schema"], source["name"], source["description"])
            for source in written["sources"].values()
        ),
        tuple(_semantic_model(model) for model in written["semantic_models"].values()),
        tuple(_metric(metric) for metric in written["metrics"].values()),
    )


def _model(node: Row) -> Model:
    config = node["config"]
    # Project, folders, name. A model of an installation may be in fewer folders.
    folders: list[str] = node["fqn"][1:-1]
    layer, folder, *_ = [*folders, "", ""]
    return Model(
        unique_id=node["unique_id"],
        name=node["name"],
        database=node["database"],
        schema=node["schema"],
        alias=node["alias"],
        layer=layer,
        folder=folder,
        # A patch is `<project>://<file>`.
        file=(node["patch_path"] or node["original_file_path"]).split("://")[-1],
        description=node["description"].strip(),
        columns={name: _column(column) for name, column in node["columns"].items()},
        materialized=config["materialized"],
        group=config["group"],
        is_public=node["access"] == "public",
        is_contracted=config["contract"]["enforced"],
        checks=tuple(one["expression"] for one in _of_type("check", node["constraints"])),
        unique_key=_names(config["unique_key"]),
        meta=config["meta"],
        depends_on=tuple(node["depends_on"]["nodes"]),
        # Only a run of dbt compiles the SQL.
        sql=node.get("compiled_code") or node["raw_code"],
    )


def _column(column: Row) -> Column:
    return Column(
        column["name"],
        column["data_type"] or "",
        column["description"].strip(),
        any(_of_type("not_null", column["constraints"])),
        column["config"]["meta"],
    )


def _names(declared: str | list[str] | None) -> tuple[str, ...]:
    return (declared,) if isinstance(declared, str) else tuple(declared or ())


def _of_type(kind: str, constraints: Iterable[Row]) -> list[Row]:
    return [constraint for constraint in constraints if constraint["type"] == kind]


def _test(node: Row) -> DataTest:
    # A test of its own, a file of SQL, has neither.
    called = node.get("test_metadata") or {"name": "", "kwargs": {}}
    attached = node.get("attached_node") or ""
    return DataTest(
        node["unique_id"],
        called["name"],
        called["kwargs"],
        attached,
        tuple(node["depends_on"]["nodes"]),
    )


def _semantic_model(model: Row) -> SemanticModel:
    measures = [
        SemanticMeasure(
            one["name"],
            one["agg"],
            str(one["expr"]),
            one["agg_time_dimension"] or "",
            (one["agg_params"] or {}).get("percentile"),
        )
        for one in model["measures"]
    ]
    return SemanticModel(
        name=model["name"],
        label=model["label"],
        description=model["description"] or "",
        file=model["original_file_path"],
        model=model["depends_on"]["nodes"][0],
        date=(model["defaults"] or {}).get("agg_time_dimension") or "",
        entities=tuple(map(_field, model["entities"])),
        dimensions=tuple(map(_field, model["dimensions"])),
        measures={one.name: one for one in measures},
        meta=_meta(model),
    )


def _field(item: Row) -> SemanticField:
    return SemanticField(
        item["name"],
        item["type"],
        item["label"] or item["name"],
        item["description"] or "",
        str(item["expr"] or item["name"]),
        _meta(item),
    )


def _metric(metric: Row) -> Metric:
    params = metric["type_params"]
    measure, numerator, denominator = (
        (params[part] or {}).get("name", "") for part in ("measure", "numerator", "denominator")
    )
    return Metric(
        name=metric["name"],
        type=metric["type"],
        label=metric["label"],
        description=metric["description"] or "",
        file=metric["original_file_path"],
        measure=measure,
        numerator=numerator,
        denominator=denominator,
        meta=_meta(metric),
    )


def _meta(item: Row) -> Row:
    meta: Row = (item["config"] or {}).get("meta") or {}
    return meta
