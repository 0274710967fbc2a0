"""The comparison itself: it finds what differs, what is missing, what is absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from .compare import Comparison, compare
from .service_rows import UNSPECIFIED
from .small_desk import desk, marts

Marts = dict[str, list[dict[str, Any]]]
MODEL = "fct_ticket_status_history"
COLUMNS = (
    "ticket_key, interval_number, status_id, entered_at, is_current, is_inferred, duration_seconds"
)
ROW = "'generic:t', 1, 'new', timestamp '2024-05-01 09:00:00', true, false, 788400"
LACKED = [f"{MODEL}.{name}" for name in ("status_state", "left_at", "duration_business_seconds")]


@pytest.fixture
def expected() -> Marts:
    return marts(desk())


def published(folder: Path, *rows: str, model: str = MODEL, columns: str = COLUMNS) -> Path:
    """A warehouse file with the given rows of one model."""
    path = folder / "warehouse.duckdb"
    listed = ", ".join(f"({row})" for row in rows)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.{model} as select * from (values {listed}) t({columns})"
        )
    return path


def compared(warehouse: Path, expected: Marts) -> Comparison:
    return compare(warehouse, expected, [MODEL], LACKED)


def test_equal_marts_have_no_differences(tmp_path: Path, expected: Marts) -> None:
    found = compared(published(tmp_path, ROW), expected)
    assert found.differences == []
    assert found.compared == {MODEL: 1}
    assert found.absent == LACKED


def test_a_missing_model_or_column_is_reported_unless_it_is_optional(
    tmp_path: Path, expected: Marts
) -> None:
    warehouse = published(tmp_path, ROW)
    lines = compare(warehouse, expected).differences
    assert "fct_tickets: not in the warehouse" in lines
    assert f"{MODEL}.status_state: not in the warehouse" in lines
    assert len(lines) == len(expected) - 1 + len(LACKED)
    models = set(expected) - {MODEL}
    found = compare(warehouse, expected, may_lack={*models, *LACKED})
    assert (found.differences, set(found.absent)) == ([], {*models, *LACKED})


@pytest.mark.parametrize(
    ("old", "new", "message"),
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
def test_a_difference_is_reported(
    tmp_path: Path, expected: Marts, old: str, new: str, message: str
) -> None:
    found = compared(published(tmp_path, ROW.replace(old, new)), expected)
    assert any(message in line for line in found.differences), found.differences


def test_a_repeated_row_is_reported(tmp_path: Path, expected: Marts) -> None:
    (line,) = compared(published(tmp_path, ROW, ROW), expected).differences
    assert "more than once (1): generic:t/1" in line


def test_rows_where_the_reference_has_none_are_reported(tmp_path: Path, expected: Marts) -> None:
    (line,) = compared(published(tmp_path, ROW), {**expected, MODEL: []}).differences
    assert line == f"{MODEL}: rows that only the warehouse has (1): generic:t/1"


NUMBERS = "figure, value, seconds_values"


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("'a', 0.3::double, [1, 2]", []),
        ("'a', 0.3 + 1e-10, [1, 2]", []),
        ("'a', 0.3::decimal(9, 2), [1, 2]", []),
        ("'a', 0.3 + 1e-8, [1, 2]", ["value"]),
        ("'a', null, [1, 2]", ["value"]),
        ("'a', 0.3, [2, 1]", ["seconds_values"]),
        ("'a', 0.3, [1]", ["seconds_values"]),
        ("'a', 0.3, null", ["seconds_values"]),
    ],
)
def test_floats_differ_beyond_rounding_and_lists_in_anything(
    tmp_path: Path, row: str, columns: list[str]
) -> None:
    model = "rpt_summary_team"
    warehouse = published(tmp_path, row, model=model, columns=NUMBERS)
    rows = [{"figure": "a", "value": 0.1 + 0.2, "seconds_values": [1, 2]}]
    assert [case.column for case in compare(warehouse, {model: rows}).found] == columns
    anything = [{**rows[0], "value": UNSPECIFIED, "seconds_values": UNSPECIFIED}]
    assert compare(warehouse, {model: anything}).found == []


def test_the_report_names_model_key_column_and_both_values(tmp_path: Path, expected: Marts) -> None:
    report = tmp_path / "report.csv"
    compared(published(tmp_path, ROW.replace("788400", "7")), expected).write(report)
    assert report.read_text().splitlines() == [
        "model,what,column,key,warehouse,reference",
        f"{MODEL},value,duration_seconds,generic:t/1,7,788400",
    ]
    compare(tmp_path / "warehouse.duckdb", expected, ["fct_calls"]).write(report)
    assert report.read_text().splitlines()[1] == "fct_calls,not in the warehouse,,,,"
