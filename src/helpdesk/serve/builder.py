"""The report builder of the pages: its fields, previews, and what files declare.

A declaration is the content of a report's file as JSON, and the code that reads files checks it. An
answer has the form that pages know from the files of a build.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from helpdesk.dashboards.live import LiveReport
from helpdesk.reports.catalogue import Catalogue, Measure, Source
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.definition import CHARTS, NEEDED_PARTS
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import digest
from helpdesk.reports.lines import Lines
from helpdesk.reports.query import declared_report
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import GRAINS, OWN_DATES, read_report, shown_path
from helpdesk.serve.definitions import Definitions, field_of
from helpdesk.serve.guard import Refusal
from helpdesk.serve.options import Options
from helpdesk.serve.pages import Pages, by_name
from helpdesk.serve.warehouse import Build, Warehouse

# A report counts few things; a longer declaration is something else.
LONGEST_DECLARATION = 6000
MOST_PARTS = 20
AGGREGATIONS = {"count": "count", "sum_boolean": "count", "sum": "sum", "median": "median",
                "percentile": "percentile", "derived": "score"}  # fmt: skip


def fields(definitions: Definitions) -> dict[str, Any]:
    """The catalogue for the builder: sources, the joins from each, measures and fields."""
    catalogue = definitions.catalogue
    return {
        "sources": [_source(one, catalogue) for one in catalogue.sources.values()],
        "charts": [{"name": one, "needs": NEEDED_PARTS.get(one, ())} for one in CHARTS],
        "grains": GRAINS,
        "comparisons": COMPARISONS,
    }


def declaration_in(text: str) -> dict[str, Any]:
    """The declaration in a text of JSON. Raises ReportError."""
    try:
        found = json.loads(text) if len(text) <= LONGEST_DECLARATION else None
    except ValueError as error:
        raise ReportError("the report is not JSON") from error
    if not isinstance(found, dict):
        raise ReportError(
            f"a report of at most {LONGEST_DECLARATION:,} characters is expected, as JSON"
        )
    for key in ("measures", "dimensions", "filters", "join"):
        if isinstance(found.get(key), list) and len(found[key]) > MOST_PARTS:
            raise ReportError(f"{key}: at most {MOST_PARTS} are allowed")
    return found


def declared(definitions: Definitions, slug: str, own: Path) -> dict[str, Any]:
    """The content of a report's file, with the digest that a later save compares."""
    path = definitions.files.get(slug)
    error = ""
    if path is None and slug in definitions.broken:
        path, error = own / f"{slug}.yml", definitions.broken[slug]
    if path is None:
        raise Refusal(404, "There is no file of a report with this name.")
    try:
        content = None if error else Lines(path, shown_path(path)).content
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ReportError) as problem:
        content, text, error = None, "", str(problem)
    return {
        "name": path.stem,
        "is_own": path.parent == own,
        "declaration": content,
        "text": text,
        "digest": digest(text),
        "error": error,
    }


class Previews:
    """Computes reports that no build has a model for."""

    def __init__(self, options: Options, warehouse: Warehouse, pages: Pages) -> None:
        self.options = options
        self.warehouse = warehouse
        self.pages = pages

    def report(self, definitions: Definitions, single: Mapping[str, str]) -> SavedReport:
        """The report of a declaration, or that of a file."""
        if "declaration" in single:
            found = declaration_in(single["declaration"])
            return declared_report(found, definitions.catalogue)[1]
        slug = single.get("report", "").lower()
        if slug in definitions.broken:
            raise ReportError(definitions.broken[slug])
        if slug not in definitions.files:
            raise Refusal(404, "There is no report of this name.")
        return read_report(definitions.files[slug], definitions.catalogue)

    def answer(
        self,
        definitions: Definitions,
        build: Build,
        report: SavedReport,
        folder: str,
        is_whole: bool,
        choices: Sequence[tuple[str, str]],
        gone: Event,
    ) -> dict[str, Any]:
        """Definition, members and figures. `folder`: the data that the page was loaded with."""
        desk = self.pages.desk(folder)
        try:
            chosen = by_name(choices)
        except ValueError as error:
            raise Refusal(400, "The choices have a value that no page offers.") from error
        live = LiveReport(
            report, definitions.catalogue, definitions.project, definitions.pages, is_whole,
            self.options.with_people,
        )  # fmt: skip
        with self.warehouse.session(build, gone) as connection:
            return live.answer(connection, build.calendar, desk, chosen)


def _source(source: Source, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "name": source.name,
        "label": source.label,
        "description": source.description,
        "is_primary": source.is_primary,
        "is_level": source.is_point_in_time,
        "date": source.date,
        "own_dates": OWN_DATES,
        "joins": [*_joins(source, catalogue)],
        "measures": [_measure(one) for one in source.measures.values()],
        "fields": [field_of(one) for one in source.fields.values()],
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
        "date": measure.date,
        "has_values": measure.has_values,
        "has_n": bool(measure.denominator),
        "base": measure.base_metric,
        "within": measure.within,
    }
