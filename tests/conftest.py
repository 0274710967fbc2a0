"""Shared by all tests: running the command as a user would, and opening what it publishes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import duckdb
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from helpdesk.project import DBT_PROJECT, PROJECT_ROOT
from orchestration.dbt_project import MANIFEST, start_parsed
from tests.small_desk import AS_OF, DESK, write_desk

HELPDESK = Path(sys.executable).parent / "helpdesk"
SHIPPING = ("builder", "dashboards", "dbt_project", "expectations", "helpdesk", "ingestion",
            "orchestration", "reports")  # fmt: skip
# Folders whose files share what takes long to make: a desk, a project, a warehouse.
SHARING = ("builder", "dashboards", "insights", "publishing", "second_route", "simulator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes goes first, a cluster's course of events before all of it.

    At the end little is left, and no worker stands idle.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is None,
            "test_spark.py" not in item.nodeid,
        )
    )


class ByDesk(LoadScopeScheduling):
    """Shares tests between workers by file, or by folder where the files of one share a desk."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.split("::")[0])
        return str(file.parent if file.parent.name in SHARING else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByDesk:
    return ByDesk(config, log)


def run_helpdesk(*args: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `helpdesk` with these arguments. With `check`, a failure fails the test with its output."""
    done = subprocess.run(
        [HELPDESK, *map(str, args)], capture_output=True, text=True, timeout=600, check=False
    )
    if check and done.returncode:
        pytest.fail(f"helpdesk {' '.join(map(str, args))}\n{done.stdout}{done.stderr}")
    return done


def run_copy(
    packages: Path, cwd: Path, *args: object, answers: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command of another copy of the project, which lies in `packages`."""
    return subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", *map(str, args)],
        cwd=cwd,
        input=answers,
        env=os.environ | {"PYTHONPATH": str(packages), "COLUMNS": "200"} | variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def run_dbt_command(command: Sequence[object], warehouse: Path, target: Path) -> str:
    """Run a dbt command in the project folder, on a warehouse; gives what it printed."""
    done = subprocess.run(
        [*map(str, command), "--profiles-dir", ".", "--target-path", target],
        cwd=DBT_PROJECT,
        env=os.environ | {"HELPDESK_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_checkout(root: Path) -> None:
    """A checkout of the project as it stands, for tests that add to it: what ships, no tests."""
    left_out = shutil.ignore_patterns("target", "evidence", "__pycache__", "logs", "node_modules")
    for part in SHIPPING:
        shutil.copytree(PROJECT_ROOT / part, root / part, ignore=left_out)
    # What makes it a checkout, with the project in it.
    shutil.copy(PROJECT_ROOT / "pyproject.toml", root)
    # One that has built before.
    start_parsed(root / MANIFEST.parent.relative_to(PROJECT_ROOT))


@contextmanager
def published(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, as `marts.<name>`, opened as a BI tool would: read only."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{output / 'marts.duckdb'}' as warehouse (read_only)")
        connection.execute("use warehouse")
        yield connection


@pytest.fixture(scope="session")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_desk(tmp_path_factory.mktemp("landing"), DESK)


@pytest.fixture(scope="session")
def output(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse of the desk. Tests that build here again leave it as they found it."""
    folder = tmp_path_factory.mktemp("output")
    run_helpdesk("build", "--landing", landing, "--output", folder, "--as-of", AS_OF)
    return folder


@pytest.fixture
def copied_desk(landing: Path, output: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Landing and output folder of the same desk, to land more in and to build."""
    return copy_desk(landing, output, tmp_path)


def copy_desk(landing: Path, output: Path, folder: Path) -> tuple[Path, Path]:
    """What has landed of a desk and what was built of it, as folders of a test's own."""
    return (
        shutil.copytree(landing, folder / "landing"),
        shutil.copytree(output, folder / "output", symlinks=True),
    )
