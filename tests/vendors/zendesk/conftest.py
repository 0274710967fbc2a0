"""A desk behind Zendesk's API, and helpers to read a landing folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.core.settings import Ingest, Settings
from helpdesk.extract import Ingested, fetch
from helpdesk.simulator import simulate
from tests.vendors.built import landed_rows
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
    """The API of the desk, which tests may change."""
    monkeypatch.setenv("ZENDESK_TOKEN", TOKEN)
    with served(Objects(desk), NOW) as zendesk:
        yield zendesk


@dataclass(frozen=True)
class Landing:
    """A landing folder with rows from an account."""

    folder: Path
    account: Zendesk

    def fetch(self, lines: list[str] | None = None, **settings: Any) -> Ingested:
        ingest = Ingest.model_validate(
            {
                "zendesk": {
                    "base_url": self.account.base_url,
                    "email": EMAIL,
                    "backoff_seconds": 0.001,
                    **settings,
                }
            }
        )
        logged = [] if lines is None else lines
        return fetch(
            "zendesk", Settings(ingest=ingest), self.folder, lambda level, line: logged.append(line)
        )

    def rows(self, stream: str) -> list[dict[str, str]]:
        """The fetched rows, in their order."""
        return landed_rows(self.folder / "zendesk" / stream)


@pytest.fixture
def landing(account: Zendesk, tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing", account)
