"""Fetch new records from the vendors' APIs that the settings name into the landing folder."""

from logging import INFO
from pathlib import Path

from helpdesk.core.build import Build, Report


def fetch(build: Build, report: Report) -> dict[str, int]:
    """Fetch from each vendor that the settings name under `ingest`; rows by vendor and stream."""
    rows: dict[str, int] = {}
    if not (vendors := build.settings.ingest.vendors()):
        return rows
    # Imported here: importing dlt takes seconds, and a build from files does not need it.
    from helpdesk.extract import fetch as fetch_vendor

    for vendor in vendors:
        fetched = fetch_vendor(vendor, build.settings, Path(build.landing), report)
        report(INFO, fetched.summary(vendor))
        rows |= {f"{vendor} {stream}": count for stream, count in fetched.rows.items()}
    return rows
