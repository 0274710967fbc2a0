"""Refreshes that are killed, read half a file, or have an earlier as_of lose nothing, and the next one is correct.

HELPDESK_KILLS sets the number of times at which a build is killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from helpdesk.core.paths import OutputPaths
from tests.conftest import HELPDESK, copy_desk, published, run_helpdesk

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("HELPDESK_KILLS", "1"))


class Built:
    """A desk's landing and output folder, and the duration of its last refresh."""

    def __init__(self, landing: Path, output: Path) -> None:
        self.landing, self.output = landing, output
        self.count = 0
        # Until one is measured.
        self.seconds = 8.0

    def command(self, as_of: str) -> list[object]:
        return ["build", "--landing", self.landing, "--output", self.output, "--as-of", as_of]

    def build(self, as_of: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run_helpdesk(*self.command(as_of), check=check)

    def clock(self) -> str:
        """A later time at each call."""
        return f"2024-02-01T{self.count // 60:02}:{self.count % 60:02}:30Z"

    def land_a_ticket(self) -> str:
        self.count += 1
        row = {
            "ticket_id": f"late-{self.count}",
            "created_at": f"2024-01-{1 + self.count % 28:02}T00:00:00Z",
            "status_id": "new",
        }
        folder = self.landing / "tickets"
        folder.mkdir(exist_ok=True)
        (folder / f"{self.count}.jsonl").write_text(json.dumps(row) + "\n")
        return str(row["ticket_id"])

    def served(self) -> tuple[Path, set[str]]:
        """The published build and its tickets."""
        with published(self.output) as connection:
            found = connection.execute("select ticket_id from marts.fct_tickets").fetchall()
        return (self.output / "current").readlink(), {ticket for (ticket,) in found}

    def equals_a_full_build(self) -> None:
        paths = OutputPaths(self.output)
        served = paths.published.read_bytes()
        done = run_helpdesk("check", "--output", self.output)
        assert "every mart equals that of a full build" in done.stdout
        assert paths.published.read_bytes() == served
        assert not paths.check.exists()


@pytest.fixture(scope="module")
def built(landing: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(*copy_desk(landing, output, tmp_path_factory.mktemp("hazards")))


@pytest.mark.long
def test_a_clock_that_was_set_back(built: Built) -> None:
    """A build of the past as it was known then, and one of the present after it."""
    done = built.build("2024-01-03T12:00:00Z")
    assert "as_of is before that of the last build" in done.stdout
    started = time.monotonic()
    done = built.build(built.clock())
    built.seconds = time.monotonic() - started
    assert "running dbt on what changed since 2024-01-03T12:00:00" in done.stdout
    built.equals_a_full_build()


def test_builds_that_are_killed(built: Built) -> None:
    """A build is killed at any time. Readers keep the last build, and the next one has all rows."""
    moments = Random(0)
    for _ in range(KILLS):
        before = built.served()
        ticket = built.land_a_ticket()
        moment = moments.uniform(0, built.seconds)
        process = subprocess.Popen(
            [HELPDESK, *map(str, built.command(built.clock()))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moment)
        # Including its dbt process.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = built.served()
        assert now == before or ticket in now[1], f"killed after {moment:.1f} s"
        built.build(built.clock())
        assert ticket in built.served()[1], f"killed after {moment:.1f} s"


@pytest.fixture
def small_disk(built: Built, tmp_path: Path) -> Iterator[Path]:
    """The `.work` folder on a disk of 256 MB. Needs permission to mount one."""
    work = built.output / ".work"
    shutil.copytree(work, tmp_path / "work")
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(work)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    shutil.copytree(tmp_path / "work", work, dirs_exist_ok=True)
    yield work
    subprocess.run(["umount", str(work)], check=True)


def test_a_full_disk(built: Built, small_disk: Path) -> None:
    """Builds report it, readers keep the last build, and with free space nothing is missing.

    The disk is full from the start, and in the next build from the log line about modelling on.
    """
    before = built.served()
    ballast = small_disk / "ballast"
    tickets = set()
    for line_before in ("", "running dbt on what changed"):
        tickets.add(built.land_a_ticket())
        if not line_before:
            fill(ballast)
        with subprocess.Popen(
            [HELPDESK, *map(str, built.command(built.clock()))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as failed:
            assert failed.stdout
            if line_before:
                assert any(line_before in line for line in failed.stdout)
                fill(ballast)
            _, errors = failed.communicate()
        assert failed.returncode == 1
        assert "is full: free space" in errors
        assert built.served() == before
        ballast.unlink()
    built.build(built.clock())
    assert tickets <= built.served()[1]


def fill(ballast: Path) -> None:
    """Fill the disk of this file, also while another program writes there."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(2**20)):
            pass


def test_half_a_file(built: Built) -> None:
    """The build names the file, the published build stays, and the complete file is loaded later."""
    before = built.served()
    ticket = built.land_a_ticket()
    path = built.landing / "tickets" / f"{built.count}.jsonl.gz"
    whole = path.with_suffix("").read_text()
    path.with_suffix("").unlink()
    plain = built.landing.parent / "whole.jsonl"
    plain.write_text(whole)
    subprocess.run(["gzip", "-k", plain], check=True)
    content = plain.with_suffix(".jsonl.gz").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    failed = built.build(built.clock(), check=False)
    assert failed.returncode == 3
    assert path.name in failed.stderr
    assert built.served() == before
    path.write_bytes(content)
    done = built.build(built.clock())
    assert "running dbt on what changed" in done.stdout
    assert ticket in built.served()[1]
    # The rows of the tests above are still there: of builds that were killed, or had a full disk.
    built.equals_a_full_build()
