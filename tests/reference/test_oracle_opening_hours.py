"""Opening hours by hand, and the reading of `dim_opening_hours` that does not depend on its cuts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .compare import compare
from .small_desk import desk, marts

MODELS = ("opening_hours_merged", "opening_hours_by_date")
HOUR = 3600
# Wednesdays 09:00-12:00 and 11:00-13:00, and 22:00 to Thursdays 02:00, of Berlin (UTC+2 in May).
SHIFTS = [(540, 720), (660, 780), (1320, 1560)]


@pytest.fixture
def expected() -> dict[str, list[dict[str, Any]]]:
    windows = [
        {
            "schedule_id": "s",
            "weekday": "3",
            "start_minute": str(start),
            "end_minute": str(end),
            "timezone": "Europe/Berlin",
        }
        for start, end in SHIFTS
    ]
    holiday = {"schedule_id": "s", "start_date": "2024-05-02"}
    found = marts(desk(business_hours=windows, holidays=[holiday]))
    # One week of it is enough to be read by a person.
    return {
        MODELS[0]: [
            row
            for row in found[MODELS[0]]
            if date(2024, 5, 1) <= row["opened_at"].date() <= date(2024, 5, 2)
        ],
        MODELS[1]: [
            row
            for row in found[MODELS[1]]
            if date(2024, 5, 1) <= row["local_date"] <= date(2024, 5, 2)
        ],
    }


def test_opening_hours_of_a_week(expected: dict[str, list[dict[str, Any]]]) -> None:
    merged, by_date = (expected[model] for model in MODELS)
    assert [
        (row["holidays_apply"], f"{row['opened_at']:%d %H:%M}", f"{row['closed_at']:%d %H:%M}")
        for row in merged
    ] == [
        (True, "01 07:00", "01 11:00"),
        (True, "01 20:00", "01 22:00"),
        (False, "01 07:00", "01 11:00"),
        (False, "01 20:00", "02 00:00"),
    ]
    assert [
        (row["holidays_apply"], row["local_date"].day, row["open_seconds"]) for row in by_date
    ] == [(True, 1, 6 * HOUR), (False, 1, 6 * HOUR), (False, 2, 2 * HOUR)]


# (holidays_apply, local date, UTC opening, UTC closing): cut at midnight, and once at noon too.
CUT = [
    (True, 1, "01 07:00", "01 10:00"),
    (True, 1, "01 10:00", "01 11:00"),
    (True, 1, "01 20:00", "01 22:00"),
    (False, 1, "01 07:00", "01 11:00"),
    (False, 1, "01 20:00", "01 22:00"),
    (False, 2, "01 22:00", "02 00:00"),
]


def opening_hours(path: Path, rows: list[tuple[bool, int, str, str]], local: str = "") -> Path:
    """A warehouse file with dim_opening_hours; `local` replaces the local opening time."""
    listed = ", ".join(
        f"({apply}, date '2024-05-{day:02}', timestamp '2024-05-{opened}',"
        f" timestamp '2024-05-{closed}')"
        for apply, day, opened, closed in rows
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"""
            create table marts.dim_opening_hours as
            select
                'generic:s' as schedule_key,
                's' as schedule_id,
                'generic' as source_system,
                'Europe/Berlin' as timezone,
                holidays_apply,
                local_date,
                opened_at,
                closed_at,
                {local or "opened_at + interval 2 hour"} as opened_at_local,
                closed_at + interval 2 hour as closed_at_local,
                cast(epoch(closed_at) - epoch(opened_at) as bigint) as open_seconds
            from (values {listed}) as rows (holidays_apply, local_date, opened_at, closed_at)
            """
        )
    return path


def differences(path: Path, expected: dict[str, Any]) -> list[str]:
    return compare(path, expected, MODELS).differences


def test_any_cut_of_neighbouring_rows_is_equal(tmp_path: Path, expected: dict[str, Any]) -> None:
    assert differences(opening_hours(tmp_path / "a.duckdb", CUT), expected) == []


def test_an_overlap_a_gap_and_a_wrong_local_time_are_reported(
    tmp_path: Path, expected: dict[str, Any]
) -> None:
    overlapping = [(True, 1, "01 07:00", "01 10:30"), *CUT[1:]]
    found = differences(opening_hours(tmp_path / "a.duckdb", overlapping), expected)
    assert [line.split(" ")[0] for line in found] == [f"{model}.open_seconds" for model in MODELS]
    short = [*CUT[:-1], (False, 2, "01 22:00", "01 23:59")]
    assert len(differences(opening_hours(tmp_path / "b.duckdb", short), expected)) == 3
    path = opening_hours(tmp_path / "c.duckdb", CUT, local="opened_at")
    (line,) = differences(path, expected)
    assert line.startswith("opening_hours_by_date.is_sound (")


def test_a_missing_mart_is_reported(tmp_path: Path, expected: dict[str, Any]) -> None:
    path = tmp_path / "a.duckdb"
    duckdb.connect(str(path)).close()
    assert differences(path, expected) == [f"{model}: not in the warehouse" for model in MODELS]
