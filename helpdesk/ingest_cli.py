"""`helpdesk ingest`: what a vendor's API tells, into the landing folder."""

import logging
from pathlib import Path

from rich.console import Console

from helpdesk.errors import ConfigError, near
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
    known = [*Ingest.model_fields]
    _check_known(chosen, known)
    if not chosen:
        raise ConfigError(
            "nothing to fetch: the settings have no section `ingest`, or it names no vendor "
            f"({', '.join(known)}); give it with --config."
        )
    with Progress(console) as progress:
        for vendor in chosen:
            fetched = fetch(vendor, settings, landing, progress.report)
            progress.report(logging.INFO, fetched.told(vendor))


def ingest_tables(
    vendors: list[str], landing: Path, origin: str, layout: str, console: Console
) -> None:
    """Land a vendor's tables that another loader has landed elsewhere. Raises HelpdeskError."""
    from ingestion.vendors.copied import copied_vendors, copy_tables

    known = copied_vendors()
    if len(vendors) != 1:
        raise ConfigError(
            f"--from is for one vendor, {' or '.join(known)}: "
            "helpdesk ingest zendesk --from duckdb:lake.duckdb ..."
        )
    (vendor,) = vendors
    _check_known(vendors, known)
    with Progress(console) as progress:
        landed = copy_tables(vendor, layout, origin, landing, progress.report)
        progress.report(logging.INFO, landed.told(vendor))


def _check_known(chosen: list[str], known: list[str]) -> None:
    for vendor in chosen:
        if vendor not in known:
            raise ConfigError(
                f"{vendor!r} is no vendor; there are {', '.join(known)}{near(vendor, known)}"
            )
