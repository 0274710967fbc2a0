"""A desk behind Zendesk's API, and what the tests read of a landing folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.settings import Ingest
from ingestion.simulator import simulate
from ingestion.vendors import Ingested, fetch
from tests.vendors.zendesk.desk import expressible_desk
from tests.vendors.zendesk.objects import Objects
from tests.vendors.zendesk.server import EMAIL, TOKEN, Zendesk, served

NOW = datetime(2026, 6, 30, 19, tzinfo=UTC)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(tickets=250, seed=5, out=folder)
    return folder


@pytest.fixture(scope="session")
def desk(simulated: Path) -> duckdb.DuckDBPyConnection:
    return expressible_desk(simulated)


@pytest.fixture
def account(desk: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zendesk]:
    """The API of the desk, of which a test may change what it likes."""
    monkeypatch.setenv("ZENDESK_TOKEN", TOKEN)
    with served(Objects(desk), NOW) as zendesk:
        yield zendesk


@dataclass(frozen=True)
class Landing:
    """A landing folder that is filled from an account."""

    folder: Path
    account: Zendesk

    def fetch(self, **settings: Any) -> Ingested:
        ingest = Ingest.model_validate(
            {
                "zendesk": {
                    "base_url": self.account.base_url,
                    "email": EMAIL,
                    "backoff_seconds": 0.01,
                    **settings,
                }
            }
        )
        return fetch("zendesk", ingest, self.folder, lambda level, line: None)

    def rows(self, stream: str) -> list[dict[str, str]]:
        """What landed, in the order in which it did."""
        files = sorted((self.folder / "zendesk" / stream).glob("*.jsonl.gz"))
        return [json.loads(line) for file in files for line in gzip.open(file, "rt")]


@pytest.fixture
def landing(account: Zendesk, tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing", account)
