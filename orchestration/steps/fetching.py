"""What vendors' APIs tell, fetched into the landing folder where the settings name any."""

from logging import INFO
from pathlib import Path

from orchestration.build import Build, Report


def fetch(build: Build, report: Report) -> dict[str, int]:
    """Fetch each vendor that the settings name under `ingest`; rows by vendor and stream."""
    settings = build.settings.ingest
    rows: dict[str, int] = {}
    if not (vendors := settings.vendors()):
        return rows
    # Imported here: dlt takes seconds, which a desk of files alone need not wait.
    from ingestion.vendors import fetch as fetch_vendor

    for vendor in vendors:
        fetched = fetch_vendor(vendor, settings, Path(build.landing), report)
        report(INFO, fetched.told(vendor))
        rows |= {f"{vendor} {stream}": count for stream, count in fetched.rows.items()}
    return rows
