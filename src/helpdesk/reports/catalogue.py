"""The catalogue of sources, fields and measures, read from the semantic models of the dbt manifest.

A source is a semantic model over a core mart. A report filters and breaks down by its fields, and
counts its measures.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.reports.declaration import FILTERS
from helpdesk.reports.former_keys import present_keys
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import (
    Manifest,
    Metric,
    Model,
    SemanticField,
    SemanticMeasure,
    SemanticModel,
    read_manifest,
)

# The type of a field by the SQL type of its column.
# The source that the others lead to.
TICKETS = "tickets"
TYPES = {"varchar": "text", "bigint": "number", "double": "number", "date": "date",
         "timestamp": "timestamp", "boolean": "boolean"}  # fmt: skip
# Lookups come after the sources of reports.
LAST = 100
FILTER_COLUMNS = tuple(column for _, column, _ in FILTERS)


@dataclass(frozen=True)
class Bridge:
    """The table of a field with several values: one row per key and value.

    `value` is the column to show: `label`, or `value` itself where there are no labels.
    """

    model: str
    key: str
    value: str

    @property
    def has_labels(self) -> bool:
        """Whether two values of a ticket may have the same label."""
        return self.value != "value"


@dataclass(frozen=True)
class OwnColumn:
    """A column of a mart that the settings declare, and the format of its values in a list."""

    name: str
    label: str
    format: str


@dataclass(frozen=True)
class Field:
    """A column of a source, under its public name. A key leads to the lookup with its names.

    A `detail` identifies single rows: it is for filters, not a dimension. A field `of_date` is
    known from that date on, like a score from the answer; measures of another date do not have it.
    For a field with several values, in a `bridge`, `sql` is the key of the bridge.
    """

    name: str
    source: str
    label: str
    description: str
    type: str
    sql: str
    is_key: bool = False
    is_detail: bool = False
    of_date: str = ""
    synonyms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    bridge: Bridge | None = None

    @property
    def is_date(self) -> bool:
        return self.type == "date"


@dataclass(frozen=True)
class Measure:
    """A figure: a sum, minus another if one is given, over a denominator if one is given.

    The three are names of measures; a plain sum names itself. `base_metric` is the average next to
    which a median or percentile is shown. `called` is the measure's name in one report, and
    `quantile` the part of its single values up to the figure, of a median or percentile there.
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
    minus: str | None = None
    denominator: str | None = None
    has_values: bool = False
    is_fractional: bool = False
    base_metric: str | None = None
    percentile: float = 0.5
    within: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    called: str = ""
    quantile: float | None = None
    good: str | None = None

    @property
    def column(self) -> str:
        """The column with its sum, unless the report names another."""
        if self.format in ("duration", "decimal") or self.name.endswith("_count"):
            return self.name
        return f"{self.name}_count"


# Compared by identity: there is one object for each source.
@dataclass(frozen=True, eq=False)
class Source:
    """One semantic model: the mart it reads, its fields and measures, and how it is joined.

    `keys` are the names of the keys that lead to it, `key` is its column. `counted` is the
    condition for a row to count. The report filters are its own columns or those of its ticket.
    If it `is_point_in_time`, the rows of a date are a level, and dates must not be added up.
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
    requires: tuple[str, ...]
    date: str
    is_point_in_time: bool
    clock_date: str | None
    columns: Mapping[str, str]
    own_columns: tuple[OwnColumn, ...] = ()

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

    def dimensions(self, source: Source) -> dict[str, Field]:
        """The dimensions that a reader can filter a source by: its own, and its tickets'."""
        tickets = self.sources[TICKETS]
        is_of_ticket = any(
            one.is_key and one.name in tickets.keys for one in source.fields.values()
        )
        fields = {**(tickets.fields if is_of_ticket else {}), **source.fields}
        return {name: one for name, one in fields.items() if not (one.is_detail or one.is_date)}


def is_reported(measure: Measure, source: Source) -> bool:
    """Whether a report can have it: a median or percentile needs single values in its model."""
    return not measure.base_metric or source.measures[measure.base_metric].has_values


def load_catalogue(manifest: Path | None = None) -> Catalogue:
    """The catalogue of the project, or of another manifest."""
    return read_catalogue(read_manifest(manifest or ensure_manifest()))


