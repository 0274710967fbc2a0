"""Whatever stops a build, the last one is served; whatever is published, a reader keeps its own."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from tests.orchestration.publishing.warehouse import (
    SPELLS,
    assert_serves_the_working_warehouse,
    change,
    publish_apart,
    publish_next,
    served,
)


def test_a_build_that_is_killed_leaves_the_last_one_served(
    paths: OutputPaths, tmp_path: Path
) -> None:
    update = f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0"
    shutil.copytree(paths.root, tmp_path / "whole", symlinks=True)
    whole = OutputPaths(tmp_path / "whole")
    change(whole, update)
    done = publish_apart(whole)
    events = int(done.stdout)
    before = served(paths, f"from served.marts.{SPELLS} order by all")
    after = served(whole, f"from served.marts.{SPELLS} order by all")
    assert before != after
    change(paths, update)
    # At the first folder, among the parts, before and after the file is closed, at each rename.
    for kill_at in (1, events // 2, *range(events - 4, events + 1)):
        killed = publish_apart(paths, kill_at=kill_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert served(paths, f"from served.marts.{SPELLS} order by all") in (before, after)
    publish_next(paths)
    assert not list(paths.builds.glob("*.partial"))
    assert_serves_the_working_warehouse(paths)


def test_a_file_that_may_not_grow_leaves_the_last_build_served(paths: OutputPaths) -> None:
    before = paths.current.readlink()
    change(paths, f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0")
    failed = publish_apart(paths, limit=paths.published.stat().st_size // 2)
    assert "cannot be written" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


@pytest.fixture
def small_disk(large: Path, tmp_path: Path) -> Iterator[OutputPaths]:
    """An output folder whose builds are on a disk of 32 MB; needs the right to mount one."""
    paths = OutputPaths(tmp_path / "output")
    without_builds = shutil.ignore_patterns(paths.builds.name)
    shutil.copytree(large, paths.root, symlinks=True, ignore=without_builds)
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
    change(paths, f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0")
    with pytest.raises(HelpdeskError, match="the new build cannot be written"):
        publish_next(paths)
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    (paths.builds / ".ballast").unlink()
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute(sys.argv[2]).fetchone()[0], flush=True)
"""


def test_a_reader_keeps_the_rows_it_opened(paths: OutputPaths) -> None:
    total = f"select sum(duration_seconds)::bigint from marts.marts.{SPELLS}"
    ((before,),) = served(paths, total.replace("marts.marts", "served.marts"))
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
            change(paths, f"update marts.{SPELLS} set duration_seconds = duration_seconds + 1")
            publish_next(paths)
            assert read() == before
    assert_serves_the_working_warehouse(paths)
