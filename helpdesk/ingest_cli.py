"""`helpdesk ingest`: what a vendor's API tells, into the landing folder."""

import logging
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from helpdesk.errors import ConfigError
from helpdesk.progress import Progress
from helpdesk.settings import Ingest, load_settings


def ingest_vendors(
    vendors: list[str], landing: Path, config: Path | None, console: Console
) -> None:
    """Fetch from these vendors, or from all that the settings name. Raises HelpdeskError."""
    # Imported here: dlt takes seconds.
    from ingestion.vendors import fetch

    settings = load_settings(config).ingest
    chosen = vendors or [*settings.vendors()]
    _check_known(chosen, settings)
    with Progress(console) as progress:
        for vendor in chosen:
            fetched = fetch(vendor, settings, landing, progress.report)
            report_rows(vendor, fetched.rows, progress.report)


def copy_vendor(
    vendors: list[str], origin: str | None, layout: str | None, landing: Path, console: Console
) -> None:
    """Land a vendor's tables that another tool has copied. Raises HelpdeskError."""
    from ingestion.vendors.copied import copy_tables

    if len(vendors) != 1 or not origin or not layout:
        raise ConfigError("--from and --layout go together, with the vendor whose tables they are.")
    with Progress(console) as progress:
        copied = copy_tables(vendors[0], layout, origin, landing, progress.report)
        report_rows(vendors[0], copied.rows, progress.report)


def report_rows(vendor: str, rows: dict[str, int], report: Callable[[int, str], None]) -> None:
    listed = ", ".join(f"{count:,} {stream}" for stream, count in rows.items())
    report(logging.INFO, f"{vendor}: landed {listed or 'nothing new'}")


def _check_known(chosen: list[str], settings: Ingest) -> None:
    known = [*Ingest.model_fields]
    for vendor in chosen:
        if vendor not in known:
            raise ConfigError(f"{vendor!r} is no vendor; there are {', '.join(known)}.")
    if not chosen:
        raise ConfigError(
            "nothing to fetch: the settings have no section `ingest`, or it names no vendor "
            f"({', '.join(known)}); give it with --config."
        )
