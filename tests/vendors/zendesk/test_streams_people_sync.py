"""With few of Airbyte's streams, known figures are shown, and unknown ones are reported."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from helpdesk.publish.published import FILE
from tests.vendors.zendesk.lake import Rows, built, lake

pytestmark = [pytest.mark.slow, pytest.mark.long]

IVO, KIM = 360001000001, 360001000031


def ticket(id_: int, status: str, channel: str = "email", **columns: Any) -> dict[str, Any]:
    return {
        "id": float(id_),
        "created_at": "2026-02-02T08:00:00Z",
        "updated_at": "2026-02-05T08:00:00Z",
        "generated_timestamp": 1770278400,
        "status": status,
        "requester_id": float(KIM),
        "submitter_id": float(KIM),
        "assignee_id": float(IVO),
        "tags": [],
        "via": {"channel": channel, "source": {"rel": None}},
        **columns,
    }


def comment(id_: int, ticket_id: int, at: str, author: int, **columns: Any) -> dict[str, Any]:
    return {
        "id": float(id_),
        "ticket_id": float(ticket_id),
        "created_at": f"2026-02-02T{at}Z",
        "author_id": float(author),
        "public": True,
        "type": "Comment",
        "body": "said",
        "via": {"channel": "email"},
        **columns,
    }


MERGE = {"channel": "web", "source": {"rel": "merge", "from": {"ticket_ids": [5]}}}
TICKETS = [
    ticket(1, "closed"),
    ticket(2, "open"),
    ticket(3, "open", "native_messaging"),
    # Two copies of one version. The one that was written last is right.
    ticket(4, "open", _airbyte_extracted_at="2026-02-19T00:00:00Z"),
    ticket(4, "pending"),
    ticket(5, "closed"),
    ticket(6, "solved"),
]
COMMENTS: Rows = [
    comment(101, 1, "08:00:00", KIM),
    comment(102, 1, "09:00:00", IVO),
    # An answer that later became a note.
    comment(201, 2, "08:00:00", KIM),
    comment(202, 2, "08:30:00", IVO, _airbyte_extracted_at="2026-02-19T00:00:00Z"),
    comment(202, 2, "08:30:00", IVO, public=False),
    comment(203, 2, "10:00:00", IVO),
    comment(301, 3, "08:00:00", KIM, via={"channel": "native_messaging"}),
    comment(401, 4, "08:00:00", KIM, via=MERGE),
    comment(501, 5, "08:00:00", KIM),
    comment(601, 6, "08:00:00", KIM),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, str]:
    folder = tmp_path_factory.mktemp("airbyte")
    tables = lake(
        folder / "lake.duckdb",
        "_airbyte_extracted_at",
        tickets=TICKETS,
        ticket_comments=COMMENTS,
        ticket_metrics=[
            {
                "id": 900,
                "ticket_id": 1.0,
                "solved_at": "2026-02-04T08:00:00Z",
                "reply_time_in_minutes": {"calendar": 60, "business": 60},
            }
        ],
        users=[
            {"id": float(IVO), "name": "Ivo", "role": "agent", "active": True},
            {"id": float(KIM), "name": "Kim", "role": "end-user", "active": True},
        ],
    )
    printed = built(tables, "airbyte", folder)
    return duckdb.connect(folder / "warehouse" / FILE, read_only=True), printed


def test_first_responses_come_from_the_comments(
    desk: tuple[duckdb.DuckDBPyConnection, str],
) -> None:
    rows = desk[0].execute(
        """select ticket_id, status_state, first_response_seconds, agent_response_count, agent_key
        from marts.fct_tickets order by ticket_id"""
    )
    agent = f"zendesk:{IVO}"
    assert rows.fetchall() == [
        ("1", "closed", 3600, 1, agent),
        ("2", "open", 7200, 1, agent),
        ("3", "open", None, 0, agent),
        ("4", "pending", None, 0, agent),
        ("5", "closed", None, 0, agent),
        ("6", "closed", None, 0, agent),
    ]


def test_close_times_are_those_of_the_metrics_or_unknown(
    desk: tuple[duckdb.DuckDBPyConnection, str],
) -> None:
    rows = desk[0].execute(
        """select ticket_id, closed_at::varchar, closed_at_basis, exclusion_reason
        from marts.fct_tickets where status_state = 'closed' order by ticket_id"""
    )
    assert rows.fetchall() == [
        ("1", "2026-02-04 08:00:00", "reported", None),
        ("5", None, None, "merged"),
        ("6", None, None, None),
    ]


def test_unknown_figures_are_reported(desk: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    """Without groups, the built-in statuses and channels still exist."""
    marts, printed = desk
    checks = dict(
        marts.execute(
            "select kind, sum(rows_failing) from marts.data_quality group by kind"
        ).fetchall()
    )
    assert checks["unknown_conversation"] == 1
    assert checks["unknown_status"] == checks["quarantined"] == 0
    assert marts.execute("select count(*) from marts.quarantine").fetchone() == (0,)
    channels = marts.execute(
        "select distinct channel_key from marts.fct_tickets order by 1"
    ).fetchall()
    assert channels == [("zendesk:email",), ("zendesk:native_messaging",)]
    (line,) = [line for line in printed.splitlines() if "ticket_audits" in line]
    assert "close times from ticket_metrics" in line
