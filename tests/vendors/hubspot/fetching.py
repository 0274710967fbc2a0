"""Fetches from a test account, and reads the fetched rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from helpdesk.core.settings import HubSpot
from helpdesk.extract import hubspot
from helpdesk.extract.declared import NONE
from helpdesk.extract.pipeline import Ingested, ingest
from helpdesk.simulator import simulate
from tests.vendors.built import landed_rows
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.reported import keep_clocks
from tests.vendors.hubspot.server import TOKEN, Account, serving
from tests.vendors.hubspot.shapes import CAPACITY, Row

UNTIL = datetime(2026, 6, 30, 18, tzinfo=UTC)
EARLIER = datetime(2026, 6, 5, tzinfo=UTC)


def simulated_account(folder: Path, tickets: int = 120, clock: datetime = UNTIL) -> Account:
    """An account with a simulated desk from the files in `folder`."""
    if not folder.exists():
        simulate(tickets=tickets, seed=7, out=folder)
        keep_clocks(folder, UNTIL)
    return Account(Portal.of(folder, clock))


@contextmanager
def fetching(
    account: Account, requests_per_slice: int = 200, **settings: object
) -> Iterator["Fetcher"]:
    with serving(account) as address:
        yield Fetcher(account, address, requests_per_slice, settings)


class Fetcher:
    def __init__(
        self, account: Account, address: str, requests_per_slice: int, settings: dict[str, object]
    ) -> None:
        self.account, self.address, self._requests = account, address, requests_per_slice
        self._settings = {"base_url": address, "capacity_property": CAPACITY} | settings
        self.declared = NONE
        # The lines that the last run logged.
        self.lines: list[str] = []

    def fetch(self, landing: Path, secret: str = TOKEN) -> Ingested:
        config = HubSpot.model_validate(self._settings)
        # A run has the account's time, which counts for the availability of users.
        now = int(self.account.portal.clock.timestamp() * 1000)
        self.lines = []
        with patch.object(hubspot, "_now", lambda: now):
            return ingest(
                "hubspot",
                lambda part: hubspot.source(config, secret, part, self.declared),
                landing,
                lambda level, line: self.lines.append(line),
                self._requests,
            )


def landed(landing: Path, stream: str) -> list[Row]:
    """The fetched rows of a stream in the order of the files, without dlt's columns."""
    rows = landed_rows(landing / "hubspot" / stream)
    return [{k: v for k, v in row.items() if k[:5] != "_dlt_"} for row in rows]


def streams(landing: Path) -> list[str]:
    found = (landing / "hubspot").iterdir()
    return sorted(path.name for path in found if path.is_dir() and path.name[0] != "_")
