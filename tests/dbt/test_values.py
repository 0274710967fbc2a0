"""Values as programs write them, and their parsed results."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from helpdesk.core.settings import Settings
from tests.small_desk import write_desk
from tests.working_warehouse import land_and_model, modelled

AS_OF = "2026-01-01T00:00:00Z"
NOON = datetime(2025, 6, 2, 12)
# Texts of times, and the times in UTC.
TIMES = {
    "2025-06-02T12:00:00Z": NOON,
    "2025-06-02t12:00:00z": NOON,
    "2025-06-02 12:00:00 +0000": NOON,
    "2025-06-02 12:00:00 UTC": NOON,
    "2025-06-02 12:00:00+00": NOON,
    "2025-06-02 12:00:00 Z": NOON,
    "2025-06-02 12:00:00 -00:00": NOON,
    "2025-06-02T14:00:00+02:00": NOON,
    "2025-06-02 08:30:00 -0330": NOON,
    "2025-06-02T12:00Z": NOON,
    "2025-06-02T12Z": NOON,
    "20250602T120000Z": NOON,
    "20250602T1400+02": NOON,
    " 2025-06-02T12:00:00Z\t": NOON,
    "2025-06-02T12:00:00,25Z": NOON.replace(microsecond=250_000),
    "2025-06-02T12:00:00.123Z": NOON.replace(microsecond=123_000),
    "2025-06-02 12:00:00.1234567 +00:00": NOON.replace(microsecond=123_456),
    "2025-06-01T24:00:00Z": datetime(2025, 6, 2),
    "20250601T24+02": datetime(2025, 6, 1, 22),
    # Without an offset: Oslo's time, by the setting.
    "2025-06-02 14:00:00": NOON,
    "2025-06-02T14:00": NOON,
    "20250602T140000,5": NOON.replace(microsecond=500_000),
    "2025-01-02 13:00:00": datetime(2025, 1, 2, 12),
    "2025-06-01T24:00": datetime(2025, 6, 1, 22),
    # The clock goes from 02:00 to 03:00, and back from 03:00 to 02:00.
    "2025-03-30 01:59:59": datetime(2025, 3, 30, 0, 59, 59),
    "2025-03-30 02:30:00": datetime(2025, 3, 30, 1, 30),
    "2025-03-30 03:00:00": datetime(2025, 3, 30, 1),
    "2025-10-26 01:30:00": datetime(2025, 10, 25, 23, 30),
    "2025-10-26 02:30:00": datetime(2025, 10, 26, 1, 30),
}
UNREADABLE = (
    "2025-06-02",
    "2025-W23-1T12:00:00Z",
    "2025-153T12:00:00Z",
    "2025-06-02T12.5Z",
    "noon",
)
BASE = {"created_at": "2025-06-02T08:00:00Z", "status_id": "new"}
DESK: dict[str, list[dict[str, Any]]] = {
    "statuses": [
        {"status_id": "new", "state": " Open "},
        {"status_id": "done", "state": "CLOSED"},
        {"status_id": "c", "pipeline_id": "a:b", "state": "On_Hold"},
        {"status_id": "b:c", "pipeline_id": "a", "state": "pending"},
        {"status_id": "a:b:c", "state": "open"},
        {"status_id": "50%3A", "state": "open"},
        {"status_id": "50:", "state": "open"},
    ],
    "tickets": [
        *(
            {**BASE, "ticket_id": text, "created_at": text}
            for text in (*TIMES, *UNREADABLE)
        ),
        {**BASE, "ticket_id": "asked", "priority": "High", "is_outbound": "FALSE "},
        {**BASE, "ticket_id": "blanks", "priority": " hIGH ", "is_outbound": "0.0"},
        {**BASE, "ticket_id": "other", "priority": "higher", "url": "HTTPS://desk.example/other"},
        {**BASE, "ticket_id": "spam", "is_spam": "True"},
        {**BASE, "ticket_id": "into nobody", "merged_into_id": "nobody"},
        {**BASE, "ticket_id": "into landed", "merged_into_id": "asked"},
        {**BASE, "ticket_id": "into later", "merged_into_id": "later"},
        {**BASE, "ticket_id": "into deleted", "merged_into_id": "deleted"},
        {**BASE, "ticket_id": "into rejected", "merged_into_id": "noon"},
        {**BASE, "ticket_id": "later", "created_at": "2027-01-01T00:00:00Z"},
        {**BASE, "ticket_id": "deleted"},
        {**BASE, "ticket_id": "reported", "reported_closed_at": "last week"},
        {**BASE, "ticket_id": "undated", "updated_at": "1970-01-01T00:00:01Z"},
        {**BASE, "ticket_id": "k1", "pipeline_id": "a:b", "status_id": "c"},
        {**BASE, "ticket_id": "k2", "pipeline_id": "a", "status_id": "b:c"},
        {**BASE, "ticket_id": "k3", "status_id": "a:b:c"},
        {**BASE, "ticket_id": "k4", "status_id": "50%3A"},
        {**BASE, "ticket_id": "k5", "status_id": "50:"},
        {**BASE, "ticket_id": "moved", "url": "javascript:alert(1)"},
    ],
    "calls": [
        {"call_id": str(number), "ticket_id": "asked", "started_at": "2025-06-02T09:00Z",
         "direction": direction, "outcome": outcome}
        for number, (direction, outcome) in enumerate(
            [("inbound", "Completed"), ("unknown", "completed"), ("Inbound", "unknown")]
        )
    ],
    "ticket_field_history": [
        {"ticket_id": "moved", "field": " Status", "changed_at": "2025-06-02T08:00Z", "seq": "1.0", "value": "new"},
        {"ticket_id": "moved", "field": "STATUS", "changed_at": "2025-06-02T09:00Z", "seq": " 2 ", "value": "done"},
    ],
    "messages": [
        {"message_id": "1", "ticket_id": "asked", "sent_at": "2025-06-02 09:00:00 UTC",
         "direction": "Incoming", "author_type": "Customer"},
        {"message_id": "2", "ticket_id": "asked", "sent_at": "2025-06-02 09:10:00 UTC",
         "direction": " OUTGOING", "author_type": "Unknown", "author_id": "ann"},
        {"message_id": "3", "ticket_id": "asked", "sent_at": "2025-06-02 09:20:00 UTC",
         "direction": "incoming", "author_type": "UNKNOWN"},
        {"message_id": "4", "ticket_id": "asked", "sent_at": "2025-06-02 09:30:00 UTC",
         "direction": "Outgoing", "author_type": "AGENT\n", "author_id": "ann"},
    ],
    "sla_policies": [{"policy_id": "p", "rank": "1.0", "conditions": '{"priority": ["HIGH "]}'}],
    "sla_targets": [
        {"policy_id": "p", "metric": "First_Response", "priority": "high", "goal_seconds": "3600.0"},
        {"policy_id": "p", "metric": "first_response ", "priority": " High", "goal_seconds": "60"},
    ],
    "business_hours": [
        {"schedule_id": "s", "weekday": "1", "start_minute": "0", "end_minute": "1439", "timezone": "UTC"},
        {"schedule_id": "s", "weekday": "2", "start_minute": "0", "end_minute": "1440", "timezone": "UTC"},
        {"schedule_id": "s", "weekday": "3", "start_minute": "600", "end_minute": "2879", "timezone": "UTC"},
    ],
    "holidays": [{"schedule_id": "s", "start_date": "2025-12-25 00:00:00", "end_date": "20251226"}],
    "agents": [{"agent_id": "ann"}],
    "deletions": [{"table": "Tickets", "key": "deleted", "deleted_at": "2025-06-03 00:00:00"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    root = tmp_path_factory.mktemp("values")
    settings = Settings(source_timezone="Europe/Oslo")
    land_and_model(write_desk(root / "landing", DESK), root / "output", AS_OF, settings)
    with modelled(root / "output") as connection:
        yield connection


def column(
    warehouse: duckdb.DuckDBPyConnection, name: str, table: str = "marts.fct_tickets"
) -> dict:
    return dict(warehouse.execute(f"select ticket_id, {name} from {table}").fetchall())


def failing(warehouse: duckdb.DuckDBPyConnection, kind: str) -> dict[str, tuple[int, int]]:
    """Rows checked and rows failing of the checks of a kind that something fails."""
    found = warehouse.execute(
        """select check_id, rows_checked, rows_failing from marts.data_quality
        where kind = ? and rows_failing > 0""",
        [kind],
    ).fetchall()
    return {check.partition(":")[2]: (checked, failed) for check, checked, failed in found}


def test_times_are_parsed_in_every_form(warehouse) -> None:
    created = column(warehouse, "created_at")
    assert {text: created[text] for text in TIMES} == TIMES
    assert not created.keys() & set(UNREADABLE)


def test_words_are_parsed_in_any_case_and_staged_in_the_words_of_the_contract(warehouse) -> None:
    states = "select distinct state from intermediate.int_statuses_valid"
    assert {state for (state,) in warehouse.execute(states).fetchall()} == {
        "open", "closed", "on_hold", "pending",
    }  # fmt: skip
    assert warehouse.execute(
        "select direction, author_type from marts.fct_messages order by message_id"
    ).fetchall() == [
        ("incoming", "customer"),
        ("outgoing", "unknown"),
        ("incoming", "unknown"),
        ("outgoing", "agent"),
    ]
    assert column(warehouse, "status_state")["moved"] == "closed"
    assert column(warehouse, "exclusion_reason")["spam"] == "spam"
    assert column(warehouse, "exclusion_reason")["deleted"] == "deleted"


def test_calls_with_an_unknown_outcome_and_unusable_links_are_counted(warehouse) -> None:
    links = column(warehouse, "url")
    assert (links["other"], links["moved"]) == ("HTTPS://desk.example/other", None)
    assert failing(warehouse, "unusable_url") == {"tickets.url": (2, 1)}
    assert failing(warehouse, "unknown_call") == {"calls.outcome": (3, 2)}


def test_an_unknown_author_is_neither_customer_nor_agent(warehouse) -> None:
    """The answer of 09:30 counts, not the message of 09:10; one customer wrote, once."""
    assert warehouse.execute(
        """select first_response_at, agent_response_count, customer_message_count,
            bot_interaction_count from marts.fct_tickets where ticket_id = 'asked'"""
    ).fetchall() == [(datetime(2025, 6, 2, 9, 30), 1, 1, 0)]
    assert warehouse.execute(
        "select count(*), sum(customer_message_count) from marts.fct_response_cycles"
    ).fetchall() == [(1, 1)]


def test_a_priority_is_shown_as_landed_and_compared_in_any_case(warehouse) -> None:
    """Two targets that differ in case alone are one key, as two rows of one id are."""
    shown = column(warehouse, "priority")
    assert (shown["asked"], shown["blanks"]) == ("High", " hIGH ")
    assert warehouse.execute(
        "select ticket_id, goal_seconds from marts.fct_sla_clocks order by 1"
    ).fetchall() == [("asked", 3600), ("blanks", 3600)]
    assert warehouse.execute(
        "select reason from marts.quarantine where table_name = 'sla_targets'"
    ).fetchall() == [("duplicate key: another row of this key in its file differs",)]


def test_a_merge_into_a_missing_ticket_excludes_nothing(warehouse) -> None:
    reasons = column(warehouse, "exclusion_reason")
    assert {name: reason for name, reason in reasons.items() if name.startswith("into ")} == {
        "into nobody": None,
        "into landed": "merged",
        "into later": "merged",
        "into deleted": "merged",
        "into rejected": "merged",
    }
    assert "tickets.merged_into_id" in failing(warehouse, "orphan_reference")


def test_columns_that_are_only_compared_reject_no_ticket(warehouse) -> None:
    assert "reported" in column(warehouse, "created_at")
    assert failing(warehouse, "unreadable_reported_value") == {"tickets.reported_closed_at": (1, 1)}


def test_odd_times_and_windows_are_counted(warehouse) -> None:
    assert failing(warehouse, "suspicious_time") == {"tickets.updated_at": (1, 1)}
    assert failing(warehouse, "short_window") == {"business_hours.end_minute": (3, 2)}


def test_dates_are_parsed_in_every_form(warehouse) -> None:
    assert warehouse.execute(
        "select cast(start_date as varchar), cast(end_date as varchar) from intermediate.int_holidays_valid"
    ).fetchall() == [("2025-12-25", "2025-12-26")]


def test_ids_with_colons_make_keys_of_their_own(warehouse) -> None:
    keys = column(warehouse, "status_key")
    assert {name: key for name, key in keys.items() if name.startswith("k")} == {
        "k1": "generic:a%3Ab:c",
        "k2": "generic:a:b%3Ac",
        "k3": "generic:a%3Ab%3Ac",
        "k4": "generic:50%253A",
        "k5": "generic:50%3A",
    }
    assert keys["asked"] == "generic:new"
    known = "select status_key, count(*) from marts.dim_statuses group by all"
    assert set(keys.values()) <= dict(warehouse.execute(known).fetchall()).keys()
    assert {count for _, count in warehouse.execute(known).fetchall()} == {1}
