"""Tickets of real exports: closed without history, rows newer than it, conversations older than they are."""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest

from tests.small_desk import write_desk
from tests.working_warehouse import land_and_model, modelled

AS_OF = "2025-08-01T00:00:00Z"
STATUSES = [
    {"status_id": "new", "state": "open"},
    {"status_id": "done", "state": "closed"},
]


def ticket(ticket_id: str, status_id: str, **columns: str) -> dict[str, str]:
    created = {"created_at": "2025-06-02T10:00:00Z"}
    return {"ticket_id": ticket_id, "status_id": status_id, **created, **columns}


def change(ticket_id: str, field: str, changed_at: str, value: str) -> dict[str, str]:
    row = {"ticket_id": ticket_id, "field": field, "changed_at": f"2025-06-{changed_at}:00Z"}
    return {**row, "value": value}


def message(ticket_id: str, sent_at: str, author: str, **columns: object) -> dict[str, object]:
    return {
        "message_id": f"{ticket_id}-{sent_at}",
        "ticket_id": ticket_id,
        "sent_at": f"2025-06-{sent_at}:00Z",
        "direction": "incoming" if author == "customer" else "outgoing",
        "author_type": author,
        "author_id": "ann" if author == "agent" else "c",
        **columns,
    }


TICKETS = [
    ticket("unknown close", "done"),
    ticket("reported close", "done", reported_closed_at="2025-06-05T10:00:00Z"),
    ticket("open", "new"),
    ticket("newer row", "done", agent_id="bob", updated_at="2025-06-03T09:00:00Z"),
    ticket("one instant", "done"),
    ticket("older conversation", "new"),
    ticket("out of office", "new"),
]
HISTORY = [
    change("newer row", "status", "02T10:00", "new"),
    change("newer row", "agent", "02T11:00", "ann"),
    change("one instant", "status", "02T10:00", "new"),
    change("one instant", "status", "04T10:00", "done"),
    change("one instant", "status", "04T10:00", "new"),
]
MESSAGES = [
    message("unknown close", "02T10:00", "customer"),
    message("unknown close", "02T12:00", "agent"),
    message("unknown close", "03T12:00", "customer"),
    message("older conversation", "02T09:40", "customer"),
    message("older conversation", "02T09:50", "agent"),
    message("out of office", "02T10:00", "customer"),
    message("out of office", "02T10:05", "agent"),
    message("out of office", "02T10:06", "customer", is_automated=True),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("lacking")
    landing = write_desk(
        folder / "landing",
        {
            "tickets": TICKETS,
            "statuses": STATUSES,
            "ticket_field_history": HISTORY,
            "messages": MESSAGES,
            "agents": [{"agent_id": "ann"}, {"agent_id": "bob"}],
            "sla_policies": [{"policy_id": "p", "rank": 1}],
            "sla_targets": [
                {"policy_id": "p", "metric": metric, "goal_seconds": 3600}
                for metric in ("first_response", "time_to_close")
            ],
        },
    )
    land_and_model(landing, folder / "out", AS_OF)
    with modelled(folder / "out") as connection:
        yield connection


def of_ticket(desk: duckdb.DuckDBPyConnection, ticket_id: str, columns: str) -> tuple:
    (row,) = desk.execute(
        f"select {columns} from marts.fct_tickets where ticket_id = ?", [ticket_id]
    ).fetchall()
    return row


def failing(desk: duckdb.DuckDBPyConnection, kind: str) -> int:
    (row,) = desk.execute(
        "select sum(rows_failing) from marts.data_quality where kind = ?", [kind]
    ).fetchall()
    return int(row[0])


def test_a_closed_ticket_without_history_is_not_closed_at_creation(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    closes = "status_state, closed_at, closed_at_basis, time_to_close_seconds, time_open_seconds"
    assert of_ticket(desk, "unknown close", closes) == ("closed", None, None, None, None)
    assert of_ticket(desk, "reported close", closes) == (
        "closed", datetime(2025, 6, 5, 10), "reported", 259_200, 259_200,
    )  # fmt: skip
    assert of_ticket(desk, "open", closes)[:2] == ("open", None)
    assert failing(desk, "unknown_close_time") == failing(desk, "reported_close_time") == 1
    backlog = desk.execute(
        """select max(open_ticket_count) from (
            select backlog_date, sum(open_ticket_count) as open_ticket_count
            from marts.fct_backlog_daily group by all
        )"""
    ).fetchone()
    # All but the one of an unknown close, on 2 June.
    assert backlog == (len(TICKETS) - 1,)


def test_a_clock_that_a_close_at_an_unknown_time_ended_has_no_status(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    clocks = desk.execute(
        "select metric, status, elapsed_seconds from marts.fct_sla_clocks "
        "where ticket_id = 'unknown close'"
    ).fetchall()
    assert clocks == [("first_response", "completed_late", 7200)]
    cycles = desk.execute(
        "select outcome, wait_seconds from marts.fct_response_cycles "
        "where ticket_key = 'generic:unknown close' order by cycle_number"
    ).fetchall()
    assert cycles == [("responded", 7200), ("closed", None)]


def test_a_ticket_row_newer_than_its_history_counts_and_is_checked(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    now = "status_id, is_status_inferred, closed_at, agent_key"
    assert of_ticket(desk, "newer row", now) == (
        "done", True, datetime(2025, 6, 3, 9), "generic:bob",
    )  # fmt: skip
    assert failing(desk, "inferred_change") == 2


def test_changes_at_one_time_are_all_kept_and_end_with_the_ticket_row(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    assert of_ticket(desk, "one instant", "status_id, closed_at, reopen_count") == (
        "done", datetime(2025, 6, 4, 10), 0,
    )  # fmt: skip
    assert failing(desk, "quarantined") == 0


def test_a_conversation_older_than_its_ticket_is_answered_from_its_first_message(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    response = "first_response_started_at, first_response_at, first_response_seconds"
    assert of_ticket(desk, "older conversation", response) == (
        datetime(2025, 6, 2, 9, 40), datetime(2025, 6, 2, 9, 50), 600,
    )  # fmt: skip
    clock = desk.execute(
        "select status, elapsed_seconds, ended_at from marts.fct_sla_clocks "
        "where ticket_id = 'older conversation' and metric = 'first_response'"
    ).fetchall()
    assert clock == [("completed_on_time", 0, datetime(2025, 6, 2, 10))]


def test_an_out_of_office_answer_is_not_a_customer_message(desk: duckdb.DuckDBPyConnection) -> None:
    assert of_ticket(desk, "out of office", "customer_message_count") == (1,)
    cycles = desk.execute(
        "select count(*) from marts.fct_response_cycles where ticket_key = 'generic:out of office'"
    ).fetchone()
    assert cycles == (1,)
