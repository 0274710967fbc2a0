"""Fetching from an account of the tests, and reading what landed."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from helpdesk.settings import HubSpot
from ingestion.simulator import simulate
from ingestion.vendors import hubspot
from ingestion.vendors.pipeline import Ingested, ingest
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.server import TOKEN, Account, serving
from tests.vendors.hubspot.shapes import Row

UNTIL = datetime(2026, 6, 30, 18, tzinfo=UTC)
EARLIER = datetime(2026, 6, 5, tzinfo=UTC)


def simulated_account(folder: Path, tickets: int = 120, clock: datetime = UNTIL) -> Account:
    """An account with a simulated desk, whose files are in `folder`."""
    if not folder.exists():
        simulate(tickets=tickets, seed=7, out=folder)
    return Account(Portal.of(folder, clock))


@contextmanager
def fetching(account: Account, requests_per_slice: int = 200) -> Iterator["Fetcher"]:
    with serving(account) as address:
        yield Fetcher(address, requests_per_slice)


class Fetcher:
    def __init__(self, address: str, requests_per_slice: int) -> None:
        self.address, self._requests = address, requests_per_slice

    def fetch(self, landing: Path, secret: str = TOKEN) -> Ingested:
        config = HubSpot(base_url=self.address)
        return ingest(
            "hubspot",
            lambda part: hubspot.source(config, secret, part),
            landing,
            lambda level, line: None,
            self._requests,
        )


def landed(landing: Path, stream: str) -> list[Row]:
    """The rows that landed of a stream, in the order of their files, without dlt's own columns."""
    rows = []
    for path in sorted((landing / "hubspot" / stream).glob("*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            row = json.loads(line)
            rows.append({name: value for name, value in row.items() if name[:5] != "_dlt_"})
    return rows


def streams(landing: Path) -> list[str]:
    found = (landing / "hubspot").iterdir()
    return sorted(path.name for path in found if path.is_dir() and path.name[0] != "_")
