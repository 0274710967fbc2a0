"""A refresh that dies, is fed half a file or a clock that was set back: nothing lost, the next one right.

HELPDESK_KILLS sets at how many moments of a build it is killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.conftest import HELPDESK, copy_desk, published, run_helpdesk

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("HELPDESK_KILLS", "2"))


class Built:
    """A desk's landing and output folder, after a refresh, and how long that took."""

    def __init__(self, landing: Path, output: Path) -> None:
        self.landing, self.output = landing, output
        self.count = 0
        started = time.monotonic()
        self.build(self.clock())
        self.seconds = time.monotonic() - started

    def command(self, as_of: str) -> list[object]:
        return ["build", "--landing", self.landing, "--output", self.output, "--as-of", as_of]

    def build(self, as_of: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run_helpdesk(*self.command(as_of), check=check)

    def clock(self) -> str:
        """A later moment each time."""
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
        """The build that readers open, and its tickets."""
        with published(self.output) as connection:
            found = connection.execute("select ticket_id from marts.fct_tickets").fetchall()
        return (self.output / "current").readlink(), {ticket for (ticket,) in found}

    def equals_a_full_build(self) -> None:
        run_helpdesk("check", "--output", self.output)


@pytest.fixture(scope="module")
def built(landing: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(*copy_desk(landing, output, tmp_path_factory.mktemp("hazards")))


def test_builds_that_are_killed(built: Built) -> None:
    """At any moment: readers have the last build, and the next one has all that landed."""
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
        # With the dbt that it started.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = built.served()
        assert now == before or ticket in now[1], f"killed after {moment:.1f} s"
        built.build(built.clock())
        assert ticket in built.served()[1], f"killed after {moment:.1f} s"
    built.equals_a_full_build()


@pytest.fixture
def small_disk(built: Built, tmp_path: Path) -> Iterator[Path]:
    """The builder's own folder on a disk of 256 MB; needs the right to mount one."""
    work = built.output / ".work"
    shutil.copytree(work, tmp_path / "work")
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(work)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    shutil.copytree(tmp_path / "work", work, dirs_exist_ok=True)
    yield work
    subprocess.run(["umount", str(work)], check=True)


@pytest.mark.parametrize("said", ["", "modelling what changed"], ids=["to land", "to model"])
def test_a_full_disk(built: Built, small_disk: Path, said: str) -> None:
    """The build says so, readers have the last one, and with room again nothing is missing.

    The disk is full from the start, or from when the build has said that it models.
    """
    before = built.served()
    ticket = built.land_a_ticket()
    ballast = small_disk / "ballast"
    if not said:
        fill(ballast)
    with subprocess.Popen(
        [HELPDESK, *map(str, built.command(built.clock()))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as failed:
        assert failed.stdout
        if said:
            assert any(said in line for line in failed.stdout)
            fill(ballast)
        _, told = failed.communicate()
    assert failed.returncode == 1
    assert "is full: make room there" in told
    assert built.served() == before
    ballast.unlink()
    built.build(built.clock())
    assert ticket in built.served()[1]


def fill(ballast: Path) -> None:
    """Leave no room on the disk of this file."""
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free)


def test_half_a_file(built: Built) -> None:
    """The build says which file, what was published stays, and the whole file is not missed later."""
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
    assert "modelling what changed" in done.stdout
    assert ticket in built.served()[1]
    # What the full disks before it left is still in there.
    built.equals_a_full_build()


def test_a_clock_that_was_set_back(built: Built) -> None:
    """The past as it was known then; and the present again after it."""
    done = built.build("2024-01-03T12:00:00Z")
    assert "the clock goes back" in done.stdout
    done = built.build(built.clock())
    assert "modelling what changed since 2024-01-03T12:00:00" in done.stdout
    built.equals_a_full_build()
