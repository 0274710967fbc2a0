"""Two years of a simulated desk: one with the incidents that the simulator plants, one without."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from tests.conftest import run_helpdesk

UNTIL = datetime(2026, 6, 30, 18, tzinfo=UTC)


def build(folder: Path, *simulate: object) -> OutputPaths:
    landing, output = folder / "landing", folder / "output"
    run_helpdesk("simulate", "--out", landing, "--until", UNTIL.isoformat(), *simulate)
    run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", UNTIL.isoformat())
    return OutputPaths(output)


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    # A burst of one company has few tickets in a week: it needs enough data to be visible.
    return build(tmp_path_factory.mktemp("eventful"), "--tickets", 20_000)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    return build(tmp_path_factory.mktemp("quiet"), "--tickets", 5_000, "--no-incidents")
