"""The catalogue and the saved reports, read again when their files change."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.dashboards.definitions import Definitions as PageDefinitions
from helpdesk.dashboards.definitions import read_definitions
from helpdesk.dashboards.widgets import read_widgets
from helpdesk.dashboards.widgets.kinds import Widgets
from helpdesk.reports.catalogue import Catalogue, read_catalogue
from helpdesk.reports.declaration import Project, read_project
from helpdesk.reports.errors import ReportError
from helpdesk.reports.fields import field_of
from helpdesk.reports.models import report_files
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import PREBUILT, REPORTS, read_report
from helpdesk.reports.tickets import has_tickets
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import read_manifest
from helpdesk.transform.runner import manifest_file

logger = logging.getLogger("helpdesk.serve")
# The shortest time between two looks at the files.
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Definitions:
    """The catalogue and the reports. `stamp` changes whenever their files change.

    `pages` and `widgets` are what the models of a build declare. `broken` has the errors of
    invalid files by name.
    """

    stamp: str
    catalogue: Catalogue
    project: Project
    pages: PageDefinitions
    widgets: Widgets
    files: Mapping[str, Path]
    reports: tuple[SavedReport, ...]
    broken: Mapping[str, str]

    def metrics(self) -> dict[str, Any]:
        """The catalogue: sources with their measures and fields."""
        return {"sources": [_source(one) for one in self.catalogue.sources.values()]}

    def listed(self) -> dict[str, Any]:
        """The saved and prebuilt reports, and the errors of invalid files."""
        return {
            "reports": [_report(one) for one in self.reports],
            "problems": [*self.broken.values()],
        }


class Reader:
    """Reads definitions and keeps them until their files change."""

    def __init__(self, own: Path = REPORTS) -> None:
        self.own = own
        self._lock = threading.Lock()
        self._looked = 0.0
        self._current: Definitions | None = None

    def definitions(self) -> Definitions:
        """The present definitions. Runs in a thread."""
        with self._lock:
            now = time.monotonic()
            if self._current is None:
                # Parses the project if its manifest is older than its files.
                ensure_manifest()
            elif now - self._looked < LOOK_SECONDS:
                return self._current
            self._looked = now
            stamp = self._stamp()
            if self._current is None or self._current.stamp != stamp:
                try:
                    self._current = self._read(stamp)
                except (OSError, ValueError, KeyError) as error:
                    if self._current is None:
                        raise
                    # The manifest may just be written: keep the definitions that were read before.
                    logger.error("the definitions cannot be read: %s", error)
            return self._current

    def look(self) -> None:
        """Look at the files at the next request: one was saved."""
        with self._lock:
            self._looked = 0.0

    def _read(self, stamp: str) -> Definitions:
        manifest = read_manifest(manifest_file())
        catalogue = read_catalogue(manifest)
        files: dict[str, Path] = {}
        reports, broken = [], {}
        for path in self._files():
            try:
                report = read_report(path, catalogue)
            except ReportError as error:
                broken[path.stem] = str(error)
                continue
            reports.append(report)
            files |= {report.id.lower(): path, report.name: path}
        project, pages = read_project(manifest), read_definitions(manifest)
        widgets = read_widgets(manifest)
        return Definitions(stamp, catalogue, project, pages, widgets, files, tuple(reports), broken)

    def _files(self) -> Iterator[Path]:
        for folder in (PREBUILT, self.own):
            yield from report_files(folder)

    def _stamp(self) -> str:
        found = []
        for path in (manifest_file(), *self._files()):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append(f"{path}|{status.st_mtime_ns}|{status.st_size}")
        return "\n".join(found)


def _source(source: Any) -> dict[str, Any]:
    return {
        "name": source.name,
        "label": source.label,
        "description": source.description,
        "is_primary": source.is_primary,
        "is_point_in_time": source.is_point_in_time,
        "has_tickets": has_tickets(source),
        "keys": source.keys,
        "measures": [
            {
                "name": one.name,
                "label": one.label,
                "description": one.description,
                "format": one.format,
                "date": one.date,
                "sum": one.sum,
                "denominator": one.denominator,
                "base_metric": one.base_metric,
                "within": one.within,
                "requires": one.requires,
            }
            for one in source.measures.values()
        ],
        "fields": [field_of(one) for one in source.fields.values()],
    }


def _report(report: SavedReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "id": report.id,
        "title": report.title,
        "question": report.question,
        "definition": report.definition,
        "page": report.page,
        "chart": report.chart,
        "grain": report.grain,
        "source": report.source.name,
        "date": "own" if report.has_own_dates else report.date.name,
        "is_point_in_time": report.is_point_in_time,
        "has_tickets": has_tickets(report.source),
        "measures": [
            {"name": one.name, "called": one.called, "label": one.label, "format": one.format,
             "denominator": one.denominator}
            for one in report.measures
        ],
        "dimensions": [
            {"name": one.called, "label": one.label,
             "field": f"{one.place.source.name}.{one.field.name}"}
            for one in report.dimensions
        ],
        "filters": [
            {"field": one.place.field.name, "comparison": one.comparison,
             "values": [str(value) for value in one.values]}
            for one in report.conditions
        ],
        "axis": report.axis.called if report.axis else None,
        "series": report.series.called if report.series else None,
        "rows": report.rows.called if report.rows else None,
        "recency_note": report.recency_note,
    }  # fmt: skip
