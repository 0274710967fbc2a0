"""Two years of a simulated desk: one with the incidents that the simulator plants, one without."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.simulator import Desk, simulate
from tests.working_warehouse import land_and_model

UNTIL = datetime(2026, 6, 30, 18, tzinfo=UTC)


def build(folder: Path, tickets: int, has_incidents: bool = True) -> OutputPaths:
    simulate(tickets, 1, folder / "landing", UNTIL, Desk(companies=120), has_incidents)
    return land_and_model(folder / "landing", folder / "output", UNTIL.isoformat())


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    # A burst of one company has few tickets in a week: it needs enough data to be visible.
    return build(tmp_path_factory.mktemp("eventful"), 20_000)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    return build(tmp_path_factory.mktemp("quiet"), 5_000, has_incidents=False)
