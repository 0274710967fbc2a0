"""Runs a vendor's dlt source into the landing folder, slice by slice.

Rows are appended as gzipped JSON Lines, `LANDING/<vendor>/<stream>/<load>.<file>.jsonl.gz`. A
changed object is written again, and the newest version counts. Each slice is one load of dlt, which
commits rows and cursor together: an interrupted run loses only its current slice, and the next run
continues after the last complete one. The cursors are in the landing folder too, so it can move.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# dlt reads this when it is imported. It disables telemetry.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
from dlt.destinations.impl.filesystem.filesystem import CURRENT_VERSION, INIT_FILE_NAME
from dlt.pipeline.exceptions import PipelineStepFailed

from helpdesk.core.errors import HelpdeskError, IngestError
from helpdesk.core.paths import private_folder
from helpdesk.extract.progress import Progress

WORK = ".dlt"
LAYOUT = "{table_name}/{load_id}.{file_id}.{ext}"


@dataclass
class Slice:
    """The number of requests until the fetched rows are written. `progress` is of the whole run.

    A source counts each request to the API. Once `is_spent`, it stops at the next point where it
    can continue later.
    """

    requests: int
    spent: int = 0
    progress: Progress = field(default_factory=Progress)

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.requests

    def spend(self) -> None:
        self.spent += 1


@dataclass
class Ingested:
    """The result of a run: rows by stream, and fields that the vendor did not send before."""

    rows: dict[str, int] = field(default_factory=dict)
    new_fields: list[str] = field(default_factory=list)

    def summary(self, vendor: str) -> str:
        """A line for the console with the fetched rows."""
        listed = ", ".join(f"{count:,} {stream}" for stream, count in self.rows.items())
        return f"{vendor}: fetched {listed or 'nothing new'}"


def ingest(
    vendor: str,
    source: Callable[[Slice], Any],
    landing: Path,
    report: Callable[[int, str], None],
    requests_per_slice: int = 200,
) -> Ingested:
    """Fetch all new rows. `source` returns the vendor's dlt source for one slice.

    `report` takes a level of the logging module and a line. Raises IngestError.
    """
    _claim(landing / vendor)
    pipeline = _pipeline(vendor, landing)
    ingested, progress = Ingested(), Progress(vendor, report)
    try:
        if pipeline.has_pending_data:
            # An interrupted run fetched these rows and moved the cursor, but did not write them.
            report(logging.INFO, f"{vendor}: writing the rows that an interrupted run had fetched")
            _count(pipeline, pipeline.load(), ingested)
        while True:
            part = Slice(requests_per_slice, progress=progress)
            info = pipeline.run(_as_text(source(part)), loader_file_format="jsonl")
            _count(pipeline, info, ingested)
            progress.rows = sum(ingested.rows.values())
            report(logging.DEBUG, f"{vendor}: {sum(ingested.rows.values()):,} rows so far")
            if not part.is_spent:
                return ingested
    except PipelineStepFailed as error:
        # Rows of an incomplete extraction are fetched again, as their cursor was not saved.
        if error.step != "load":
            pipeline.abort_packages()
        raise _explained(vendor, error) from error


def _claim(folder: Path) -> None:
    """Create the vendor's private folder with dlt's marker file.

    dlt rejects an existing folder without the marker, such as one in which a user put files.
    """
    for private in (folder, folder.parent / WORK):
        private_folder(private)
    if not (folder / INIT_FILE_NAME).exists():
        version = {"initial_version": CURRENT_VERSION, "current_version": CURRENT_VERSION}
        (folder / INIT_FILE_NAME).write_text(json.dumps(version))


def _pipeline(vendor: str, landing: Path) -> dlt.Pipeline:
    dlt.config["schema.naming"] = "direct"
    destination = dlt.destinations.filesystem(
        bucket_url=landing.resolve().as_uri(),
        layout=LAYOUT,
        # No stream has a slash in its name.
        warn_unsafe_layout_separators=False,
    )
    return dlt.pipeline(
        vendor,
        destination=destination,
        dataset_name=vendor,
        pipelines_dir=str(landing.resolve() / WORK),
    )


def _as_text(source: Any) -> Any:
    """The source with every value as text. The models of dbt cast them."""
    for detection in list(source.schema.settings.get("detections", [])):
        source.schema.remove_type_detection(detection)
    source.max_table_nesting = 0
    for resource in source.resources.values():
        resource.add_map(row_as_text)
    return source


def row_as_text(row: dict[str, Any]) -> dict[str, str | None]:
    """A row with scalars and nested values as JSON text. Null values are left out."""
    return {name: _text(value) for name, value in row.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _count(pipeline: dlt.Pipeline, info: Any, ingested: Ingested) -> None:
    normalized = pipeline.last_trace.last_normalize_info if pipeline.last_trace else None
    for table, rows in (normalized.row_counts if normalized else {}).items():
        if not table.startswith("_dlt"):
            ingested.rows[table] = ingested.rows.get(table, 0) + rows
    info.raise_on_failed_jobs()


def _explained(vendor: str, error: BaseException) -> HelpdeskError:
    """The error of the source in a chain of causes, else the message of the first cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HelpdeskError):
            return cause
        last, cause = cause, cause.__cause__ or cause.__context__
    return IngestError(f"{vendor}: {' '.join(str(last).split())}")
