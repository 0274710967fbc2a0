"""The catalogue: what a report can be made of, read from the semantic models of the dbt manifest.

A source is a semantic model over a core mart. Its fields are what a report is filtered by and
broken down by, its measures what it counts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.declaration import FILTERS
from orchestration.dbt_project import ensure_manifest

# What a column's SQL type means to somebody who filters by it.
TYPES = {"varchar": "text", "bigint": "number", "double": "number", "date": "date",
         "timestamp": "timestamp", "boolean": "boolean"}  # fmt: skip
# Lookups come after the sources that a report can be of.
LAST = 100
FILTER_COLUMNS = tuple(column for _, column, _ in FILTERS)


@dataclass(frozen=True)
class Field:
    """A column of a source, by the name that people use. A key leads to the lookup it is named by.

    A `detail` tells rows apart: of use in filters, not as a dimension.
    """

    name: str
    source: str
    label: str
    description: str
    type: str
    sql: str
    is_key: bool = False
    is_detail: bool = False
    synonyms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def is_date(self) -> bool:
        return self.type == "date"


@dataclass(frozen=True)
class Measure:
    """Something a report counts: a sum, less another where `less` is given, over a third (`per`).

    The three are names of measures, its own where it is itself a sum. `of` is the average that
    shows a median or percentile beside it.
    """

    name: str
    source: str
    label: str
    description: str
    format: str
    date: str
    aggregation: str
    sql: str
    sum: str
    less: str | None = None
    per: str | None = None
    has_values: bool = False
    is_fractional: bool = False
    of: str | None = None
    within: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The column of a report that holds its sum."""
        if self.format in ("duration", "decimal") or self.name.endswith("_count"):
            return self.name
        return f"{self.name}_count"


# One object for each: where a field is of, and what a join leads to, are compared by it.
@dataclass(frozen=True, eq=False)
class Source:
    """One semantic model: the mart it reads, its fields and measures, and how it is joined.

    `keys` are the names under which it is joined, `key` is the column they lead to. `counted` is
    the condition that its rows count. The report filters are its own columns, or its ticket's.
    """

    name: str
    position: int
    label: str
    description: str
    model: str
    key: str
    keys: tuple[str, ...]
    fields: Mapping[str, Field]
    measures: Mapping[str, Measure]
    counted: str
    filters: str
    needs: tuple[str, ...]
    date: str
    clock_date: str | None
    columns: Mapping[str, str]

    @property
    def is_primary(self) -> bool:
        return bool(self.measures)

    @property
    def has_name(self) -> bool:
        return "name" in self.columns


@dataclass(frozen=True)
class Catalogue:
    """All sources by name."""

    sources: Mapping[str, Source]

    @property
    def primary(self) -> tuple[str, ...]:
        return tuple(name for name, source in self.sources.items() if source.is_primary)

    def source_of_key(self, key: str) -> Source:
        """The source that a key leads to."""
        return next(source for source in self.sources.values() if key in source.keys)


def load_catalogue(manifest: Path | None = None) -> Catalogue:
    """The catalogue of the project, or of another manifest."""
    return read_catalogue(json.loads((manifest or ensure_manifest()).read_text(encoding="utf-8")))


def read_catalogue(manifest: Mapping[str, Any]) -> Catalogue:
    """The catalogue of a manifest, the primary sources first."""
    metrics: dict[str, list[Mapping[str, Any]]] = {}
    # By name: dbt tells them in the order in which it happened to read their files.
    for metric in sorted(manifest["metrics"].values(), key=lambda metric: str(metric["name"])):
        metrics.setdefault(metric["original_file_path"], []).append(metric)
    sources = [
        _source(model, metrics.get(model["original_file_path"], []), manifest["nodes"])
        for model in manifest["semantic_models"].values()
    ]
    sources.sort(key=lambda source: (source.position, source.name))
    return Catalogue({source.name: source for source in sources})


def _source(
    model: Mapping[str, Any], metrics: list[Mapping[str, Any]], nodes: Mapping[str, Any]
) -> Source:
    node = nodes[model["depends_on"]["nodes"][0]]
    columns = {name: column["data_type"] for name, column in node["columns"].items()}
    meta = model["config"].get("meta", {})
    keys = [one for one in model["entities"] if one["type"] in ("primary", "unique")]
    fields = [_field(model["name"], one, columns, True) for one in model["entities"]
              if one["type"] != "unique"]  # fmt: skip
    fields += [_field(model["name"], one, columns, False) for one in model["dimensions"]]
    date = (model.get("defaults") or {}).get("agg_time_dimension") or ""
    clocks = [one["name"] for one in model["dimensions"] if _meta(one).get("clock")]
    by_name = {one["name"]: one for one in model["measures"]}
    measures = [_measure(model["name"], one, by_name, date) for one in metrics]
    return Source(
        name=model["name"],
        position=meta.get("position", LAST),
        label=model["label"],
        description=_text(model["description"]),
        model=node["name"],
        key=str(keys[0]["expr"]),
        keys=tuple(one["name"] for one in keys),
        fields={field.name: field for field in fields},
        measures={measure.name: measure for measure in measures},
        counted="not is_excluded" if "is_excluded" in columns else "",
        filters=meta.get("filters", ""),
        needs=tuple(meta.get("needs", ())),
        date=date,
        clock_date=clocks[0] if clocks else None,
        columns=columns,
    )


def _field(source: str, item: Mapping[str, Any], columns: Mapping[str, str], is_key: bool) -> Field:
    meta = _meta(item)
    sql = str(item.get("expr") or item["name"])
    if is_key:
        kind = "key"
    elif item["type"] == "time":
        kind = "date"
    else:
        kind = meta.get("type") or TYPES.get(columns.get(sql, "varchar"), "text")
    return Field(
        name=item["name"],
        source=source,
        label=item["label"] or item["name"],
        description=_text(item["description"]),
        type=kind,
        sql=sql,
        is_key=is_key,
        is_detail=bool(meta.get("detail")),
        synonyms=tuple(meta.get("synonyms", ())),
        values=tuple(map(str, meta.get("values", ()))),
        names=tuple(meta.get("names", ())),
    )


def _measure(
    source: str, metric: Mapping[str, Any], by_name: Mapping[str, Mapping[str, Any]], date: str
) -> Measure:
    meta, params = _meta(metric), metric["type_params"]
    name, kind = metric["name"], metric["type"]
    parts = {"sum": name, "less": meta.get("less"), "per": meta.get("per")}
    aggregation, sql = kind, ""
    if kind == "ratio":
        parts |= {"sum": params["numerator"]["name"], "per": params["denominator"]["name"]}
    elif kind == "derived":
        parts |= {"sum": meta["sum"]}
    else:
        measured = by_name[params["measure"]["name"]]
        aggregation, sql = measured["agg"], str(measured["expr"])
        date = measured["agg_time_dimension"] or date
    # An average is of the date that its parts are of.
    if kind != "simple":
        first = by_name.get(parts["sum"] or "", {})
        date = first.get("agg_time_dimension") or date
    return Measure(
        name=name,
        source=source,
        label=metric["label"],
        description=_text(metric["description"]),
        format=meta["format"],
        date=date,
        aggregation=aggregation,
        sql=sql,
        sum=parts["sum"] or name,
        less=parts["less"],
        per=parts["per"],
        has_values=bool(meta.get("values")),
        is_fractional=bool(meta.get("fractional")),
        of=meta.get("of"),
        within=tuple(meta.get("within", ())),
        needs=tuple(meta.get("needs", ())),
    )


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = (item.get("config") or {}).get("meta") or {}
    return meta


def _text(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()
