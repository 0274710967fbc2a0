"""Changes a table in place to the rows of another build, while readers use it.

Replacing the table would wait for its readers' locks, and an older snapshot would see it empty.
Deleting and inserting rows does neither, and keeps grants, policies, views and indexes of the
table. It is altered only if a mart's columns have changed, before or after its rows, in steps that
rewrite nothing.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from helpdesk.core.errors import HelpdeskError
from helpdesk.publish.postgres_tables import LOADING, SCHEMA, Model

# A change of columns waits for readers, and new readers wait behind it. So it waits briefly and is
# repeated, for two minutes in total.
ALTER_WAIT = "500ms"
ALTER_TRIES = 40
ALTER_PAUSE = 2.5

Connection = psycopg.Connection[Any]


def column_facts(connection: Connection, schema: str, table: str) -> dict[str, tuple[str, bool]]:
    """The type of each column by its name, and whether it is never null."""
    found = connection.execute(
        """select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute
        where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
            and attnum > 0 and not attisdropped order by attnum""",
        [schema, table],
    )
    return {name: (kind, is_required) for name, kind, is_required in found}


def _keys(connection: Connection, schema: str, table: str) -> dict[str, str]:
    """The names of a table's keys by their definition."""
    found = connection.execute(
        """select pg_get_constraintdef(oid), conname from pg_constraint
        where conrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
            and contype in ('p', 'u')""",
        [schema, table],
    )
    return dict(found.fetchall())


def make_room(connection: Connection, model: Model) -> None:
    """Add the columns of the new rows to a table, and relax constraints; keep its old columns."""
    name = model["name"]
    there, wanted = (column_facts(connection, schema, name) for schema in (SCHEMA, LOADING))
    keys, wanted_keys = (_keys(connection, schema, name) for schema in (SCHEMA, LOADING))
    parts: list[sql.Composable] = [
        sql.SQL("drop constraint {}").format(sql.Identifier(key))
        for definition, key in keys.items()
        if definition not in wanted_keys
    ]
    for column, (kind, is_required) in there.items():
        if column in wanted and kind != wanted[column][0]:
            parts.append(sql.SQL("drop column {}").format(sql.Identifier(column)))
        elif is_required and not wanted.get(column, ("", False))[1]:
            parts.append(sql.SQL("alter {} drop not null").format(sql.Identifier(column)))
    for column, (kind, _) in wanted.items():
        if kind != there.get(column, ("", False))[0]:
            added = sql.SQL("add column {} {}").format(sql.Identifier(column), sql.SQL(kind))
            parts.append(added)
    try:
        _alter(connection, name, parts)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise HelpdeskError(
            f"{SCHEMA}.{name}: its columns have changed, and other objects depend on the old ones "
            f"({' '.join(str(error).split())}). Drop those, publish, and create them again."
        ) from error


def tidy_up(connection: Connection, model: Model) -> list[str]:
    """Remove old columns from a table and add constraints; returns why any columns stay."""
    name = model["name"]
    there, wanted = (column_facts(connection, schema, name) for schema in (SCHEMA, LOADING))
    keys, wanted_keys = (_keys(connection, schema, name) for schema in (SCHEMA, LOADING))
    parts: list[sql.Composable] = [
        sql.SQL("alter {} set not null").format(sql.Identifier(column))
        for column, (_, is_required) in wanted.items()
        if is_required and not there[column][1]
    ]
    parts += [
        sql.SQL("add {}").format(sql.SQL(definition))
        for definition in wanted_keys
        if definition not in keys
    ]
    _alter(connection, name, parts)
    notes = []
    for column in [column for column in there if column not in wanted]:
        try:
            _alter(connection, name, [sql.SQL("drop column {}").format(sql.Identifier(column))])
        except psycopg.errors.DependentObjectsStillExist as error:
            notes.append(
                f"column {column} of {SCHEMA}.{name} is no longer in the mart, and stays empty: "
                f"{_depends(error)}"
            )
    return notes


def drop_table(connection: Connection, name: str) -> str:
    """Drop a table that is no longer a mart; returns why it stays, or an empty text."""
    table = sql.Identifier(SCHEMA, name)
    try:
        patiently(connection, lambda: connection.execute(sql.SQL("drop table {}").format(table)))
    except psycopg.errors.DependentObjectsStillExist as error:
        return f"{SCHEMA}.{name} is no longer a mart, and stays empty: {_depends(error)}"
    return ""


def replace_rows(connection: Connection, model: Model) -> None:
    """Delete rows that the build does not have, and insert rows that the table does not have."""
    columns = [column["name"] for column in model["columns"]]
    old, new = (sql.Identifier(schema, model["name"]) for schema in (SCHEMA, LOADING))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    # Rows of a mart without a key may repeat: all of them are written again.
    is_same: sql.Composable = sql.SQL("{} = {}").format(
        _digest("old", columns), _digest("new", columns)
    )
    if not model["key"]:
        is_same = sql.SQL("false")
    connection.execute(
        sql.SQL("delete from {} as old where not exists (select 1 from {} as new where {})").format(
            old, new, is_same
        )
    )
    connection.execute(
        sql.SQL(
            "insert into {} ({}) select {} from {} as new "
            "where not exists (select 1 from {} as old where {})"
        ).format(old, names, names, new, old, is_same)
    )


def _digest(of: str, columns: Sequence[str]) -> sql.Composed:
    """A digest of a row: comparing rows with nulls directly would need a nested loop."""
    values = sql.SQL(", ").join(sql.Identifier(of, column) for column in columns)
    return sql.SQL("sha256(convert_to(row({})::text, 'UTF8'))").format(values)


def _alter(connection: Connection, table: str, parts: Sequence[sql.Composable]) -> None:
    if parts:
        statement = sql.SQL("alter table {} {}").format(
            sql.Identifier(SCHEMA, table), sql.SQL(", ").join(parts)
        )
        patiently(connection, lambda: connection.execute(statement))


def patiently(
    connection: Connection,
    change: Callable[[], object],
    wait: str = ALTER_WAIT,
    tries: int = ALTER_TRIES,
) -> None:
    """Make a change in a transaction that waits at most `wait` for a lock, in several tries."""
    for left in reversed(range(tries)):
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local lock_timeout = {}").format(wait))
                # Makes Postgres raise an error if a policy would hide rows from the publisher.
                connection.execute("set local row_security = off")
                change()
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if not left:
                raise
            time.sleep(ALTER_PAUSE)


def _depends(error: psycopg.Error) -> str:
    detail = (error.diag.message_detail or str(error)).strip()
    return f"{detail} Drop those objects, and publish again."
