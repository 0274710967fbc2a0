"""Runs a vendor's dlt source into the landing folder, slice by slice.

Rows are appended as gzipped JSON Lines, `LANDING/<vendor>/<stream>/<load>.<file>.jsonl.gz`: a
changed object lands once more, and the newest stands. Each slice is one load of dlt, which keeps
rows and cursor together: what breaks off loses the slice it was in, and the next run begins where
the last whole one ended. Cursors lie beside the rows: a landing folder goes on wherever it moves.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Read when dlt is first imported: nothing leaves the machine but the vendor's own requests.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
from dlt.destinations.impl.filesystem.filesystem import CURRENT_VERSION, INIT_FILE_NAME
from dlt.pipeline.exceptions import PipelineStepFailed

from helpdesk.errors import HelpdeskError, IngestError

WORK = ".dlt"
LAYOUT = "{table_name}/{load_id}.{file_id}.{ext}"


@dataclass
class Slice:
    """How much a source may fetch before what it has is put away.

    A source spends one per request to the API, and stops at the next point from which it can go on
    once `is_spent`.
    """

    requests: int
    spent: int = 0

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.requests

    def spend(self) -> None:
        self.spent += 1


@dataclass
class Ingested:
    """What a run landed: rows by stream, and the fields that a vendor did not send before."""

    rows: dict[str, int] = field(default_factory=dict)
    new_fields: list[str] = field(default_factory=list)

    def told(self, vendor: str) -> str:
        """What has landed, for a person."""
        listed = ", ".join(f"{count:,} {stream}" for stream, count in self.rows.items())
        return f"{vendor}: landed {listed or 'nothing new'}"


def ingest(
    vendor: str,
    source: Callable[[Slice], Any],
    landing: Path,
    report: Callable[[int, str], None],
    requests_per_slice: int = 200,
) -> Ingested:
    """Fetch all that is new. `source` gives the vendor's dlt source for one slice.

    `report` takes a level of the logging module and a line. Raises IngestError.
    """
    _claim(landing / vendor)
    pipeline = _pipeline(vendor, landing)
    ingested = Ingested()
    try:
        if pipeline.has_pending_data:
            # Fetched and counted as fetched by a run that broke off: it only had to be put away.
            report(logging.INFO, f"{vendor}: landing what an earlier run had fetched")
            _count(pipeline, pipeline.load(), ingested)
        while True:
            part = Slice(requests_per_slice)
            info = pipeline.run(_as_text(source(part)), loader_file_format="jsonl")
            _count(pipeline, info, ingested)
            report(logging.DEBUG, f"{vendor}: {sum(ingested.rows.values()):,} rows so far")
            if not part.is_spent:
                return ingested
    except PipelineStepFailed as error:
        # What was extracted but not finished is fetched again: its cursor was never kept.
        if error.step != "load":
            pipeline.abort_packages()
        raise _explained(vendor, error) from error


def _claim(folder: Path) -> None:
    """Make the vendor's folder dlt's own: it refuses one that is there, as where a table was landed
    beside what the vendor tells, unless it bears dlt's mark."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / INIT_FILE_NAME).exists():
        version = {"initial_version": CURRENT_VERSION, "current_version": CURRENT_VERSION}
        (folder / INIT_FILE_NAME).write_text(json.dumps(version))


def _pipeline(vendor: str, landing: Path) -> dlt.Pipeline:
    dlt.config["schema.naming"] = "direct"
    destination = dlt.destinations.filesystem(
        bucket_url=landing.resolve().as_uri(),
        layout=LAYOUT,
        # Streams are declared, and none has a slash in its name.
        warn_unsafe_layout_separators=False,
    )
    return dlt.pipeline(
        vendor,
        destination=destination,
        dataset_name=vendor,
        pipelines_dir=str(landing.resolve() / WORK),
    )


def _as_text(source: Any) -> Any:
    """The source with every value as text: what a column holds is decided where it is modelled."""
    for detection in list(source.schema.settings.get("detections", [])):
        source.schema.remove_type_detection(detection)
    source.max_table_nesting = 0
    for resource in source.resources.values():
        resource.add_map(row_as_text)
    return source


def row_as_text(row: dict[str, Any]) -> dict[str, str | None]:
    """Scalars as JSON writes them, objects and lists as JSON text; an absent value stays absent."""
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
    """The cause in words: what a source says itself, or the plain message of what it met."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HelpdeskError):
            return cause
        last, cause = cause, cause.__cause__ or cause.__context__
    return IngestError(f"{vendor}: {' '.join(str(last).split())}")
