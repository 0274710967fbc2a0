"""The rows that the gate checks again: new rows, and references that may have become invalid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest

from helpdesk.gate.run import GateResult, run_gate
from tests.expectations.conftest import land, unland

Row = Mapping[str, str]
Desk = dict[str, list[dict[str, str]]]
Build = Callable[[Mapping[str, Sequence[Row]]], Path]


@pytest.fixture
def passed(build: Build, desk: Desk) -> Path:
    """A small desk that passed the gate: three tickets, two statuses, one message."""
    database = build({table: desk[table] for table in ("tickets", "statuses", "messages")})
    assert all(result.success for result in run_gate(database))
    return database


def failures(results: Sequence[GateResult]) -> list[tuple[str, str, str]]:
    return [(one.table, one.description, one.observed) for one in results if not one.success]


def messages(desk: Desk, *directions: str) -> list[dict[str, str]]:
    return [desk["messages"][0] | {"direction": direction} for direction in directions]


def test_passed_rows_are_not_checked_again(passed: Path) -> None:
    command = f"""
import sys
from pathlib import Path
from helpdesk.gate.run import run_gate
assert run_gate(Path({str(passed)!r})) == []
sys.exit("great_expectations" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", command], check=True)


def test_a_bad_new_file_fails_regardless_of_earlier_good_rows(passed: Path, desk: Desk) -> None:
    land(passed, "messages", "messages/2.csv", messages(desk, *["incoming"] * 20))
    assert failures(run_gate(passed)) == []
    land(passed, "messages", "messages/it's 3.csv", messages(desk, "in", "in", "incoming"))

    results = run_gate(passed)

    expected = [
        (
            "messages",
            "direction is a value of the contract (incoming, outgoing)",
            "2 of 3 rows unusable in messages/it's 3.csv",
        )
    ]
    assert failures(results) == expected
    assert {result.table for result in results} == {"messages"}
    # Nothing was stored as passed, so the same files fail again.
    assert failures(run_gate(passed)) == expected
    land(passed, "messages", "messages/it's 3.csv", messages(desk, "incoming"), modified=2)
    assert failures(run_gate(passed)) == []
    assert run_gate(passed) == []


def test_with_a_failing_table_no_table_is_stored_as_passed(passed: Path, desk: Desk) -> None:
    land(passed, "statuses", "statuses/2.csv", [{"status_id": "s", "state": "open"}])
    land(passed, "messages", "messages/2.csv", messages(desk, "in"))

    for _ in range(2):
        results = run_gate(passed)
        assert {result.table for result in results} == {"messages", "statuses"}
        assert len(failures(results)) == 1
    # The views of the checked rows exist after a failure, and only then.
    with duckdb.connect(str(passed), read_only=True) as connection:
        assert connection.sql("select direction from desk.gate.new_messages").fetchall() == [
            ("in",)
        ]
    unland(passed, "messages", "messages/2.csv")
    assert {result.table for result in run_gate(passed)} == {"statuses"}
    with duckdb.connect(str(passed), read_only=True) as connection:
        assert (
            connection.sql("select * from duckdb_views() where schema_name = 'gate'").fetchall()
            == []
        )


def test_new_files_beyond_a_few_are_counted(passed: Path, desk: Desk) -> None:
    for number in range(4):
        land(passed, "messages", f"messages/{number}.csv", messages(desk, "in"))

    assert [observed for *_, observed in failures(run_gate(passed))] == [
        "4 of 4 rows unusable in 4 new files"
    ]


def test_a_changed_file_is_checked_again(passed: Path, desk: Desk) -> None:
    land(passed, "messages", "messages/2.csv", messages(desk, "incoming"))
    run_gate(passed)
    land(passed, "messages", "messages.csv", messages(desk, "in"), modified=2)

    assert [observed for *_, observed in failures(run_gate(passed))] == [
        "1 of 1 rows unusable in messages.csv"
    ]


def test_an_empty_new_file_of_a_required_table_passes(passed: Path) -> None:
    land(passed, "tickets", "tickets/2.csv", [])
    results = run_gate(passed)

    assert failures(results) == []
    observed = {one.description: one.observed for one in results if one.table == "tickets"}
    assert observed["at least one row landed"] == "3 rows"
    assert observed["ticket_id is filled"] == "0 of 0 rows unusable in tickets/2.csv"


def test_a_required_table_fails_once_it_is_empty_though_its_files_have_passed(passed: Path) -> None:
    land(passed, "statuses", "statuses/2.csv", [])
    run_gate(passed)
    unland(passed, "statuses", "statuses.csv")

    for _ in range(2):
        assert ("statuses", "at least one row landed", "0 rows") in failures(run_gate(passed))
    unland(passed, "statuses", "statuses/2.csv")
    assert ("statuses", "at least one row landed", "0 rows") in failures(run_gate(passed))


def test_after_a_deletion_the_other_files_stay_passed(passed: Path, desk: Desk) -> None:
    land(passed, "messages", "messages/2.csv", messages(desk, "incoming"))
    run_gate(passed)
    unland(passed, "messages", "messages/2.csv")
    assert run_gate(passed) == []

    land(passed, "messages", "messages/2.csv", messages(desk, "in"))
    assert len(failures(run_gate(passed))) == 1


def test_references_are_checked_again_after_the_referenced_rows_are_lost(
    passed: Path, desk: Desk
) -> None:
    others = [ticket | {"ticket_id": f"other-{ticket['ticket_id']}"} for ticket in desk["tickets"]]
    land(passed, "tickets", "tickets/2.csv", others)
    # New tickets cannot break the reference of a message.
    assert {result.table for result in run_gate(passed)} == {"tickets"}
    unland(passed, "tickets", "tickets.csv")

    for _ in range(2):
        results = run_gate(passed)
        assert [(one.table, one.description) for one in results] == [
            ("messages", "ticket_id is known in tickets")
        ]
        assert failures(results) == [
            ("messages", "ticket_id is known in tickets", "1 of 1 rows unusable")
        ]


def test_new_rows_may_reference_rows_that_passed_before(passed: Path, desk: Desk) -> None:
    """`tickets` in a query is the whole table, although its new rows have a view."""
    land(passed, "tickets", "tickets/2.csv", [desk["tickets"][0] | {"ticket_id": "4"}])
    land(passed, "messages", "messages/2.csv", messages(desk, "incoming"))

    results = run_gate(passed)

    assert failures(results) == []
    assert {one.table for one in results} == {"tickets", "messages"}


def test_a_reference_to_a_table_that_is_loaded_later_is_checked_then(
    build: Build, desk: Desk
) -> None:
    """Without any survey, the survey of a response is not checked."""
    kept = ("tickets", "statuses", "survey_responses")
    database = build({table: desk[table] for table in kept})
    assert failures(run_gate(database)) == []
    land(database, "surveys", "surveys.csv", [desk["surveys"][0] | {"survey_id": "w"}])

    assert failures(run_gate(database)) == [
        ("survey_responses", "survey_id is known in surveys", "1 of 1 rows unusable")
    ]


def test_a_full_refresh_checks_everything(passed: Path, desk: Desk) -> None:
    land(passed, "messages", "messages/2.csv", messages(desk, "incoming"))
    results = run_gate(passed, full_refresh=True)

    assert {result.table for result in results} == {"messages", "statuses", "tickets"}
    observed = {one.description: one.observed for one in results if one.table == "messages"}
    assert observed["message_id is filled"] == "0 of 2 rows unusable"
    assert run_gate(passed) == []


@pytest.mark.parametrize("name", ["gate.duckdb", "new_tickets.duckdb", 'it\'s $a "b".duckdb'])
def test_any_file_name_works(passed: Path, desk: Desk, name: str) -> None:
    database = passed.rename(passed.parent / name)
    land(database, "messages", "messages/2.csv", messages(desk, "in"))

    assert len(failures(run_gate(database))) == 1
