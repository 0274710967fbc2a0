"""`helpdesk vacuum`: deleted and kept builds, and the freed space."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.publish.builds import vacuum
from tests.conftest import published, run_helpdesk

OLDER = [f"2020010{n}T000000.000000Z" for n in range(1, 6)]
MEGABYTE = 2**20


@pytest.fixture
def crowded(output: Path, tmp_path: Path) -> OutputPaths:
    """A published warehouse with five older builds and the leftovers of two killed ones."""
    paths = OutputPaths(tmp_path / "crowded")
    shutil.copytree(output, paths.root, symlinks=True, ignore=shutil.ignore_patterns(".work"))
    # Other tests have built there too.
    for build in paths.builds.iterdir():
        if build != paths.current.resolve():
            shutil.rmtree(build)
    for name in OLDER:
        (paths.builds / name).mkdir()
        (paths.builds / name / "helpdesk.duckdb").write_bytes(bytes(MEGABYTE))
    # Two builds share a file, as those of version 0.1 may.
    for name in OLDER[:2]:
        os.link(paths.builds / OLDER[2] / "helpdesk.duckdb", paths.builds / name / "shared")
    for folder in (paths.builds / "20200106T000000.000000Z.partial", paths.check):
        folder.mkdir(parents=True)
        (folder / "helpdesk.duckdb").write_bytes(bytes(MEGABYTE))
    return paths


def names(paths: OutputPaths) -> list[str]:
    return sorted(build.name for build in paths.builds.iterdir())


def free_bytes(paths: OutputPaths) -> int:
    """The size of the whole folder, with each hard-linked file counted once."""
    stats = [path.lstat() for path in paths.root.rglob("*") if path.is_file()]
    return sum({stat.st_ino: stat.st_size for stat in stats}.values())


def test_the_newest_builds_stay_and_freed_space_is_reported(crowded: OutputPaths) -> None:
    served = crowded.current.resolve().name
    before = free_bytes(crowded)
    vacuumed = vacuum(crowded, keep=3)
    assert names(crowded) == [*OLDER[3:], served]
    assert not crowded.check.exists()
    assert vacuumed.deleted == (
        "builds/20200106T000000.000000Z.partial",
        *(f"builds/{name}" for name in OLDER[:3]),
        ".work/check",
    )
    assert vacuumed.freed_bytes == before - free_bytes(crowded) == 5 * MEGABYTE
    assert vacuum(crowded, keep=3).deleted == ()


def test_the_served_build_stays_however_old(crowded: OutputPaths) -> None:
    newer = crowded.builds / "20990101T000000.000000Z"
    newer.mkdir()
    served = crowded.current.resolve().name
    vacuum(crowded, keep=1)
    assert names(crowded) == [served, newer.name]
    with published(crowded.root) as connection:
        assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (5,)


def test_the_command_reports_its_deletions_and_waits_for_no_build(crowded: OutputPaths) -> None:
    with open(crowded.lock, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = run_helpdesk("vacuum", "--output", crowded.root, check=False)
    assert busy.returncode == 75
    assert len(names(crowded)) == 7
    done = run_helpdesk("vacuum", "--output", crowded.root, "--keep", "1")
    assert "builds/" + OLDER[0] in done.stdout
    assert "; freed " in done.stdout
    assert "nothing to delete" in run_helpdesk("vacuum", "--output", crowded.root).stdout


@pytest.mark.parametrize("command", ["vacuum", "check"])
def test_a_folder_without_builds_is_reported_and_not_made(command: str, tmp_path: Path) -> None:
    done = run_helpdesk(command, "--output", tmp_path / "none", check=False)
    assert done.returncode == 2
    assert "nothing is published here" in done.stderr
    assert not (tmp_path / "none").exists()


def test_keeping_no_build_is_rejected(crowded: OutputPaths) -> None:
    done = run_helpdesk("vacuum", "--output", crowded.root, "--keep", "0", check=False)
    assert done.returncode == 2
    assert len(names(crowded)) == 7
