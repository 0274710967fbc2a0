"""Fetches the objects of a help desk's API into the landing folder, unchanged."""

import os
from importlib import import_module
from pathlib import Path

from helpdesk.core.build import LogFn
from helpdesk.core.errors import ConfigError
from helpdesk.core.redaction import keep_secret
from helpdesk.core.settings import HubSpot, Settings, Vendor
from helpdesk.extract.declared import declared_of
from helpdesk.extract.pipeline import Ingested, ingest

__all__ = ["Ingested", "fetch"]


def fetch(source: str, settings: Settings, landing: Path, report: LogFn) -> Ingested:
    """Fetch new objects of a source into `landing`. Raises ConfigError and IngestError.

    A source is a vendor, or vendor and account, such as hubspot_emea. The vendor's module has a
    function `source(config, secret, part)` that returns a dlt source. HubSpot's also takes the own
    fields, because its API returns only requested properties.
    """
    config = settings.ingest.vendors().get(source)
    if config is None:
        vendor = source.partition("_")[0]
        raise ConfigError(
            f"{source}: there are no settings; add a section `ingest: {{{vendor}: ...}}`."
        )
    module = import_module(f"helpdesk.extract.{source.partition('_')[0]}")
    secret = _secret(source, config)
    own = (declared_of(settings, source),) if isinstance(config, HubSpot) else ()
    return ingest(source, lambda part: module.source(config, secret, part, *own), landing, report)


def _secret(vendor: str, config: Vendor) -> str:
    secret = os.environ.get(config.token_env, "")
    keep_secret(config.token_env)
    if not secret:
        raise ConfigError(
            f"{vendor}: the environment variable {config.token_env} is not set; put the token in "
            "it."
        )
    return secret
