"""`helpdesk vacuum`: what goes, what stays, and how much is free again."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from helpdesk.paths import OutputPaths
from orchestration.builds import vacuum
from tests.conftest import published, run_helpdesk

OLDER = [f"2020010{n}T000000.000000Z" for n in range(1, 6)]
MEGABYTE = 2**20


@pytest.fixture
def crowded(output: Path, tmp_path: Path) -> OutputPaths:
    """A published warehouse with five older builds and what two that died have left."""
    paths = OutputPaths(tmp_path / "crowded")
    shutil.copytree(output, paths.root, symlinks=True, ignore=shutil.ignore_patterns(".work"))
    # Other tests have built there, too.
    for build in paths.builds.iterdir():
        if build != paths.current.resolve():
            shutil.rmtree(build)
    for name in OLDER:
        (paths.builds / name).mkdir()
        (paths.builds / name / "marts.duckdb").write_bytes(bytes(MEGABYTE))
    # Two builds share a file, as parts that did not change may be.
    for name in OLDER[:2]:
        os.link(paths.builds / OLDER[2] / "marts.duckdb", paths.builds / name / "shared")
    for folder in (paths.builds / "20200106T000000.000000Z.partial", paths.check):
        folder.mkdir(parents=True)
        (folder / "marts.duckdb").write_bytes(bytes(MEGABYTE))
    return paths


def names(paths: OutputPaths) -> list[str]:
    return sorted(build.name for build in paths.builds.iterdir())


def free_bytes(paths: OutputPaths) -> int:
    """What the whole folder holds, a file with several names once."""
    stats = [path.lstat() for path in paths.root.rglob("*") if path.is_file()]
    return sum({stat.st_ino: stat.st_size for stat in stats}.values())


def test_the_newest_stay_and_what_is_freed_is_told(crowded: OutputPaths) -> None:
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


def test_what_is_served_stays_however_old(crowded: OutputPaths) -> None:
    newer = crowded.builds / "20990101T000000.000000Z"
    newer.mkdir()
    served = crowded.current.resolve().name
    vacuum(crowded, keep=1)
    assert names(crowded) == [served, newer.name]
    with published(crowded.root) as connection:
        assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (5,)


def test_the_command_says_what_it_did_and_waits_for_no_build(crowded: OutputPaths) -> None:
    with open(crowded.lock, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = run_helpdesk("vacuum", "--output", crowded.root, check=False)
    assert busy.returncode == 75
    assert len(names(crowded)) == 7
    done = run_helpdesk("vacuum", "--output", crowded.root, "--keep", "1")
    assert "builds/" + OLDER[0] in done.stdout
    assert "MB are free again" in done.stdout
    assert "nothing to delete" in run_helpdesk("vacuum", "--output", crowded.root).stdout


@pytest.mark.parametrize("command", ["vacuum", "check"])
def test_a_folder_without_builds_is_told_and_not_made(command: str, tmp_path: Path) -> None:
    done = run_helpdesk(command, "--output", tmp_path / "none", check=False)
    assert done.returncode == 1
    assert "nothing is published here" in done.stderr
    assert not (tmp_path / "none").exists()


def test_none_to_keep_is_refused(crowded: OutputPaths) -> None:
    done = run_helpdesk("vacuum", "--output", crowded.root, "--keep", "0", check=False)
    assert done.returncode == 2
    assert len(names(crowded)) == 7
