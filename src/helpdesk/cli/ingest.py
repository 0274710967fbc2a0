"""`helpdesk ingest`: fetches records from a vendor's API into the landing folder."""

import logging
from pathlib import Path

from rich.console import Console

from helpdesk.core.accounts import ACCOUNT
from helpdesk.core.errors import ConfigError, near
from helpdesk.core.limits import limits_of
from helpdesk.core.progress import Progress
from helpdesk.core.settings import Ingest, load_settings


def ingest_vendors(
    vendors: list[str], accounts: list[str], landing: Path, config: Path | None, console: Console
) -> None:
    """Fetch from these vendors, by default all of the settings. Raises HelpdeskError."""
    # Imported here: dlt takes seconds.
    from helpdesk.extract import fetch

    settings = load_settings(config)
    configured = settings.ingest.vendors()
    known = [*Ingest.model_fields]
    _check_known([vendor for vendor in vendors if vendor not in configured], known)
    chosen = _chosen([*configured], vendors, accounts)
    if not chosen and vendors and not accounts:
        # Fetching reports the missing settings.
        chosen = vendors
    if not chosen:
        raise ConfigError(
            "nothing to fetch: the settings have no section `ingest`, or it names no vendor "
            f"({', '.join(known)}); give it with --config."
        )
    with Progress(console) as progress:
        for source in chosen:
            fetched = fetch(source, settings, landing, progress.report)
            progress.report(logging.INFO, fetched.summary(source))


def _chosen(sources: list[str], vendors: list[str], accounts: list[str]) -> list[str]:
    """The configured sources of these vendors and accounts."""
    chosen = [
        source
        for source in sources
        if not vendors or source in vendors or source.partition("_")[0] in vendors
    ]
    for account in accounts:
        there = [source.partition("_")[2] for source in chosen]
        if account not in there:
            listed = ", ".join(filter(None, there)) or "none"
            raise ConfigError(
                f"--account {account}: the settings have no such account; there are {listed}"
                f"{near(account, there)}"
            )
    return [each for each in chosen if not accounts or each.partition("_")[2] in accounts]


def ingest_tables(
    vendors: list[str],
    accounts: list[str],
    landing: Path,
    origin: str,
    layout: str,
    config: Path | None,
    console: Console,
) -> None:
    """Copy a vendor's tables, written by another loader, into LANDING. Raises HelpdeskError."""
    from helpdesk.extract.copied import copied_vendors, copy_tables
    from helpdesk.extract.declared import declared_of

    known = copied_vendors()
    if len(vendors) != 1 or len(accounts) > 1:
        raise ConfigError(
            f"--from needs exactly one vendor, {' or '.join(known)}, and at most one account: "
            "helpdesk ingest zendesk --from duckdb:lake.duckdb ..."
        )
    (vendor,) = vendors
    _check_known(vendors, known)
    settings = load_settings(config)
    account = accounts[0] if accounts else ""
    if account and not ACCOUNT.fullmatch(f"{vendor}_{account}"):
        raise ConfigError(
            f"--account {account!r}: a name has lower-case letters, digits and _, such as emea."
        )
    source = f"{vendor}_{account}" if account else vendor
    with Progress(console) as progress:
        landed = copy_tables(
            *(vendor, layout, origin, landing, progress.report),
            limits_of(settings),
            account,
            declared_of(settings, source),
        )
        progress.report(logging.INFO, landed.summary(source))


def _check_known(chosen: list[str], known: list[str]) -> None:
    for vendor in chosen:
        if vendor not in known:
            raise ConfigError(
                f"{vendor!r} is not a vendor; there are {', '.join(known)}{near(vendor, known)}"
            )
