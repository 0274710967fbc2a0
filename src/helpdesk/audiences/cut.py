"""Cuts the published marts to an audience: views with its rows, in the place of the tables.

The views of the build then read the cut marts. No query has another way to the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from helpdesk.audiences.rules import (
    CALLS,
    LIMITS,
    NAMES,
    ON_SHIFT,
    OPEN,
    TICKET,
    UNCOUNTED,
    UNKNOWN,
    WHOLE,
    is_fact,
    key_columns,
    of_members,
)
from helpdesk.core.settings import Audience
from helpdesk.core.sql import name, text, texts

# The database of the views; a query names the schema alone.
CUT = "cut"
# The schema with the visible keys.
KEYS = f"{CUT}.visible"
VISIBLE = f"(select {TICKET} from {KEYS}.tickets)"


@dataclass(frozen=True)
class Cut:
    """What an audience sees, and what it does not.

    `tickets`: the number of visible ones; `lacking`: names that the build lacks; `withheld`: own
    marts without rows; `alone`: the number of calls that nobody linked to a ticket.
    """

    tickets: int
    lacking: tuple[str, ...]
    withheld: tuple[str, ...]
    alone: int


def cut(connection: duckdb.DuckDBPyConnection, source: str, audience: Audience) -> Cut:
    """Use the marts of the attached database `source`, cut to the audience.

    Raises duckdb.Error if the marts cannot be read.
    """
    marts = _tables(connection, source)
    connection.execute(f"attach ':memory:' as {CUT}")
    # With the views of the build: they name no database, so they read the cut marts.
    connection.execute(f"copy from database {source} to {CUT} (schema)")
    connection.execute(f"create schema {KEYS}")
    keys = keys_of(connection, source, audience)
    for limit, found in keys.found.items():
        key = LIMITS[limit][1]
        connection.execute(f"create table {KEYS}.{limit} as select unnest({texts(found)}) as {key}")
    limits = " and ".join(map(_named, key_columns(audience)))
    connection.execute(
        f"create table {KEYS}.tickets as select {TICKET} from {source}.marts.fct_tickets "
        f"where {limits or 'false'}"
    )
    facts = {mart: columns for mart, columns in marts.items() if is_fact(mart, columns)}
    for mart, columns in facts.items():
        condition = f"{TICKET} in {VISIBLE}" if TICKET in columns else _of_teams(audience)
        _view(connection, source, mart, condition)
    withheld = []
    for mart, columns in marts.items():
        if mart in facts:
            continue
        condition = of_members(mart, columns, facts, audience, f"{CUT}.marts", _named)
        if mart in OPEN:
            _view(connection, source, mart, "true")
        elif mart in UNCOUNTED:
            _view(connection, source, mart, "true", _uncounted(columns, UNCOUNTED[mart]))
        elif condition:
            # Small, and in most queries: kept as a table.
            connection.execute(
                f"insert into {CUT}.marts.{name(mart)} by name "
                f"select * from {source}.marts.{name(mart)} where {condition}"
            )
        else:
            withheld += [] if mart in WHOLE else [mart]
            _view(connection, source, mart, "false")
    _cut_shift(connection, audience)
    connection.execute(f"use {CUT}")
    ((tickets,),) = connection.execute(f"select count(*) from {KEYS}.tickets").fetchall()
    return Cut(tickets, keys.lacking, tuple(withheld), _alone(connection, source, marts))


def _alone(connection: duckdb.DuckDBPyConnection, source: str, marts: Mapping[str, object]) -> int:
    """The number of calls without a ticket; none in a build that has no mart of calls."""
    if CALLS not in marts:
        return 0
    ((count,),) = connection.execute(
        f"select count(*) from {source}.marts.{CALLS} where {TICKET} = '{UNKNOWN}'"
    ).fetchall()
    return int(count)


def _cut_shift(connection: duckdb.DuckDBPyConnection, audience: Audience) -> None:
    """Keep the audience's teams in the view of who can take a ticket, if the build has it."""
    found = connection.execute(
        f"select view_name from duckdb_views() where database_name = '{CUT}' "
        f"and schema_name = 'marts' and view_name = '{ON_SHIFT}'"
    ).fetchone()
    if found:
        every = f"{ON_SHIFT}_of_all"
        connection.execute(f"alter view {CUT}.marts.{ON_SHIFT} rename to {every}")
        connection.execute(
            f"create view {CUT}.marts.{ON_SHIFT} as select * from {CUT}.marts.{every} "
            f"where {_of_teams(audience)}"
        )


@dataclass(frozen=True)
class Keys:
    """The keys of the members that an audience names, by limit, and the names without a member."""

    found: Mapping[str, tuple[str, ...]]
    lacking: tuple[str, ...]


def keys_of(connection: duckdb.DuckDBPyConnection, source: str, audience: Audience) -> Keys:
    """Look up the members that an audience names, by name or by key."""
    found: dict[str, tuple[str, ...]] = {}
    lacking: list[str] = []
    for limit, wanted in audience.limits.items():
        dimension, key = LIMITS[limit]
        members = connection.execute(
            f"select {key}, name from {source}.marts.{dimension} where "
            f"list_contains({texts(wanted)}, name) or list_contains({texts(wanted)}, {key}) "
            "order by 1"
        ).fetchall()
        found[limit] = tuple(key for key, _ in members)
        known = {one for row in members for one in row}
        lacking += [f"{NAMES[limit]} {one!r}" for one in wanted if one not in known]
    return Keys(found, tuple(lacking))


def _tables(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, dict[str, str]]:
    """The columns and their types of each mart that is a table."""
    found: dict[str, dict[str, str]] = {}
    for mart, column, kind in connection.execute(
        "select columns.table_name, column_name, data_type from duckdb_columns() as columns "
        "inner join duckdb_tables() as tables on columns.table_oid = tables.table_oid "
        "and columns.database_name = tables.database_name "
        f"where columns.database_name = {text(source)} and columns.schema_name = 'marts' "
        "order by columns.table_name, column_index"
    ).fetchall():
        found.setdefault(mart, {})[column] = kind
    return found


def _named(key: str) -> str:
    """The condition that a key is of a named member."""
    (limit,) = [one for one, (_, column) in LIMITS.items() if column == key]
    return f"{key} in (select {key} from {KEYS}.{limit})"


def _of_teams(audience: Audience) -> str:
    """The condition for members of the audience's teams."""
    return _named("team_key") if audience.teams else "false"


def _uncounted(columns: Mapping[str, str], hidden: tuple[str, ...]) -> list[str]:
    return [
        f"null::{kind} as {name(column)}"
        for column, kind in columns.items()
        if column.startswith(hidden)
    ]


def _view(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    mart: str,
    condition: str,
    replaced: Sequence[str] = (),
) -> None:
    connection.execute(f"drop table {CUT}.marts.{name(mart)}")
    replacing = f" replace ({', '.join(replaced)})" if replaced else ""
    connection.execute(
        f"create view {CUT}.marts.{name(mart)} as "
        # Lists of tickets find the rows of a page by their number.
        f"select rowid, *{replacing} from {source}.marts.{name(mart)} where {condition}"
    )
