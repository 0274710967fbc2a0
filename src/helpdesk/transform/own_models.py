"""Generates the files of the dbt project for own fields: a macro, columns, bridges, measures.

Labels and ids can contain any text. dbt renders Jinja in macros and YAML, so they are escaped.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from helpdesk.load.own_fields import MARTS, SEMANTIC, ResolvedField, measure_names

MACRO = Path("macros/contract/own_fields.sql")
CORE = Path("models/marts/core")
CORE_YAML = CORE / "_core__models.yml"
BRIDGES_YAML = CORE / "_own_fields__models.yml"
MEASURES = Path("models/semantic")
BACKLOG = MEASURES / "backlog.yml"
SQL_TYPES = {
    "text": "varchar", "option": "varchar", "options": "varchar", "number": "double",
    "boolean": "boolean", "date": "date", "datetime": "timestamp",
}  # fmt: skip
MOMENTS = {"creation": "at creation", "close": "at close"}
LONGEST_TEXT = 200
# Types that would be dates on which a source counts. The backlog has one such date.
DATED = ("date", "datetime")


def files_of_fields(
    files: Mapping[Path, Path], fields: Sequence[Mapping[str, Any]]
) -> dict[Path, str]:
    """The files of the dbt project that own fields change or add, by path."""
    if not fields:
        return {}
    declared = [ResolvedField(**one) for one in fields]
    generated = {MACRO: macro_of(fields)}
    generated[CORE_YAML] = _with_columns(_read(files[CORE_YAML]), declared)
    for object_type, name in SEMANTIC.items():
        path = MEASURES / f"{name}.yml"
        if own := [one for one in declared if one.object == object_type]:
            generated[path] = _with_semantics(_read(files[path]), own)
    if filters := [one for one in declared if one.is_filter and one.type not in DATED]:
        generated[BACKLOG] = _with_filters(_read(files[BACKLOG]), filters)
    bridged = [one for one in declared if has_bridge(one)]
    for one in bridged:
        generated[CORE / f"{bridge_of(one)}.sql"] = f"{{{{ bridge_ticket_field('{one.name}') }}}}\n"
    if bridged:
        generated[BRIDGES_YAML] = _written(
            {"version": 2, "models": [_bridge(one) for one in bridged]}
        )
    return generated


def has_bridge(one: ResolvedField) -> bool:
    return one.is_many and one.object == "ticket"


def bridge_of(one: ResolvedField) -> str:
    return f"bridge_ticket_{one.name}"


def macro_of(fields: Iterable[Mapping[str, Any]]) -> str:
    """The macro `own_fields` that returns these fields."""
    listed = "".join(f"        {_literal(one)},\n" for one in fields)
    return (
        "{#- Made of the settings; docs/own-fields.md. -#}\n"
        "{% macro own_fields(object=none) %}\n"
        f"    {{%- set fields = [\n{listed}    ] -%}}\n"
        "    {{ return(fields | selectattr('object', 'equalto', object) | list "
        "if object else fields) }}\n"
        "{% endmacro %}\n"
    )


def _literal(value: object) -> str:
    """A value as a Jinja literal.

    All special characters of a text are escaped, so that it contains no tag, comment or quote.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    escaped = re.sub(r"[^A-Za-z0-9 _.,:;()/-]", lambda found: _escape(found[0]), str(value))
    return f"'{escaped}'"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"