def read_catalogue(manifest: Manifest) -> Catalogue:
    """The catalogue of a manifest, the primary sources first."""
    metrics: dict[str, list[Metric]] = {}
    # By name: in the manifest their order depends on the order of files.
    for metric in sorted(manifest.metrics, key=lambda metric: metric.name):
        metrics.setdefault(metric.file, []).append(metric)
    sources = [
        _source(semantic, metrics.get(semantic.file, []), manifest.models[semantic.model])
        for semantic in manifest.semantic_models
    ]
    sources.sort(key=lambda source: (source.position, source.name))
    return Catalogue({source.name: source for source in sources})


def _source(semantic: SemanticModel, metrics: list[Metric], model: Model) -> Source:
    columns = {name: column.data_type for name, column in model.columns.items()}
    meta = _meta(semantic)
    keys = [one for one in semantic.entities if one.type in ("primary", "unique")]
    fields = [_field(semantic.name, one, columns, True) for one in semantic.entities
              if one.type != "unique"]  # fmt: skip
    fields += [_field(semantic.name, one, columns, False) for one in semantic.dimensions]
    clocks = [one.name for one in semantic.dimensions if _meta(one).get("clock")]
    measures = [_measure(semantic, one) for one in metrics]
    return Source(
        name=semantic.name,
        position=meta.get("position", LAST),
        label=semantic.label,
        description=_text(semantic.description),
        model=model.name,
        key=keys[0].sql,
        keys=tuple(one.name for one in keys),
        fields={field.name: field for field in fields},
        measures={measure.name: measure for measure in measures},
        counted="not is_excluded" if "is_excluded" in columns else "",
        filters=meta.get("filters", ""),
        requires=tuple(meta.get("requires", ())),
        date=semantic.date,
        is_point_in_time=bool(meta.get("point_in_time") or clocks),
        clock_date=clocks[0] if clocks else None,
        columns=columns,
        own_columns=tuple(own_columns(model)),
    )


def own_columns(model: Model) -> Iterator[OwnColumn]:
    for name, column in model.columns.items():
        if own := column.meta.get("own_field"):
            kind = TYPES.get(column.data_type, "text")
            yield OwnColumn(name, str(own.get("label") or name), kind)


def _field(source: str, item: SemanticField, columns: Mapping[str, str], is_key: bool) -> Field:
    meta = _meta(item)
    if is_key:
        kind = "key"
    elif item.type == "time":
        kind = "date"
    else:
        kind = meta.get("type") or TYPES.get(columns.get(item.sql, "varchar"), "text")
    bridge = Bridge(**meta["bridge"]) if meta.get("bridge") else None
    return Field(
        name=item.name,
        source=source,
        label=item.label,
        description=_text(item.description),
        type=kind,
        sql=bridge.key if bridge else item.sql,
        is_key=is_key,
        is_detail=bool(meta.get("detail")),
        of_date=meta.get("of_date", ""),
        synonyms=tuple(meta.get("synonyms", ())),
        values=tuple(map(str, meta.get("values", ()))),
        names=tuple(meta.get("names", ())),
        bridge=bridge,
    )


def _measure(semantic: SemanticModel, metric: Metric) -> Measure:
    meta, name = _meta(metric), metric.name
    measured: SemanticMeasure | None = None
    total, denominator = name, meta.get("denominator")
    aggregation, sql, percentile = metric.type, "", 0.5
    if metric.type == "ratio":
        total, denominator = metric.numerator, metric.denominator
    elif metric.type == "derived":
        total = meta["sum"]
    else:
        measured = semantic.measures[metric.measure]
        aggregation, sql = measured.aggregation, measured.sql
        percentile = measured.percentile or percentile
    # An average has the date of its parts.
    dated = measured or semantic.measures.get(total)
    return Measure(
        name=name,
        source=semantic.name,
        label=metric.label,
        description=_text(metric.description),
        format=meta["format"],
        date=(dated.date if dated else "") or semantic.date,
        aggregation=aggregation,
        sql=sql,
        sum=total,
        minus=meta.get("minus"),
        denominator=denominator,
        has_values=bool(meta.get("values")),
        is_fractional=bool(meta.get("fractional")),
        base_metric=meta.get("base_metric"),
        percentile=float(percentile),
        within=tuple(meta.get("within", ())),
        requires=tuple(meta.get("requires", ())),
        called=name,
        good=meta.get("good"),
    )


def _meta(item: SemanticModel | SemanticField | Metric) -> Mapping[str, Any]:
    return present_keys(item.meta, f"semantic {item.name}")


def _text(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
