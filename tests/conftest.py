"""Fixtures and helpers for all tests: run the command, and open the published warehouse."""

import atexit
import fcntl
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import duckdb
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.transform.project import dbt_project
from helpdesk.transform.runner import manifest_file, start_parsed
from tests.small_desk import AS_OF, DESK, write_desk
from tests.warm import launcher

HELPDESK = Path(sys.executable).parent / "helpdesk"
SHIPPING = ("dashboards", "dbt_project", "expectations", "orchestration", "reports", "src")
# Folders whose files share expensive fixtures: a desk, a project, a warehouse.
SHARING = (
    "builder",
    "dashboards",
    "dbt",
    "insights",
    "publishing",
    "second_route",
    "serve",
    "simulator",
)

# pytest imports readline, which sets them for every process that is started from here: a command
# with a width of its own would not be forked from the warm process.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)
    os.unsetenv(size)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, those of the cluster before all others.

    Then few tests are left at the end, and both workers stay busy.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is None,
            "test_spark.py" not in item.nodeid,
        )
    )


class ByDesk(LoadScopeScheduling):
    """Distributes tests to workers by file, or by folder if its files share fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.split("::")[0])
        return str(file.parent if file.parent.name in SHARING else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByDesk:
    return ByDesk(config, log)


@functools.cache
def warm_helpdesk() -> Path:
    """The command, forked from a process of this worker that has its libraries imported."""
    folder = Path(tempfile.mkdtemp())
    command, server = launcher(folder)

    def end() -> None:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return command


@pytest.fixture(scope="session", autouse=True)
def _warm_dbt() -> Iterator[None]:
    """The dbt processes that this worker starts are forked too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(warm_helpdesk().with_name("python")))
        yield


def run_helpdesk(*args: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `helpdesk` with these arguments. With `check`, a failure fails the test with the output."""
    done = subprocess.run(
        [warm_helpdesk(), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if check and done.returncode:
        pytest.fail(f"helpdesk {' '.join(map(str, args))}\n{done.stdout}{done.stderr}")
    return done


def run_copy(
    packages: Path, cwd: Path, *args: object, answers: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command of another copy of the project: a checkout or an unpacked wheel."""
    command = ("-m", "helpdesk.cli.app", *args)
    return run_python_of(packages, cwd, *command, answers=answers, **variables)


def run_python_of(
    packages: Path, cwd: Path, *args: object, answers: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with the packages of another copy of the project."""
    return subprocess.run(
        [sys.executable, *map(str, args)],
        cwd=cwd,
        input=answers,
        env=os.environ
        | {"PYTHONPATH": f"{packages / 'src'}{os.pathsep}{packages}", "COLUMNS": "200"}
        | variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def run_dbt_command(command: Sequence[object], warehouse: Path, target: Path) -> str:
    """Run a dbt command in the project folder, on a warehouse; returns its output."""
    done = subprocess.run(
        [*map(str, command), "--profiles-dir", ".", "--target-path", target],
        cwd=dbt_project(),
        env=os.environ | {"HELPDESK_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_checkout(root: Path) -> None:
    """A copy of the checkout without tests, for tests that add files to it."""
    left_out = shutil.ignore_patterns(
        "target", "evidence", "site", "__pycache__", "logs", "node_modules"
    )
    for part in SHIPPING:
        shutil.copytree(PROJECT_ROOT / part, root / part, ignore=left_out)
    # The files that make it a checkout.
    shutil.copy(PROJECT_ROOT / "pyproject.toml", root)
    # With the state after an earlier build.
    start_parsed(root / manifest_file().parent.relative_to(PROJECT_ROOT))


@contextmanager
def published(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts as `marts.<name>`, opened read-only like in a BI tool."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{output / 'helpdesk.duckdb'}' as warehouse (read_only)")
        connection.execute("use warehouse")
        yield connection


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk's landing and output folder after one build, which one worker runs for all.

    Tests must not change it.
    """
    own = tmp_path_factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with open(root / "first_build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = root / "first_build"
        if not folder.exists():
            new = root / "first_build.new"
            write_desk(folder / "landing", DESK)
            try:
                run_helpdesk(
                    *(
                        "build",
                        "--landing",
                        folder / "landing",
                        "--output",
                        new,
                        "--as-of",
                        AS_OF,
                    )
                )
                new.rename(folder / "output")
            except BaseException:
                # The next worker tries again.
                shutil.rmtree(folder)
                raise
    return folder


@pytest.fixture(scope="session")
def landing(first_build: Path) -> Path:
    return first_build / "landing"


@pytest.fixture(scope="session")
def output(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse of the desk. Tests that build here restore its state."""
    folder = tmp_path_factory.mktemp("output") / "output"
    return Path(shutil.copytree(first_build / "output", folder, symlinks=True))


@pytest.fixture
def copied_desk(landing: Path, output: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Landing and output folder of the same desk, for tests that add files and build."""
    return copy_desk(landing, output, tmp_path)


def copy_desk(landing: Path, output: Path, folder: Path) -> tuple[Path, Path]:
    """A copy of the landing and output folder of a desk, for one test.

    Other tests may have published or exported the original; the copy was published nowhere.
    """
    exported = shutil.ignore_patterns(OutputPaths(output).parquet.name)
    copy = OutputPaths(shutil.copytree(output, folder / "output", symlinks=True, ignore=exported))
    copy.publications.unlink(missing_ok=True)
    return shutil.copytree(landing, folder / "landing"), copy.root
