"""Random reports of the catalogue: sources, joins, measures, dimensions, filters, charts."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

from helpdesk.reports.catalogue import Catalogue, Field, Source, is_reported
from helpdesk.reports.definition import CHARTS, NEEDED_PARTS, SORTS
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import report_text
from helpdesk.reports.query import declared_report

REPORTS = int(os.environ.get("HELPDESK_RANDOM_REPORTS", "30"))
SEED = 20_261_201
# Words that the simulated help desk has.
WORDS = ("high", "urgent", "email", "agent", "incoming", "open", "o'brien", "x")


def random_reports(catalogue: Catalogue, seed: int = SEED) -> dict[str, str]:
    """The texts of the reports' files by name."""
    chance = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < REPORTS:
        name = f"random_{len(found):03}"
        declared = {"title": name.replace("_", " "), "page": "random", **_report(catalogue, chance)}
        try:
            typed, _ = declared_report(declared, catalogue)
        except ReportError:
            # Parts that do not belong together, as a reader could choose them too.
            continue
        found[name] = report_text(typed)
    return found


def _report(catalogue: Catalogue, chance: random.Random) -> dict[str, Any]:
    source = catalogue.sources[chance.choice(catalogue.primary)]
    fields = [*_fields(source, ""), *_joined(source, catalogue)]
    dimensions = _some(chance, [name for name, one in fields if _is_dimension(one)], 0, 3)
    measures = _some(
        chance, [one.name for one in source.measures.values() if is_reported(one, source)], 1, 3
    )
    filters = [_filter(chance, fields) for _ in range(chance.randint(0, 2))]
    chart = chance.choice(CHARTS)
    parts = NEEDED_PARTS.get(chart, chance.choice(((), ("series",), ("axis",))))
    used = [dimensions, *([one.get("field")] for one in filters)]
    prefixes = {str(name).partition(".")[0] for some in used for name in some if "." in str(name)}
    prefixes |= {
        str(one["field"]).partition(".")[0]
        for item in filters
        for one in item.get("any", ())
        if "." in one["field"]
    }
    dates = [one.name for one in source.fields.values() if one.is_date]
    return {
        "source": source.name,
        "join": sorted(prefixes),
        "measures": measures,
        "dimensions": dimensions,
        "filters": filters,
        "chart": chart,
        "grain": chance.choice(("day", "week", "month")),
        **dict(zip(parts, dimensions, strict=False)),
        **({"date": chance.choice([*dates, "own"])} if chance.random() < 0.3 else {}),
        **({"sort": chance.choice(SORTS)} if parts and chance.random() < 0.3 else {}),
        **({"limit": chance.randint(1, 5)} if parts and chance.random() < 0.4 else {}),
    }


def _some(chance: random.Random, names: list[str], least: int, most: int) -> list[str]:
    return chance.sample(names, min(len(names), chance.randint(least, most)))


def _fields(source: Source, prefix: str) -> Iterator[tuple[str, Field]]:
    for field in source.fields.values():
        yield f"{prefix}{field.name}", field


def _joined(source: Source, catalogue: Catalogue) -> Iterator[tuple[str, Field]]:
    """The fields of the sources to which one key leads."""
    targets = [catalogue.source_of_key(one.name) for one in source.fields.values() if one.is_key]
    for target in dict.fromkeys(targets):
        if target is not source and targets.count(target) == 1:
            for name, field in _fields(target, f"{target.name}."):
                # Of customers the name is personal data.
                # A key of the target itself is that of the source, too.
                is_own = field.is_key and (field.name in target.keys or not target.is_primary)
                if target.name != "contacts" and not is_own:
                    yield name, field


def _is_dimension(field: Field) -> bool:
    return not (field.is_detail or field.is_date or field.bridge or field.type == "timestamp")


def _filter(chance: random.Random, fields: list[tuple[str, Field]]) -> dict[str, Any]:
    if chance.random() < 0.25:
        return {"any": [_condition(chance, fields) for _ in range(chance.randint(2, 3))]}
    return _condition(chance, fields)


def _condition(chance: random.Random, fields: list[tuple[str, Field]]) -> dict[str, Any]:
    name, field = chance.choice(fields)
    if chance.random() < 0.2:
        return {"field": name, "filled": chance.random() < 0.7}
    if field.type == "boolean":
        return {"field": name, "is": chance.random() < 0.5}
    if field.type == "number":
        return {"field": name, chance.choice(("at_least", "at_most")): chance.randint(0, 20)}
    if field.type == "date":
        day = f"2026-0{chance.randint(1, 6)}-15"
        return {"field": name, chance.choice(("at_least", "at_most")): day}
    if field.type == "timestamp":
        return {"field": name, "at_least": f"2026-0{chance.randint(1, 6)}-15T12:00:00Z"}
    values = list(field.values or WORDS)
    kind = chance.choice(("is", "is_not"))
    return {"field": name, kind: chance.sample(values, min(len(values), chance.randint(1, 2)))}
