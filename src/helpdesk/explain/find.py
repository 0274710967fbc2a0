"""Opens the file of a build and finds the requested ticket in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import damage_explained, opened
from helpdesk.core.errors import ConfigError, nothing_published
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.published import FILE, published_builds

SHOWN = 5
PARAMETER = re.compile(r"\$(\d)")
Row = dict[str, Any]


class Marts:
    """The published marts of one build."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, select: str, *values: object) -> list[Row]:
        return read(self._connection, select, *values)

    def columns(self, mart: str) -> dict[str, str]:
        """The columns of a mart and their descriptions."""
        found = self.rows(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = $1 order by column_index",
            mart,
        )
        return {row["column_name"]: row["comment"] or "" for row in found}


def read(connection: duckdb.DuckDBPyConnection, select: str, *values: object) -> list[Row]:
    """Rows as dictionaries; instants, stored in UTC, get that zone. `$1` is the first of `values`.

    Values are written into the statement as literals: for a parameter DuckDB imports pandas, which
    takes longer than all the rest.
    """
    cursor = connection.execute(
        PARAMETER.sub(lambda found: _literal(values[int(found[1]) - 1]), select)
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, map(_aware, row), strict=True)) for row in cursor.fetchall()]


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else sql.text(value)


def _aware(value: Any) -> Any:
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if is_naive else value


@contextmanager
def marts_of(paths: OutputPaths, build_id: str = "") -> Iterator[Marts]:
    """The marts of the published build, or of another kept one.

    Raises HelpdeskError if there is none.
    """
    file = _file(paths, build_id)
    with opened(file, read_only=True) as connection, damage_explained(file, is_published=True):
        yield Marts(connection)


def _file(paths: OutputPaths, build_id: str) -> Path:
    kept = [folder.name for folder in published_builds(paths) if (folder / FILE).exists()]
    if not kept or not paths.published.exists():
        raise nothing_published(paths.root)
    if build_id and build_id not in kept:
        raise ConfigError(
            f"{paths.root}: no build {build_id} is kept; there are {', '.join(kept)}."
        )
    return paths.builds / build_id / FILE if build_id else paths.published.resolve()


def find_ticket(marts: Marts, wanted: str) -> str | None:
    """The key of the ticket with this key or native id; None if there is none.

    Raises ConfigError if several help desks have a ticket with this id.
    """
    text = wanted.strip().removeprefix("#")
    found = marts.rows(
        "select ticket_key, source_system, created_at, status_state from marts.fct_tickets "
        "where ticket_key = $1 or ticket_id = $1 order by ticket_key = $1 desc, ticket_key",
        text,
    )
    if len(found) > 1 and found[0]["ticket_key"] != text:
        listed = "".join(
            f"\n  {row['ticket_key']}  created {row['created_at']:%Y-%m-%d}, {row['status_state']}"
            for row in found
        )
        raise ConfigError(
            f"{wanted}: {len(found)} help desks have this ticket; give one of these keys:{listed}"
        )
    return str(found[0]["ticket_key"]) if found else None


def unknown_ticket(marts: Marts, wanted: str, known: str) -> ConfigError:
    """An error with the tickets whose keys or ids are most similar."""
    text = wanted.strip().removeprefix("#")
    near = marts.rows(
        f"""select ticket_key from marts.fct_tickets
        order by least(levenshtein(ticket_key, $1), levenshtein(ticket_id, $2)), ticket_key
        limit {SHOWN}""",
        text,
        text.rpartition(":")[2],
    )
    nearest = ", ".join(row["ticket_key"] for row in near)
    nearest = f" The nearest are {nearest}." if near else " The build has no ticket."
    return ConfigError(f"{wanted}: this build has no such ticket.{known}{nearest}")
