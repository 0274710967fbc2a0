"""The help desk of `month`, built as of the day after the month."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from helpdesk.core.build import Build
from helpdesk.core.paths import OutputPaths
from helpdesk.pipeline.run import run_refresh
from tests.notify import month
from tests.notify.month import as_of
from tests.small_desk import write_desk


@pytest.fixture(scope="session")
def rows() -> list[month.Ticket]:
    return month.tickets()


def built(landing: Path, output: Path, day: date) -> OutputPaths:
    build = Build(str(landing), str(output), as_of(day).isoformat())
    run_refresh(build, lambda *_: None, with_marts=True, with_dashboards=False)
    return build.paths


@pytest.fixture(scope="session")
def landing(rows: list[month.Ticket], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_desk(tmp_path_factory.mktemp("month") / "landing", month.desk(rows))


@pytest.fixture(scope="session")
def last(landing: Path) -> OutputPaths:
    """The build of the day after the month."""
    return built(landing, landing.parent / "last", month.LAST + timedelta(days=1))
