"""The tools that describe what can be asked: sources, measures, dimensions and reports."""

from helpdesk.mcp import arguments
from helpdesk.mcp.figures import measure_in_words
from helpdesk.mcp.opened import Opened, Row, cut
from helpdesk.reports.catalogue import TICKETS, Field, Measure, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.query import LARGEST_OFFSET, Limits, read_query
from helpdesk.reports.search import search
from helpdesk.reports.tickets import has_tickets
from helpdesk.serve.answers import named_row

MOST_FOUND = 50
# Values that a search looks through.
MOST_SEARCHED = 10_000
VALUED = ("key", "text", "boolean")


def list_metrics(opened: Opened, given: arguments.ListMetrics) -> Row:
    """All sources with the names of their measures and fields, or what a search finds."""
    if given.source:
        opened.source(given.source)
    if given.search:
        found = search(opened.catalogue, given.search, given.source)
        return {
            **opened.head(),
            "found": [
                {"source": one.source, "kind": one.kind, "name": one.name, "label": one.label,
                 "definition": one.description}
                for one in found[:MOST_FOUND]
            ],
            "left_off": max(0, len(found) - MOST_FOUND),
        }  # fmt: skip
    names = [given.source] if given.source else opened.catalogue.primary
    return {
        **opened.head(),
        "sources": [_source(opened.catalogue.sources[name]) for name in names],
        "note": "Each average comes with its median and 90th percentile. A source other than "
        f"{TICKETS} is also filtered and broken down by the fields of the ticket.",
    }


def describe_metric(opened: Opened, given: arguments.DescribeMetric) -> Row:
    """A measure: its definition, its date, its parts, and the fields to break it down by."""
    source = opened.source(given.source)
    measure = source.measures.get(given.metric)
    if measure is None:
        raise ReportError(
            f"metric: {source.name} has no {given.metric!r}{nearest(given.metric, source.measures)}"
        )
    dated = source.fields.get(measure.date)
    missing = opened.missing({*source.requires, *measure.requires})
    return {
        **opened.head(),
        **measure_in_words(measure),
        "source": {"name": source.name, "definition": source.description},
        "is_level": source.is_point_in_time,
        "date": {"name": dated.name, "definition": dated.description} if dated else None,
        "parts": [measure_in_words(one) for one in _parts(source, measure)],
        "needs_one_of": list(measure.within),
        "dimensions": [_in_short(one) for one in source.fields.values() if not one.is_detail],
        "dimensions_of_the_ticket": _of_ticket(opened, source),
        "has_tickets": has_tickets(source),
        "tables_without_data": missing,
    }


def describe_dimension(opened: Opened, given: arguments.DescribeDimension) -> Row:
    """A field: its definition, and its values with the number of rows of each."""
    source = opened.source(given.source)
    field = _field(opened, source, given.field)
    found = {
        **opened.head(),
        **_in_short(field),
        "definition": field.description,
        "source": field.source,
        "synonyms": list(field.synonyms),
        "has_several_values": field.bridge is not None,
    }
    counted = _row_count(source)
    if field.type not in VALUED or field.is_detail or counted is None:
        return found | {"values": [], "left_off": 0, "note": "Its values are not listed."}
    # Names of customers need the setting include_personal_data; their keys are shown.
    name = field.name if field.source == source.name else f"{field.source}.{field.name}"
    asked = read_query(
        [("source", source.name), ("measure", counted.name), ("by", name), ("date", "own"),
         ("sort", f"-{counted.name}"), ("limit", str(MOST_SEARCHED))],
        opened.catalogue, {}, Limits(MOST_SEARCHED, LARGEST_OFFSET),
    )  # fmt: skip
    table = opened.answers.table(opened.build, asked, opened.catalogue)
    rows = [named_row(table.statement, row) for row in table.rows]
    values = [
        cut({"value": row[asked.by[0]]}
            | ({"name": row[f"{asked.by[0]}.name"]} if f"{asked.by[0]}.name" in row else {})
            | {counted.name: row[counted.name]})
        for row in rows
    ]  # fmt: skip
    wanted = given.search.lower()
    values = [
        one for one in values
        if wanted in f"{one['value']} {one.get('name') or ''}".lower()
    ]  # fmt: skip
    return found | {
        "counted_by": measure_in_words(counted),
        "values": values[: given.limit],
        "left_off": max(0, len(values) - given.limit),
        "notes": [*table.notes, *_cut_off(table.has_more)],
    }


def list_reports(opened: Opened, _: arguments.Nothing) -> Row:
    """The saved and prebuilt reports, with their questions and definitions."""
    return {
        **opened.head(),
        "reports": [
            {
                "name": one.name,
                "id": one.id,
                "title": one.title,
                "question": one.question,
                "definition": one.definition,
                "source": one.source.name,
                "measures": [measure.name for measure in one.measures],
                "dimensions": [dimension.called for dimension in one.dimensions],
            }
            for one in opened.definitions.reports
        ],
        "reports_with_errors": list(opened.definitions.broken.values()),
    }


def _source(source: Source) -> Row:
    return {
        "name": source.name,
        "label": source.label,
        "definition": source.description,
        "is_level": source.is_point_in_time,
        "has_tickets": has_tickets(source),
        "measures": {one.name: one.label for one in source.measures.values()
                     if not one.base_metric},
        "fields": {one.name: one.label for one in source.fields.values() if not one.is_detail},
        "fields_for_filters": {one.name: one.label for one in source.fields.values()
                               if one.is_detail},
    }  # fmt: skip


def _in_short(field: Field) -> Row:
    found: Row = {"name": field.name, "label": field.label, "type": field.type}
    return found | ({"values": list(field.values)} if field.values else {})


def _parts(source: Source, measure: Measure) -> list[Measure]:
    names = (measure.sum, measure.minus, measure.denominator, measure.base_metric)
    parts = [source.measures[one] for one in names if one and one != measure.name]
    return parts + [one for one in source.measures.values() if one.base_metric == measure.name]


def _of_ticket(opened: Opened, source: Source) -> list[str]:
    if source.name == TICKETS or not has_tickets(source) or "ticket" not in source.fields:
        return []
    theirs = opened.catalogue.sources[TICKETS].fields.values()
    return [one.name for one in theirs if not one.is_detail and one.name not in source.fields]


def _field(opened: Opened, source: Source, name: str) -> Field:
    fields = source.fields
    if name not in fields and name in _of_ticket(opened, source):
        fields = opened.catalogue.sources[TICKETS].fields
    if name not in fields:
        known = [*source.fields, *_of_ticket(opened, source)]
        raise ReportError(f"field: {source.name} has no {name!r}{nearest(name, known)}")
    return fields[name]


def _row_count(source: Source) -> Measure | None:
    """The measure with the number of rows: it counts a key that every row has."""
    plain = [one for one in source.measures.values()
             if one.format == "count" and not one.denominator and not one.within]  # fmt: skip
    keyed = [one for one in plain
             if one.aggregation == "count" and one.sql.endswith(("_key", "_id"))]  # fmt: skip
    return next(iter([*keyed, *plain]), None)


def _cut_off(has_more: bool) -> list[str]:
    return [f"Only the {MOST_SEARCHED:,} most frequent values were looked through."] * has_more
