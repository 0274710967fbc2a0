"""The report builder of the pages: its fields, previews, and what files declare.

A declaration is the content of a report's file as JSON, and the code that reads files checks it. An
answer has the form that pages know from the files of a build.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from helpdesk.dashboards.definitions import Report
from helpdesk.dashboards.live import LiveReport
from helpdesk.dashboards.pages import describe_alongside
from helpdesk.reports.definition import Alongside
from helpdesk.reports.errors import ReportError
from helpdesk.reports.fields import fields_of
from helpdesk.reports.files import digest
from helpdesk.reports.lines import Lines
from helpdesk.reports.query import declared_report, is_added, narrowed
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import read_report, shown_path
from helpdesk.serve.definitions import Definitions
from helpdesk.serve.guard import Refusal
from helpdesk.serve.options import Options
from helpdesk.serve.pages import Pages, by_name
from helpdesk.serve.warehouse import Build, Warehouse

# A report counts few things; a longer declaration is something else.
LONGEST_DECLARATION = 6000
MOST_PARTS = 20


def fields(definitions: Definitions, with_people: bool) -> dict[str, Any]:
    """The catalogue for the builder."""
    return fields_of(definitions.catalogue, with_people)


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

    def report(
        self,
        definitions: Definitions,
        single: Mapping[str, str],
        choices: Sequence[tuple[str, str]] = (),
    ) -> SavedReport:
        """The report of a declaration, or that of a file, with the filters that a reader adds."""
        catalogue, added = definitions.catalogue, [one for one in choices if is_added(one[0])]
        if "declaration" in single:
            found, report = declared_report(declaration_in(single["declaration"]), catalogue)
            return narrowed(found, report.name, added, catalogue) if added else report
        slug = single.get("report", "").lower()
        if slug in definitions.broken:
            raise ReportError(definitions.broken[slug])
        if slug not in definitions.files:
            raise Refusal(404, "There is no report of this name.")
        path = definitions.files[slug]
        report = read_report(path, catalogue)
        if not added:
            return report
        content = Lines(path, shown_path(path)).content or {}
        return narrowed(content, report.name, added, catalogue)

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

        def computed(report: SavedReport, is_whole: bool) -> tuple[Report, dict[str, Any]]:
            live = LiveReport(
                report, definitions.catalogue, definitions.project, definitions.pages, is_whole,
                self.options.with_people,
            )  # fmt: skip
            with self.warehouse.session(build, gone) as connection:
                return live.report, live.answer(connection, build.calendar, desk, chosen)

        def filtered_by(report: SavedReport) -> set[str]:
            known = definitions.catalogue.dimensions(report.source)
            fields = {name.rpartition(".")[0] for name, _ in choices if is_added(name)}
            return {one for one in fields if one in known}

        _, found = computed(report, is_whole)
        for other, difference in _alongside(report, definitions.reports):
            # A report without the field of a filter would be of other tickets.
            if filtered_by(other) != filtered_by(report):
                continue
            narrow = self.report(definitions, {"report": other.id}, choices)
            shown, answer = computed(narrow, False)
            found["definition"]["alongside"].append(
                describe_alongside(Alongside(shown, difference))
            )
            found["results"][f"alongside_{shown.slug}"] = answer["results"]["trend"]
        return found


def _alongside(
    report: SavedReport, reports: Iterable[SavedReport]
) -> Iterator[tuple[SavedReport, str]]:
    """The other reports in its chart, and the labels of the difference from them."""
    by_id = {one.id.lower(): one for one in reports}
    for name, difference in report.alongside:
        other = by_id.get(name.lower())
        if other is None:
            raise ReportError(f"alongside: there is no report {name}")
        if not (report.is_count_over_time and other.is_count_over_time):
            raise ReportError(
                f"alongside: a count over time and another one are needed, not {name}"
            )
        yield other, difference
