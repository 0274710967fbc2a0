"""The catalogue as JSON for the report builder of the pages: sources, joins, measures, fields."""

from collections.abc import Iterator
from typing import Any

from helpdesk.reports.catalogue import Catalogue, Field, Measure, Source, is_reported
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.definition import CHARTS, MOST_MEMBERS, NEEDED_PARTS, SORTS, STACKED
from helpdesk.reports.live import is_personal
from helpdesk.reports.saved import GRAINS, TAKEN_PAGES

AGGREGATIONS = {"count": "count", "sum_boolean": "count", "sum": "sum", "median": "median",
                "percentile": "percentile", "derived": "score"}  # fmt: skip
# The parts of a chart that a report may leave out.
OPTIONAL_PARTS = {"line": ("series",), "area": ("series",), "bar": ("axis", "series"),
                  "table": ("axis", "series")}  # fmt: skip


def fields_of(catalogue: Catalogue, with_people: bool = False) -> dict[str, Any]:
    """All that a report can be made of. `with_people`: names of customers too."""
    sources = catalogue.sources.values()
    return {
        "sources": [_source(one, catalogue, with_people) for one in sources],
        "charts": [
            {
                "name": one,
                "needs": NEEDED_PARTS.get(one, ()),
                "may": OPTIONAL_PARTS.get(one, ()),
                "stacks": one in STACKED,
            }
            for one in CHARTS
        ],
        "grains": GRAINS,
        "sorts": SORTS,
        "most_members": MOST_MEMBERS,
        "comparisons": COMPARISONS,
        "taken": TAKEN_PAGES,
    }


def field_of(field: Field) -> dict[str, Any]:
    """A field for clients."""
    return {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "type": field.type,
        "is_detail": field.is_detail,
        "has_several_values": field.bridge is not None,
        "synonyms": field.synonyms,
        "values": field.values,
        "names": field.names,
    }


def _source(source: Source, catalogue: Catalogue, with_people: bool) -> dict[str, Any]:
    return {
        "name": source.name,
        "label": source.label,
        "description": source.description,
        "is_primary": source.is_primary,
        "date": source.date,
        "joins": [*_joins(source, catalogue)],
        "measures": [_measure(one) for one in source.measures.values() if is_reported(one, source)],
        "fields": [
            field_of(one) for one in source.fields.values() if with_people or not is_personal(one)
        ],
        "filters": [*catalogue.dimensions(source)],
    }


def _joins(source: Source, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The sources that a key leads to, with the key's own label."""
    for field in source.fields.values():
        target = catalogue.source_of_key(field.name) if field.is_key else source
        if target is not source:
            yield {"source": target.name, "by": field.name, "label": field.label}


def _measure(measure: Measure) -> dict[str, Any]:
    aggregation = AGGREGATIONS.get(measure.aggregation)
    return {
        "name": measure.name,
        "label": measure.label,
        "description": measure.description,
        "format": measure.format,
        "aggregation": aggregation or ("share" if measure.format == "percent" else "average"),
        # A percentile is of the single values of its average.
        "has_values": measure.has_values or bool(measure.base_metric),
        "has_n": bool(measure.denominator or measure.base_metric),
        "has_minus": bool(measure.minus),
        "sum": measure.sum,
        "base": measure.base_metric,
        "within": measure.within,
    }
