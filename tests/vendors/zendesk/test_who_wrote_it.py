"""Authors of questions and answers in Fivetran's tables: one desk with a ticket for each rule."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from helpdesk.publish.published import FILE
from tests.vendors.zendesk.lake import Rows, built, lake

pytestmark = pytest.mark.slow

IVO, RUTH, OTTO, LENA, KIM, NINA = 11, 12, 13, 14, 31, 32


def ticket(id_: int, **columns: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "created_at": "2026-02-02T08:00:00Z",
        "updated_at": "2026-02-02T08:00:00Z",
        "status": "open",
        "custom_status_id": None,
        "requester_id": KIM,
        "submitter_id": columns.get("requester_id", KIM),
        "assignee_id": IVO,
        "group_id": 70,
        "via_channel": "email",
        "_fivetran_deleted": False,
        "merged_ticket_ids": "[]",
        **columns,
    }


TICKETS = [
    ticket(1, requester_id=RUTH),
    ticket(2, assignee_id=RUTH),
    ticket(3, via_channel="api", submitter_id=IVO),
    ticket(4, via_channel="web", submitter_id=IVO),
    ticket(5),
    ticket(6, via_channel="whatsapp", status="pending"),
    ticket(7, via_channel="chat"),
    ticket(8, custom_status_id=881, status="solved", updated_at="2026-02-03T08:00:00Z"),
    ticket(9, merged_ticket_ids="[10]"),
    ticket(10, status="closed"),
]


def comment(id_: int, ticket_id: int, at: str, user: int | None, **columns: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "ticket_id": ticket_id,
        "created": f"2026-02-02T{at}Z",
        "user_id": user,
        "public": True,
        "voice_comment": False,
        "body": "said",
        "_fivetran_deleted": False,
        **columns,
    }


COMMENTS = [
    # An agent asks, adds a note, and gets an answer from another agent.
    comment(101, 1, "08:00:00", RUTH),
    comment(102, 1, "08:30:00", RUTH, public=False),
    comment(103, 1, "09:00:00", IVO),
    comment(104, 1, "10:00:00", RUTH),
    # Otto is now an end user, Lena was deleted; both had tickets. An unknown person was in copy.
    comment(201, 2, "08:00:00", KIM),
    comment(202, 2, "08:10:00", 99),
    comment(203, 2, "08:20:00", OTTO),
    comment(204, 2, "08:30:00", NINA),
    comment(205, 2, "08:45:00", LENA),
    # A form posts with Ivo's token. On the next ticket Ivo writes first, to a customer.
    comment(301, 3, "08:00:00", IVO),
    comment(302, 3, "11:00:00", IVO),
    comment(401, 4, "08:00:00", IVO),
    comment(402, 4, "09:00:00", KIM),
    # The first answer was deleted.
    comment(501, 5, "08:00:00", KIM),
    comment(502, 5, "08:01:00", IVO, _fivetran_deleted=True),
    comment(503, 5, "10:00:00", RUTH),
    # A transcript, and a mail after the conversation.
    comment(601, 6, "08:00:00", KIM),
    comment(602, 6, "12:00:00", KIM),
    comment(603, 6, "13:00:00", IVO),
    # A transcript of a chat without fetched events.
    comment(701, 7, "08:00:00", KIM),
    comment(702, 7, "08:50:00", IVO),
    comment(801, 8, "08:00:00", KIM),
]


def change(ticket_id: int, field: str, value: Any, at: str = "02-02T08:00:00") -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "field_name": field,
        "value": None if value is None else str(value),
        "updated": f"2026-{at}Z",
        "user_id": None,
    }


HISTORY = [
    *(change(one["id"], "status", "open") for one in TICKETS),
    *(change(one["id"], "assignee_id", one["assignee_id"]) for one in TICKETS if one["id"] != 2),
    # Owned by Otto first, then by Lena, now by Ruth.
    change(2, "assignee_id", OTTO),
    change(2, "assignee_id", LENA, "02-02T08:25:00"),
    change(2, "assignee_id", RUTH, "02-02T09:00:00"),
    change(8, "custom_status_id", 880),
    change(8, "status", "solved", "02-03T08:00:00"),
    change(8, "custom_status_id", 881, "02-03T08:00:00"),
    change(10, "status", "closed", "02-02T09:00:00"),
]
USERS: Rows = [
    {
        "id": IVO,
        "name": "Ivo",
        "role": "agent",
        "active": True,
        "updated_at": "2025-01-01T00:00:00Z",
    },
    {
        "id": RUTH,
        "name": "Ruth",
        "role": "admin",
        "active": True,
        "updated_at": "2025-01-01T00:00:00Z",
    },
    {
        "id": OTTO,
        "name": "Otto",
        "role": "end-user",
        "active": True,
        "updated_at": "2026-02-10T00:00:00Z",
    },
    {
        "id": KIM,
        "name": "Kim",
        "role": "end-user",
        "active": True,
        "updated_at": "2025-01-01T00:00:00Z",
    },
    {
        "id": NINA,
        "name": "Nina",
        "role": "end-user",
        "active": True,
        "updated_at": "2025-01-01T00:00:00Z",
    },
]


def said(place: int, at: str, actor: str, kind: str = "ChatMessage") -> dict[str, Any]:
    return {
        "chat_id": "x1",
        "chat_index": place,
        "created_at": f"2026-02-02T{at}Z",
        "actor_id": actor,
        "type": kind,
        "message": "hello",
    }


CHAT = [
    said(0, "08:00:01", str(KIM)),
    said(1, "08:00:02", "__trigger"),
    said(2, "08:04:00", f"agent:{IVO}", "ChatJoin"),
    said(3, "08:05:00", f"agent:{IVO}"),
    said(4, "08:06:00", str(KIM)),
    said(5, "08:07:00", str(RUTH)),
]


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("fivetran")
    tables = lake(
        folder / "lake.duckdb",
        "_fivetran_synced",
        ticket=TICKETS,
        ticket_comment=COMMENTS,
        ticket_field_history=HISTORY,
        user=USERS,
        group=[{"id": 70, "name": "Support"}],
        ticket_chat=[{"chat_id": "x1", "ticket_id": 6, "user_id": KIM, "channel": "whatsapp"}],
        ticket_chat_event=CHAT,
    )
    printed = built(tables, "fivetran", folder)
    assert "unknown_author" in printed
    assert "unknown_conversation" in printed
    return duckdb.connect(folder / "warehouse" / FILE, read_only=True)


def measured(marts: duckdb.DuckDBPyConnection, ticket_id: int) -> tuple[Any, ...] | None:
    """Seconds to the first response and its author, agent responses, customer messages."""
    return marts.execute(
        """select first_response_seconds, first_response_agent_key, agent_response_count,
            customer_message_count
        from marts.fct_tickets where ticket_id = ?""",
        [str(ticket_id)],
    ).fetchone()


def cycles(marts: duckdb.DuckDBPyConnection, ticket_id: int) -> list[tuple[Any, ...]]:
    return marts.execute(
        """select outcome, agent_key, wait_seconds from marts.fct_response_cycles
        where ticket_key = ? order by cycle_number""",
        [f"zendesk:{ticket_id}"],
    ).fetchall()


def test_the_requester_is_the_customer_regardless_of_role(marts: duckdb.DuckDBPyConnection) -> None:
    assert measured(marts, 1) == (3600, f"zendesk:{IVO}", 1, 2)
    assert [outcome for outcome, *_ in cycles(marts, 1)] == ["responded", "waiting"]


def test_a_former_assignee_was_an_agent(marts: duckdb.DuckDBPyConnection) -> None:
    """Neither the current role nor a deleted row changes that. An unknown person counts as such,
    and another customer as a customer."""
    assert measured(marts, 2) == (1200, f"zendesk:{OTTO}", 2, 2)
    assert [agent for _, agent, _ in cycles(marts, 2)] == [f"zendesk:{OTTO}", f"zendesk:{LENA}"]
    kinds = marts.execute(
        "select message_id, author_type from marts.fct_messages where ticket_key = 'zendesk:2'"
    ).fetchall()
    assert dict(kinds)["202"] == "unknown"
    agents = marts.execute(
        "select agent_id, name, is_active from marts.dim_agents where agent_id is not null order by 1"
    ).fetchall()
    assert agents == [
        (str(IVO), "Ivo", True),
        (str(RUTH), "Ruth", True),
        (str(OTTO), "Otto", False),
        (str(LENA), str(LENA), False),
    ]


def test_the_first_message_of_a_ticket_is_no_answer(marts: duckdb.DuckDBPyConnection) -> None:
    assert measured(marts, 3) == (3 * 3600, f"zendesk:{IVO}", 1, 1)
    # Except for a ticket that an agent opens to write to a customer.
    assert measured(marts, 4) == (None, "unknown", 1, 1)
    assert cycles(marts, 4)[0][0] == "waiting"


def test_a_deleted_comment_does_not_count(marts: duckdb.DuckDBPyConnection) -> None:
    assert measured(marts, 5) == (7200, f"zendesk:{RUTH}", 1, 1)


def test_a_conversation_is_measured_by_its_events(marts: duckdb.DuckDBPyConnection) -> None:
    """Two agents answered in it. The mail after it is a message, its transcript is not."""
    assert measured(marts, 6) == (300, f"zendesk:{IVO}", 3, 3)
    assert [(outcome, agent) for outcome, agent, _ in cycles(marts, 6)] == [
        ("responded", f"zendesk:{IVO}"),
        ("responded", f"zendesk:{RUTH}"),
        ("responded", f"zendesk:{IVO}"),
    ]


def test_a_chat_without_events_is_not_measured(marts: duckdb.DuckDBPyConnection) -> None:
    assert measured(marts, 7) == (None, "unknown", 0, 0)
    assert cycles(marts, 7) == []
    counted = marts.execute(
        "select rows_failing from marts.data_quality where kind = 'unknown_conversation'"
    ).fetchone()
    assert counted == (1,)


def test_an_unknown_custom_status_falls_back_to_the_built_in_one(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    row = marts.execute(
        "select status_id, status_state, closed_at::varchar from marts.fct_tickets where ticket_id = '8'"
    ).fetchone()
    assert row == ("solved", "closed", "2026-02-03 08:00:00")
    unknown = marts.execute(
        "select rows_failing from marts.data_quality where kind = 'unknown_status'"
    ).fetchone()
    assert unknown == (0,)


def test_a_merge_is_recorded_by_the_remaining_ticket(marts: duckdb.DuckDBPyConnection) -> None:
    row = marts.execute(
        "select exclusion_reason from marts.fct_tickets where ticket_id = '10'"
    ).fetchone()
    assert row == ("merged",)
