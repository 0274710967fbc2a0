"""A small desk whose figures can be calculated by hand."""

import json
from pathlib import Path

AS_OF = "2024-02-01T00:00:00Z"
DESK = {
    "tickets": [
        {
            "ticket_id": "1",
            "created_at": "2024-01-01T00:00:00Z",
            "status_id": "done",
            "pipeline_id": "p",
            "agent_id": "a",
            "company_id": "c",
        },
        {
            "ticket_id": "2",
            "created_at": "2024-01-02T12:00:00+02:00",
            "status_id": "new",
            "pipeline_id": "p",
            "agent_id": "nobody",
            "team_id": "t2",
        },
        {
            "ticket_id": "3",
            "created_at": "2024-01-02T23:30:00Z",
            "status_id": "done",
            "is_spam": "true",
        },
        {"ticket_id": "4", "created_at": "2024-02-02T00:00:00Z", "status_id": "new"},
        {
            "ticket_id": "5",
            "created_at": "2024-01-03T00:00:00Z",
            "status_id": "done",
            "channel_account_id": "x",
        },
        {"ticket_id": "6", "created_at": "2024-01-03T00:00:00Z", "status_id": "new"},
    ],
    "pipelines": [{"pipeline_id": "p", "name": "Support"}],
    "statuses": [
        {"status_id": "new", "state": "open", "name": "New"},
        {"status_id": "wait", "state": "pending", "name": "Waiting"},
        {"status_id": "done", "state": "closed", "name": "Done"},
    ],
    "ticket_field_history": [
        {
            "ticket_id": "1",
            "field": "status",
            "changed_at": "2024-01-01T00:00:00Z",
            "seq": 1,
            "value": "new",
        },
        {
            "ticket_id": "1",
            "field": "agent",
            "changed_at": "2024-01-01T01:00:00Z",
            "seq": 1,
            "value": "a",
        },
        {
            "ticket_id": "1",
            "field": "status",
            "changed_at": "2024-01-02T00:00:00Z",
            "seq": 2,
            "value": "done",
        },
        {
            "ticket_id": "1",
            "field": "status",
            "changed_at": "2024-01-03T00:00:00Z",
            "seq": 3,
            "value": "wait",
        },
        {
            "ticket_id": "1",
            "field": "status",
            "changed_at": "2024-01-04T00:00:00Z",
            "seq": 4,
            "value": "done",
        },
        {
            "ticket_id": "5",
            "field": "status",
            "changed_at": "2024-01-03T06:00:00Z",
            "seq": 1,
            "value": "new",
        },
        {
            "ticket_id": "5",
            "field": "status",
            "changed_at": "2024-01-31T00:00:00Z",
            "seq": 2,
            "value": "done",
        },
        {
            "ticket_id": "5",
            "field": "status",
            "changed_at": "2024-02-03T00:00:00Z",
            "seq": 3,
            "value": "new",
        },
    ],
    "agents": [{"agent_id": "a", "name": "Ann", "email": "ann@example.org"}],
    "teams": [{"team_id": "t1", "name": "First"}, {"team_id": "t2", "name": "Second"}],
    "agent_teams": [{"agent_id": "a", "team_id": "t1", "is_primary": True}],
    "companies": [{"company_id": "c", "name": "<script>alert(1)</script>"}],
    "channel_accounts": [{"channel_account_id": "x", "name": "Inbox"}],
    "deletions": [{"table": "tickets", "key": "6", "deleted_at": "2024-01-10T00:00:00Z"}],
}


def write_desk(folder: Path, desk: dict[str, list[dict]]) -> Path:
    """Write a desk as JSON Lines, one file per table."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, records in desk.items():
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{table}.jsonl").write_text(lines)
    return folder
