"""Missing or damaged working files: the next build is correct, or names the remedy."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.build import Build
from helpdesk.core.errors import UnreadableError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.dashboards.definitions import load_definitions
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.widgets import load_widgets
from helpdesk.pipeline.loading import load
from helpdesk.publish.compare import compare_marts
from helpdesk.reports.errors import DashboardError
from helpdesk.transform.engines.duckdb import DuckDB
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import run_helpdesk
from tests.orchestration.test_build_failures import state_of
from tests.small_desk import AS_OF

# Ends the build when it starts dbt: a full build has then deleted the previous candidate.
KILLED = """
import os, signal, sys
def watch(event, args):
    if event == "subprocess.Popen" and "build" in args[1]:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from helpdesk.cli.app import app
app(sys.argv[1:])
"""


@pytest.mark.long
@pytest.mark.slow
def test_a_build_recovers_whichever_file_is_lost(
    copied_desk: tuple[Path, Path], output: Path
) -> None:
    landing, own = copied_desk
    paths = OutputPaths(own)
    command = ["build", "--landing", landing, "--output", own, "--as-of", AS_OF]
    before = state_of(own)

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, command), "--full-refresh"],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not paths.candidate.exists()
    assert state_of(own) == before
    # Its spill files are left too, and do no harm.
    (paths.work / "helpdesk.duckdb.tmp").mkdir()
    paths.spill.mkdir(exist_ok=True)
    (paths.spill / "duckdb_temp_block.tmp").write_bytes(bytes(1000))
    done = run_helpdesk(*command)
    assert "running dbt on every ticket: the last build did not finish" in done.stdout
    assert compare_marts(paths.published, output / "helpdesk.duckdb") == []
    assert not list(paths.work.glob("*.tmp"))
    assert not paths.spill.exists()

    paths.candidate.unlink()
    lines: list[str] = []
    load(Build(str(landing), str(own), AS_OF), lambda level, line: lines.append(line))
    assert "running dbt on every ticket: the candidate is missing" in lines


def test_an_unusable_candidate_names_its_reason(tmp_path: Path) -> None:
    paths = OutputPaths(tmp_path)
    paths.work.mkdir()
    engine = DuckDB(paths, Settings())
    assert engine.lost() == "the candidate is missing"
    for damaged in (b"", b"no database at all", bytes(20_000)):
        paths.candidate.write_bytes(damaged)
        assert engine.lost() == "the candidate cannot be read"
    paths.candidate.unlink()
    # As a program leaves it that opened a missing file.
    duckdb.connect(paths.candidate).close()
    assert engine.lost() == "the candidate has no marts"
    with duckdb.connect(paths.candidate) as connection:
        connection.execute("create schema marts; create table marts.fct_tickets as select 1 as n")
    assert engine.lost() == ""
    whole = paths.candidate.read_bytes()
    paths.candidate.write_bytes(whole[: len(whole) // 3])
    assert engine.lost() == "the candidate cannot be read"


def test_a_damaged_file_names_its_remedy(tmp_path: Path) -> None:
    build = Build("", str(tmp_path))
    build.paths.work.mkdir()
    build.paths.warehouse.write_text("no database")
    named = r"work\.duckdb: is not a DuckDB database.*--full-refresh"
    with pytest.raises(UnreadableError, match=named), build.warehouse():
        pytest.fail("it was opened")


def damage(file: Path) -> None:
    """Damage the file's blocks after its headers, so that it may still open."""
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    for place in range(3 * 4096 + 512, len(content) - 512, 2**18):
        content[place : place + 512] = bytes(byte ^ 0xFF for byte in content[place : place + 512])
    file.write_bytes(content)


@pytest.mark.long
@pytest.mark.slow
def test_every_command_names_the_remedy_for_a_damaged_working_file(
    copied_desk: tuple[Path, Path], output: Path
) -> None:
    """Of a damaged candidate, of a damaged working file, and of one that is cut short."""
    landing, own = copied_desk
    paths = OutputPaths(own)
    before = state_of(own)
    build = ["build", "--landing", landing, "--output", own, "--as-of", AS_OF]
    others = [["check", "--output", own], ["docs", "--output", own]]

    def is_named(words: list[object]) -> None:
        failed = run_helpdesk(*words, check=False)
        assert failed.returncode == 1, failed.stdout
        assert "Traceback" not in failed.stderr
        printed = " ".join(failed.stderr.split())
        assert "damaged; `helpdesk build --full-refresh`" in printed
        assert state_of(own) == before

    whole = paths.candidate.read_bytes()
    damage(paths.candidate)
    # A build writes an unreadable candidate again by itself.
    for words in others:
        is_named(words)
    paths.candidate.write_bytes(whole)
    damage(paths.warehouse)
    for words in (*others, build):
        is_named(words)

    damage(paths.candidate)
    paths.warehouse.write_bytes(paths.warehouse.read_bytes()[:5000])
    failed = run_helpdesk(*build, check=False)
    assert failed.returncode == 1
    printed = " ".join(failed.stderr.split())
    assert (
        f"{paths.warehouse}: is not a DuckDB database, or is damaged; `helpdesk build --full-refresh`"
        in printed
    )
    assert state_of(own) == before
    done = run_helpdesk(*build, "--full-refresh")
    assert (
        "work.duckdb: is not a DuckDB database, or is damaged: deleted and made again"
        in done.stdout
    )
    assert compare_marts(paths.published, output / "helpdesk.duckdb") == []


def test_a_damaged_published_file_names_its_remedy(copied_desk: tuple[Path, Path]) -> None:
    paths = OutputPaths(copied_desk[1])
    damage(paths.published.resolve())
    failed = run_helpdesk("export", "--output", paths.root, check=False)
    assert failed.returncode == 1, failed.stdout
    assert "Traceback" not in failed.stderr
    assert "`helpdesk rollback`" in " ".join(failed.stderr.split())
    manifest = ensure_manifest()
    with pytest.raises(DashboardError, match="helpdesk rollback"):
        write_extracts(
            paths.published, load_definitions(manifest), load_widgets(manifest), paths.root / "data"
        )