def shown(text: str) -> str:
    """Text from outside for dbt's YAML, without Jinja tags, line ends and control characters."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    plain = re.sub(r"(?<=[{}%#])(?=[{}%#])", " ", " ".join(plain.split()))
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 1] + "…"


def _read(path: Path) -> dict[str, Any]:
    # The fastest loader, because every process runs this when it starts.
    declared: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return declared


def _written(declared: Mapping[str, Any]) -> str:
    text: str = yaml.dump(
        declared, Dumper=yaml.CSafeDumper, sort_keys=False, width=10_000, allow_unicode=True
    )
    return text


def _with_columns(declared: dict[str, Any], fields: Sequence[ResolvedField]) -> str:
    models = {model["name"]: model for model in declared["models"]}
    for one in fields:
        models[MARTS[one.object]]["columns"] += _columns(one)
    return _written(declared)


def _columns(one: ResolvedField) -> list[dict[str, Any]]:
    own = {"label": shown(one.label), "type": one.type, "field": shown(one.sources[0]["field"])}
    meta = {"own_field": own, "is_many": one.is_many, "is_filter": one.is_filter}
    columns = [
        {
            "name": one.name,
            "data_type": SQL_TYPES[one.type],
            "description": shown(one.description),
            "config": {"meta": meta},
        }
    ]
    for moment in one.at:
        own = {**own, "label": f"{own['label']} ({MOMENTS[moment]})", "at": moment}
        columns.append(
            {
                "name": f"{one.name}_at_{moment}",
                "data_type": SQL_TYPES[one.type],
                "description": _description_at(one, moment),
                "config": {"meta": {"own_field": own, "is_many": one.is_many, "is_filter": False}},
            }
        )
    return columns


def _description_at(one: ResolvedField, moment: str) -> str:
    when = {
        "creation": "when the ticket was created",
        "close": "when the ticket was last closed; null unless it is closed",
    }
    return f"{shown(one.label)} {when[moment]}, from the history of the field."


def _bridge(one: ResolvedField) -> dict[str, Any]:
    label = shown(one.label)
    return {
        "name": bridge_of(one),
        "description": f"One row per ticket and value of {label} that it has now.",
        "config": {
            "meta": {
                "key": ["ticket_key", "value"],
                "relations": {"ticket_key": {"model": "fct_tickets", "column": "ticket_key"}},
            }
        },
        "columns": [
            {
                "name": "ticket_key",
                "data_type": "varchar",
                "constraints": [{"type": "not_null"}],
                "description": "Key of the ticket across help desks, `source_system:ticket_id`.",
            },
            {
                "name": "value",
                "data_type": "varchar",
                "constraints": [{"type": "not_null"}],
                "description": "The value as the help desk stores it.",
            },
            {
                "name": "label",
                "data_type": "varchar",
                "constraints": [{"type": "not_null"}],
                "description": "The value as people see it; the value where it has no label.",
            },
        ],
    }


def _with_semantics(declared: dict[str, Any], fields: Sequence[ResolvedField]) -> str:
    (model,) = declared["semantic_models"]
    for one in fields:
        model["dimensions"] += _dimensions(one)
        model["measures"] += _measures(one)
        declared["metrics"] += _metrics(one)
    return _written(declared)


def _with_filters(declared: dict[str, Any], filters: Sequence[ResolvedField]) -> str:
    """The backlog with the declared filters, which are columns of its mart like of every report."""
    (model,) = declared["semantic_models"]
    model["dimensions"] += [
        {
            "name": one.name,
            "type": "categorical",
            "label": shown(one.label),
            "description": shown(f"{one.label} of the ticket now, on every date."),
            "config": {"meta": {"own_field": True}},
        }
        for one in filters
    ]
    return _written(declared)


def _dimensions(one: ResolvedField) -> list[dict[str, Any]]:
    described = {one.name: (shown(one.label), shown(one.description))}
    for moment in one.at:
        label = f"{shown(one.label)} ({MOMENTS[moment]})"
        described[f"{one.name}_at_{moment}"] = (label, _description_at(one, moment))
    dimensions = []
    for name, (label, description) in described.items():
        meta: dict[str, Any] = {"own_field": True}
        if one.type == "datetime":
            meta |= {"type": "timestamp", "detail": True}
        if has_bridge(one) and name == one.name:
            # Tags have no labels, so their values are shown.
            shown_as = "label" if one.include is None else "value"
            meta["bridge"] = {"model": bridge_of(one), "key": "ticket_key", "value": shown_as}
        kind: dict[str, Any] = {"type": "categorical"}
        if one.type == "date":
            kind = {"type": "time", "type_params": {"time_granularity": "day"}}
        dimensions.append(
            {"name": name, **kind, "label": label, "description": description,
             "config": {"meta": meta}}
        )  # fmt: skip
    return dimensions


def _measures(one: ResolvedField) -> list[dict[str, Any]]:
    aggregations = {"sum": "sum", "median": "median", "count": "count"}
    return [
        {"name": name, "expr": one.name, "agg": aggregations[what], "label": _label(one, what)}
        for name in measure_names(one)
        if (what := name.rpartition("_")[2]) in aggregations
    ]


def _label(one: ResolvedField, what: str) -> str:
    label = shown(one.label)
    return {
        "sum": f"Total {label}",
        "average": f"Average {label}",
        "median": f"Median {label}",
        "count": f"{SEMANTIC[one.object].capitalize()} with {label}",
    }[what]


def _metrics(one: ResolvedField) -> list[dict[str, Any]]:
    described = {
        "sum": "Sum of {label}.",
        "average": "{label} on average, of those that have a value.",
        "median": "Half have no more. It cannot be added up over groups: saved reports show it "
        "next to the average.",
        "count": "How many have a value of {label}.",
    }
    metrics = []
    for name in measure_names(one):
        what = name.rpartition("_")[2]
        metric: dict[str, Any] = {
            "name": name,
            "label": _label(one, what),
            "description": described[what].format(label=shown(one.label)),
        }
        if what == "average":
            parts = {"numerator": f"{one.name}_sum", "denominator": f"{one.name}_count"}
            metric |= {"type": "ratio", "type_params": parts}
        else:
            metric |= {"type": "simple", "type_params": {"measure": name}}
        if one.object == "ticket" and what != "average":
            metric["filter"] = "{{ Dimension('ticket__is_excluded') }} = false"
        meta: dict[str, Any] = {"format": "count" if what == "count" else "decimal"}
        if what != "count":
            meta["fractional"] = True
        if what == "median":
            meta["base_metric"] = f"{one.name}_average"
        metric["config"] = {"meta": {**meta, "own_field": True}}
        metrics.append(metric)
    return metrics
