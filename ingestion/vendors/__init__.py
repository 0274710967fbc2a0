"""Fetches what a help desk's API tells into the landing folder, as the vendor wrote it."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from helpdesk.errors import ConfigError
from helpdesk.settings import Ingest, Vendor
from ingestion.vendors.pipeline import Ingested, ingest

__all__ = ["Ingested", "fetch"]

Report = Callable[[int, str], None]


def fetch(vendor: str, settings: Ingest, landing: Path, report: Report) -> Ingested:
    """Fetch what is new of a vendor into `landing`. Raises ConfigError and IngestError.

    The vendor's module has a function `source(config, secret, part)` that gives a dlt source.
    """
    config = settings.vendors().get(vendor)
    if config is None:
        raise ConfigError(
            f"no settings of {vendor}; a section `ingest: {{{vendor}: ...}}` has them."
        )
    module = import_module(f"ingestion.vendors.{vendor}")
    secret = _secret(vendor, config)
    return ingest(vendor, lambda part: module.source(config, secret, part), landing, report)


def _secret(vendor: str, config: Vendor) -> str:
    secret = os.environ.get(config.token_env, "")
    if not secret:
        raise ConfigError(
            f"{vendor}: the environment variable {config.token_env} with its token is not set."
        )
    return secret
