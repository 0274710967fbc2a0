"""The warehouse, built from random landing files, against the reference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .compare import compare
from .desk import expected_marts
from .landing_files import FORMATS, write_landing
from .random_desk import random_as_of, random_desk
from .records import Settings
from .rows import GRAINS

HELPDESK = Path(sys.executable).with_name("helpdesk")
TICKETS = 2000


def built(folder: Path, seed: int, settings: Settings) -> Path:
    """The published warehouse file of a random desk."""
    write_landing(random_desk(seed, TICKETS), folder / "landing", FORMATS, seed)
    config = folder / "helpdesk.yml"
    config.write_text(f"report_timezone: {settings.report_timezone}\n")
    arguments = {
        "--landing": folder / "landing",
        "--output": folder / "warehouse",
        "--as-of": random_as_of(seed).isoformat(),
        "--config": config,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    done = subprocess.run([HELPDESK, "build", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "warehouse" / "marts.duckdb"


@pytest.mark.parametrize(
    ("seed", "report_timezone"), [(0, "UTC"), (1, "America/St_Johns")], ids=["UTC", "elsewhere"]
)
def test_the_warehouse_agrees_with_the_reference(
    tmp_path: Path, seed: int, report_timezone: str
) -> None:
    settings = Settings(report_timezone=report_timezone)
    expected = expected_marts(random_desk(seed, TICKETS), random_as_of(seed), settings)
    found = compare(built(tmp_path, seed, settings), expected)
    assert not found.differences, "\n".join(found.differences)
    assert set(found.compared) == set(GRAINS)
    assert min(found.compared.values()) > TICKETS / 10
    assert not found.absent
