"""An interrupted build leaves the last one served, and readers keep the build they opened."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from tests.orchestration.publishing.warehouse import (
    assert_serves_the_candidate,
    change,
    publish_apart,
    publish_next,
    served,
)


def test_a_build_that_is_killed_leaves_the_last_one_served(
    paths: OutputPaths, tmp_path: Path
) -> None:
    update = "update marts.fct_tickets set priority = 'next' where ticket_key % 9 = 0"
    shutil.copytree(paths.root, tmp_path / "whole", symlinks=True)
    whole = OutputPaths(tmp_path / "whole")
    change(whole, update)
    be_compacted(whole)
    done = publish_apart(whole)
    events = int(done.stdout)
    before = served(paths, "from marts.fct_tickets order by all")
    after = served(whole, "from marts.fct_tickets order by all")
    assert before != after
    change(paths, update)
    for kill_at in range(1, events + 1):
        be_compacted(paths)
        killed = publish_apart(paths, kill_at=kill_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert served(paths, "from marts.fct_tickets order by all") in (before, after)
    publish_next(paths)
    assert not list(paths.builds.glob("*.partial"))
    assert_serves_the_candidate(paths)


def be_compacted(paths: OutputPaths) -> None:
    """Make the next build regard the candidate as grown."""
    paths.candidate.with_suffix(".fresh").write_text("1")


def test_a_file_size_limit_leaves_the_last_build_served(paths: OutputPaths) -> None:
    before = paths.current.readlink()
    change(paths, "update marts.fct_tickets set priority = 'next' where ticket_key % 9 = 0")
    failed = publish_apart(paths, limit=paths.published.stat().st_size // 2)
    assert "cannot be written" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    publish_next(paths)
    assert_serves_the_candidate(paths)


@pytest.fixture
def small_disk(published_once: Path, tmp_path: Path) -> Iterator[OutputPaths]:
    """An output folder whose builds are on a disk of 32 MB; needs the right to mount one."""
    paths = OutputPaths(tmp_path / "output")
    without_builds = shutil.ignore_patterns(paths.builds.name)
    shutil.copytree(published_once, paths.root, symlinks=True, ignore=without_builds)
    paths.builds.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(paths.builds)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield paths
    subprocess.run(["umount", str(paths.builds)], check=True)


def test_a_full_disk_leaves_the_last_build_served(small_disk: OutputPaths) -> None:
    paths = small_disk
    publish_next(paths)
    before = paths.current.readlink()
    room = shutil.disk_usage(paths.builds).free
    (paths.builds / ".ballast").write_bytes(bytes(room - 1_000_000))
    change(paths, "update marts.fct_tickets set priority = 'next' where ticket_key % 9 = 0")
    with pytest.raises(HelpdeskError, match="the new build cannot be written"):
        publish_next(paths)
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    (paths.builds / ".ballast").unlink()
    publish_next(paths)
    assert_serves_the_candidate(paths)


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute(sys.argv[2]).fetchone()[0], flush=True)
"""


def test_a_reader_keeps_the_rows_it_opened(paths: OutputPaths) -> None:
    total = "select sum(seconds)::bigint from marts.fct_tickets"
    ((before,),) = served(paths, total)
    command = [sys.executable, "-c", READER, str(paths.published), total]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout

        def read() -> int:
            reader.stdin.write("\n")
            reader.stdin.flush()
            return int(reader.stdout.readline())

        assert read() == before
        for _ in range(4):
            change(paths, "update marts.fct_tickets set seconds = seconds + 1")
            publish_next(paths)
            assert read() == before
    assert_serves_the_candidate(paths)
