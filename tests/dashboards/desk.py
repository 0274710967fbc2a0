"""A small help desk with hostile names and ids."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from helpdesk.publish.published import publish
from helpdesk.transform.manifest import ensure_manifest
from tests.working_warehouse import land_and_model

AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAYS = 200

# Each name could do harm or be damaged somewhere between the file and the page.
COMPANIES = {
    "plain": "Acme",
    "o'brien\"": 'O\'Brien "Best" & Söhne 🚀',
    "<id>": "<script>window.harmed = true</script>",
    "'; drop table x; --": "'; drop schema desk cascade; --",
    "${inputs.agent.value}": "${inputs.agent.value} {#if x} `tick`",
    "100%_": "100%_ off",
    "twin-1": "Twin",
    "twin-2": "Twin",
    # A table shows ten members at first.
    **{f"c{number}": f"Company {number}" for number in range(1, 4)},
}
AGENTS = {"1": "Zoe", "2": '<img src=x onerror="window.harmed = true">', "3": "ann"}
TEAMS = {"t1": "Front <b>line</b>", "t2": "Back office"}
ACCOUNTS = {"in:box": "support@example.com", "form": "Form \"A\" 'B'"}
PIPELINES = {"p1": "Support", "p2": "Returns & <i>refunds</i>"}
STATUSES = (
    ("new", "New", "open"),
    ("wait", "<u>Waiting</u> & co", "pending"),
    ("done", "Closed", "closed"),
)


def land(folder: Path) -> None:
    """Write the desk as contract files."""
    folder.mkdir(parents=True)
    tables = {
        "companies": [{"company_id": key, "name": name} for key, name in COMPANIES.items()],
        "agents": [{"agent_id": key, "name": name} for key, name in AGENTS.items()],
        "teams": [{"team_id": key, "name": name} for key, name in TEAMS.items()],
        "channels": [{"channel_id": "email", "name": "Email", "kind": "email"}],
        "channel_accounts": [
            {"channel_account_id": key, "channel_id": "email", "name": name}
            for key, name in ACCOUNTS.items()
        ],
        "pipelines": [{"pipeline_id": key, "name": name} for key, name in PIPELINES.items()],
        "statuses": [
            {"status_id": key, "pipeline_id": pipeline, "name": name, "state": state,
             "display_order": place}
            for pipeline in PIPELINES
            for place, (key, name, state) in enumerate(STATUSES, start=1)
        ],
        "tickets": [],
        "ticket_field_history": [],
        "messages": [],
        "surveys": [
            {"survey_id": "effort", "name": "<b>Easy?</b>", "kind": "ces"},
            {"survey_id": "happy", "name": "Happy?", "kind": "csat"},
            {"survey_id": "promoter", "name": "Would you?", "kind": "nps"},
        ],
        "survey_responses": [],
        "sla_policies": [{"policy_id": "p", "name": "All", "rank": 1, "conditions": "{}"}],
        "sla_targets": [
            {"policy_id": "p", "metric": metric, "goal_seconds": hours * 3600}
            for metric, hours in (("first_response", 15), ("next_response", 30), ("time_to_close", 48))
        ],
    }  # fmt: skip
    for number in range(400):
        _add_ticket(number, tables)
    for name, rows in tables.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def _add_ticket(number: int, tables: dict[str, list[dict]]) -> None:
    """Choices from the lists at different strides, so that no two filters select the same rows."""
    days_ago = number * 13 % DAYS
    created = AS_OF - timedelta(days=days_ago, hours=1 + number % 11)
    # One team was slow for two months, which then comes right.
    is_slow = number % 3 == 1 and 90 <= days_ago < 150
    waits = created + timedelta(hours=1 + number % 29 + 100 * is_slow)
    closes = waits + timedelta(minutes=37 * (1 + number % 97))
    steps = [(created, "new"), (waits, "wait"), (closes, "done")]
    seen = [step for step in steps if step[0] <= AS_OF]
    tables["tickets"].append(
        {
            "ticket_id": f"{number}'\"",
            "created_at": created.isoformat(),
            "updated_at": seen[-1][0].isoformat(),
            "pipeline_id": list(PIPELINES)[number % 7 % 2],
            "status_id": seen[-1][1],
            "agent_id": None if number % 17 == 0 else list(AGENTS)[number % 5 % 3],
            "team_id": list(TEAMS)[number % 3 % 2],
            "company_id": list(COMPANIES)[number % 11 % len(COMPANIES)],
            "channel_id": "email",
            "channel_account_id": list(ACCOUNTS)[number % 13 % 2],
        }
    )
    for at, status in seen:
        tables["ticket_field_history"].append(
            {"ticket_id": f"{number}'\"", "field": "status", "changed_at": at.isoformat(),
             "seq": 1, "value": status}
        )  # fmt: skip

    assigned, agent = (
        created + timedelta(minutes=1 + number % 53),
        tables["tickets"][-1]["agent_id"],
    )
    if agent and assigned <= AS_OF:
        tables["ticket_field_history"].append(
            {"ticket_id": f"{number}'\"", "field": "agent", "changed_at": assigned.isoformat(),
             "seq": 2, "value": agent}
        )  # fmt: skip

    answers = closes + timedelta(hours=1 + number % 31)
    survey, scale = (("effort", 7), ("happy", 5), ("promoter", 10))[number // 3 % 3]
    if closes <= AS_OF and number % 4:
        tables["survey_responses"].append(
            {"response_id": f"{number}'\"", "survey_id": survey, "ticket_id": f"{number}'\"",
             "sent_at": closes.isoformat(),
             "responded_at": answers.isoformat() if number % 5 else None,
             "score": 1 + number % scale if number % 5 else None}
        )  # fmt: skip

    says = [(created, "customer"), (waits, "agent"), (waits + timedelta(minutes=30), "customer")]
    for place, (at, author) in enumerate([*says, (closes, "agent")]):
        if at <= AS_OF:
            tables["messages"].append(
                {
                    "message_id": f"{number}-{place}",
                    "ticket_id": f"{number}'\"",
                    "sent_at": at.isoformat(),
                    "direction": "incoming" if author == "customer" else "outgoing",
                    "author_type": author,
                    "is_public": True,
                }
            )


def build_marts(folder: Path) -> tuple[Path, Path]:
    """Load the desk, run dbt, publish; returns the marts and the manifest."""
    land(folder / "landing")
    paths = land_and_model(folder / "landing", folder / "output", AS_OF.isoformat())
    manifest = ensure_manifest()
    publish(paths, manifest, "2026-03-31T12-00-00Z")
    return paths.published, manifest


def open_marts(marts: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """The file under a name that differs from its schema, since DuckDB could confuse them."""
    connection = duckdb.connect()
    connection.execute(f"attach '{marts}' as desk_file {'(read_only)' if read_only else ''}")
    connection.execute("use desk_file")
    return connection
