"""A raw layer for the gate, built from the contract, and a valid desk to fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
SOURCES = REPOSITORY / "dbt_project/models/staging/contract/_contract__sources.yml"

Contract = dict[str, dict[str, Any]]
Row = Mapping[str, str]
Desk = dict[str, list[dict[str, str]]]
Build = Callable[[Mapping[str, Sequence[Row]]], Path]


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The tables of the contract by name."""
    (source,) = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    return {table["name"]: table for table in source["tables"]}


def create_table(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> None:
    """Create one raw table: every contract column as text, and the loader's three columns."""
    definitions = ", ".join(f'"{column}" varchar' for column in columns)
    connection.execute(
        f"create table raw.{table} ({definitions}, _file varchar, _row bigint, _extra varchar)"
    )


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row], file: str | None = None
) -> None:
    """Insert rows like the loader, with null for empty text."""
    for number, row in enumerate(rows, start=1):
        names = ", ".join(f'"{column}"' for column in row)
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into raw.{table} ({names}, _file, _row) values ({marks}, ?, ?)",
            [*(value or None for value in row.values()), file or f"{table}.csv", number],
        )


def unland(database: Path, table: str, file: str) -> None:
    """Delete a file and its rows from the raw layer, like the loader."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"delete from raw.{table} where _file = ?", [file])
        connection.execute(
            "delete from landing.files where (table_name, file) = (?, ?)", [table, file]
        )
        _count(connection, table)


def land(database: Path, table: str, file: str, rows: Sequence[Row], modified: int = 1) -> None:
    """Load one file, or load it again, like the loader."""
    unland(database, table, file)
    with duckdb.connect(str(database)) as connection:
        insert(connection, table, rows, file)
        connection.execute("insert into landing.files values (?, ?, 1, ?)", [table, file, modified])
        _count(connection, table)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(
        f"""update landing.tables set row_count = (select count(*) from raw.{table}),
        is_configured = exists (from landing.files where table_name = tables.table_name)
        where table_name = ?""",
        [table],
    )


@pytest.fixture
def build(tmp_path: Path, contract: Contract) -> Build:
    """A function that writes a raw layer and returns its file."""

    def write(desk: Mapping[str, Sequence[Row]]) -> Path:
        database = tmp_path / "desk.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute("create schema raw; create schema landing")
            connection.execute(
                "create table landing.tables "
                "(table_name varchar, is_configured boolean, row_count bigint)"
            )
            connection.execute(
                "create table landing.files "
                "(table_name varchar, file varchar, size_bytes bigint, modified_ns bigint)"
            )
            for table, definition in contract.items():
                columns = [column["name"] for column in definition["columns"]]
                create_table(connection, table, columns)
                insert(connection, table, desk.get(table, []))
                connection.execute(
                    "insert into landing.tables values (?, ?, ?)",
                    [table, table in desk, len(desk.get(table, []))],
                )
                if table in desk:
                    connection.execute(
                        "insert into landing.files values (?, ?, 1, 1)", [table, f"{table}.csv"]
                    )
        return database

    return write


@pytest.fixture
def desk() -> Desk:
    """A desk with valid rows in every table that has a suite."""
    at = "2026-03-02T09:00:00Z"
    return {
        "tickets": [
            {
                "ticket_id": str(number),
                "created_at": f"2026-03-0{number}T09:00:00+01:00",
                "updated_at": f"2026-03-0{number}T10:00:00.5+0100",
                "subject": "Secret subject",
                "status_id": "new",
                "is_spam": "FALSE",
                "is_deleted": "0",
            }
            for number in (1, 2, 3)
        ],
        "statuses": [
            {"status_id": "new", "state": "open", "pauses_sla": "false"},
            {"status_id": "done", "state": "closed", "pauses_sla": ""},
        ],
        "ticket_field_history": [
            {"ticket_id": "1", "field": "status", "changed_at": at, "seq": "1", "value": "done"},
            {"ticket_id": "1", "field": "agent", "changed_at": at, "seq": "2", "value": "ann"},
        ],
        "messages": [
            {
                "message_id": "m1",
                "ticket_id": "1",
                "sent_at": at,
                "direction": "incoming",
                "author_type": "customer",
                "is_public": "true",
            }
        ],
        "sla_policies": [{"policy_id": "p", "rank": "1", "conditions": '{"priority": ["high"]}'}],
        "sla_targets": [{"policy_id": "p", "metric": "first_response", "goal_seconds": "3600"}],
        "ticket_sla_applied": [{"ticket_id": "1", "applied_at": at, "policy_id": "p"}],
        "business_hours": [
            {
                "schedule_id": "s",
                "weekday": "1",
                "start_minute": "540",
                "end_minute": "1620",
                "timezone": "Europe/Berlin",
            }
        ],
        "holidays": [{"schedule_id": "s", "start_date": "2026-12-25", "end_date": ""}],
        "agent_availability": [{"agent_id": "ann", "started_at": at, "status": "away"}],
        "calls": [
            {
                "call_id": "c",
                "started_at": at,
                "direction": "inbound",
                "outcome": "missed",
                "duration_seconds": "30",
            }
        ],
        "surveys": [{"survey_id": "v", "kind": "csat", "scale_min": "1", "scale_max": "5"}],
        "survey_responses": [
            {"response_id": "r", "survey_id": "v", "responded_at": at, "score": "4.5"}
        ],
        "deletions": [{"table": "tickets", "key": "9", "deleted_at": at}],
    }
