"""A simulated desk in Zendesk: the contract's tables, cut to the part that Zendesk can represent.

`expressible_desk` returns the tables, and `write_plain` writes them as files of the file contract.
The marts of these files and of the same desk from the API must be equal.
"""

from pathlib import Path
from typing import Any

import duckdb

TABLES = (
    "pipelines",
    "statuses",
    "tickets",
    "ticket_field_history",
    "messages",
    "sla_policies",
    "sla_targets",
    "ticket_sla_applied",
    "business_hours",
    "holidays",
    "agents",
    "teams",
    "agent_teams",
    "agent_availability",
    "companies",
    "contacts",
    "channels",
    "channel_accounts",
    "calls",
    "surveys",
    "survey_responses",
)
Row = dict[str, Any]


def expressible_desk(simulated: Path) -> duckdb.DuckDBPyConnection:
    """The desk in the folder `simulated`, as tables of an in-memory database."""
    connection = duckdb.connect(config={"memory_limit": "2GB"})
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema simulated")
    for path in sorted(simulated.glob("*.parquet")):
        connection.execute(f"create view simulated.{path.stem} as from '{path}'")
    connection.execute(Path(__file__).with_name("expressible.sql").read_text())
    return connection


def write_plain(desk: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Write the desk as files of the file contract."""
    landing.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        desk.execute(f"copy {table} to '{landing / table}.parquet'")


def rows(desk: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    result = desk.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
