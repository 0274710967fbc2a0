"""The comparison itself: it finds what differs, what is missing, what is absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from .compare import compare, differences
from .small_desk import desk, marts

COLUMNS = "ticket_key, spell_number, status_id, entered_at, is_current, duration_seconds"
SPELL = "'generic:t', 1, 'new', timestamp '2024-05-01 09:00:00', true, 788400"


@pytest.fixture
def expected() -> dict[str, list[dict[str, Any]]]:
    return marts(desk())


def published(folder: Path, *spells: str) -> Path:
    """A warehouse file with the given rows of fct_ticket_status_spells."""
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        rows = ", ".join(f"({spell})" for spell in spells)
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.fct_ticket_status_spells as select * from (values {rows}) t({COLUMNS})"
        )
    return path


def test_what_is_equal_has_no_differences(tmp_path: Path, expected: dict) -> None:
    found = compare(published(tmp_path, SPELL), expected)
    assert found.differences == []
    assert found.compared == {"fct_ticket_status_spells": 1}
    assert "fct_tickets" in found.absent
    assert "fct_ticket_status_spells.status_state" in found.absent


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "788400",
            "788401",
            "duration_seconds (1): generic:t/1 warehouse 788401, reference 788400",
        ),
        ("'new'", "null", "status_id (1): generic:t/1 warehouse None, reference 'new'"),
        ("09:00:00", "09:00:00.000001", "entered_at (1): generic:t/1"),
        ("true", "false", "is_current (1)"),
        ("true", "1", "is_current (1)"),
        ("'generic:t', 1", "'generic:t', 2", "rows that the warehouse lacks (1): generic:t/1"),
    ],
)
def test_a_difference_is_told(
    tmp_path: Path, expected: dict, old: str, new: str, told: str
) -> None:
    lines = differences(published(tmp_path, SPELL.replace(old, new)), expected)
    assert any(told in line for line in lines), lines


def test_a_repeated_row_is_told(tmp_path: Path, expected: dict) -> None:
    (line,) = differences(published(tmp_path, SPELL, SPELL), expected)
    assert "more than once (1): generic:t/1" in line
