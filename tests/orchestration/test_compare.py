"""Two warehouses compared: what counts as a difference, and how it is reported."""

from pathlib import Path

import duckdb
import pytest

from helpdesk.publish.compare import Difference, compare_marts

TICKETS = """create table marts.tickets as
    select range as ticket_id, 'k' || range as ticket_key, range * 2.5 as hours, [range] as list
    from range(1000)"""
LOG = "create table marts.log as select '{0}' as build_id, '{0}' as started_at, 1 as version"
CALLS = "create table marts.calls as select 'a' as call_id, 'monday' as started_at"


def warehouse(path: Path, *statements: str) -> Path:
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts")
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture
def left(tmp_path: Path) -> Path:
    return warehouse(tmp_path / "left.duckdb", TICKETS, LOG.format("1"), CALLS)


def other(folder: Path, *changes: str) -> Path:
    return warehouse(folder / "right.duckdb", TICKETS, LOG.format("2"), CALLS, *changes)


def test_the_same_rows_in_another_order_of_another_build_are_the_same(
    left: Path, tmp_path: Path
) -> None:
    shuffled = (
        "create or replace table marts.tickets as from marts.tickets order by hash(ticket_id)"
    )
    assert compare_marts(left, other(tmp_path, shuffled)) == []


CHANGES = {
    "update marts.tickets set hours = hours + 0.5 where ticket_id = 7": Difference(
        "tickets",
        1,
        1,
        ("hours",),
        ("only left: ticket_id 7, ticket_key k7", "only right: ticket_id 7, ticket_key k7"),
    ),
    "update marts.tickets set list = [] where ticket_id in (7, 8)": Difference(
        "tickets",
        2,
        2,
        ("list",),
        (
            "only left: ticket_id 7, ticket_key k7",
            "only left: ticket_id 8, ticket_key k8",
            "only right: ticket_id 7, ticket_key k7",
            "only right: ticket_id 8, ticket_key k8",
        ),
    ),
    "delete from marts.tickets where ticket_id > 10": Difference(
        "tickets",
        989,
        0,
        (),
        tuple(f"only left: ticket_id {n}, ticket_key k{n}" for n in (11, 12, 13)),
    ),
    # Repeated rows count as often as they occur.
    "insert into marts.tickets from marts.tickets where ticket_id = 7": Difference(
        "tickets", 0, 1, (), ("only right: ticket_id 7, ticket_key k7",)
    ),
    # Swapped values leave each column's values unchanged, but the rows differ.
    "update marts.tickets set hours = 37.5 - hours where ticket_id in (7, 8)": Difference(
        "tickets",
        2,
        2,
        (),
        (
            "only left: ticket_id 7, ticket_key k7",
            "only left: ticket_id 8, ticket_key k8",
            "only right: ticket_id 7, ticket_key k7",
            "only right: ticket_id 8, ticket_key k8",
        ),
    ),
    "update marts.tickets set ticket_key = null where ticket_id = 7": Difference(
        "tickets",
        1,
        1,
        ("ticket_key",),
        ("only left: ticket_id 7, ticket_key k7", "only right: ticket_id 7"),
    ),
    "drop table marts.tickets": Difference(
        "tickets", 1000, 0, ("hours", "list", "ticket_id", "ticket_key")
    ),
    "create table marts.more as select 1 as n": Difference("more", 0, 1, ("n",)),
    "alter table marts.tickets alter hours type float": Difference(
        "tickets", 1000, 1000, ("hours",)
    ),
    # A column of a fact with the name of a column of the build.
    "update marts.calls set started_at = 'tuesday'": Difference(
        "calls", 1, 1, ("started_at",), ("only left: call_id a", "only right: call_id a")
    ),
    "update marts.log set version = 2": Difference(
        "log", 1, 1, ("version",), ("only left: version 1", "only right: version 2")
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found(change: str, left: Path, tmp_path: Path) -> None:
    before = left.read_bytes()
    assert compare_marts(left, other(tmp_path, change)) == [CHANGES[change]]
    assert left.read_bytes() == before


def test_a_difference_is_one_line() -> None:
    difference = Difference("tickets", 1200, 1, ("hours",), ("only right: ticket_id 7",))
    assert str(difference) == (
        "tickets: 1,200 rows only left, 1 only right; differing in hours; only right: ticket_id 7"
    )
