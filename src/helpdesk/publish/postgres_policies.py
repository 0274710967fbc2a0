"""Sets the row-level security of the published tables: policies that differ are replaced."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, LiteralString

import duckdb
import psycopg
from psycopg import sql

from helpdesk.audiences.cut import keys_of
from helpdesk.audiences.policies import Policy, policies_of
from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Audience
from helpdesk.publish.postgres_tables import SCHEMA, Model

Connection = psycopg.Connection[Any]
# The names of our policies begin with it.
OURS = "helpdesk audience "


def wanted_policies(
    marts: duckdb.DuckDBPyConnection,
    database: str,
    models: Iterable[Model],
    audiences: Mapping[str, Audience],
) -> tuple[list[Policy], list[str]]:
    """The policies of all audiences with roles, by the members of a build, and notes.

    A note names a limit without a member: the roles see nothing of it.
    """
    columns = {one["name"]: [column["name"] for column in one["columns"]] for one in models}
    found, notes = [], []
    for name, one in audiences.items():
        if one.postgres_roles:
            keys = keys_of(marts, database, one)
            found += policies_of(columns, SCHEMA, name, one, keys.found)
            notes += [f"audience {name}: the build has no {lacking}" for lacking in keys.lacking]
    return found, notes


def reject_lost_audiences(connection: Connection, wanted: Iterable[Policy]) -> None:
    """Raise ConfigError if the database has audiences, and the settings of this run have none.

    Otherwise a run without --config would show every reader everything.
    """
    if not list(wanted) and _present(connection):
        raise ConfigError(
            "this database shows roles the rows of their audiences, and the settings have no "
            "audience with postgres_roles: give --config with the settings, or drop the policies "
            f'"{OURS}..." of schema {SCHEMA} first.'
        )


def secure(connection: Connection, tables: Iterable[str], wanted: Iterable[Policy]) -> None:
    """Let roles see the rows of their audiences alone. In the transaction that serves the rows."""
    by_name = {(one.table, _name(one)): one for one in wanted}
    if not by_name:
        return
    present = _present(connection)
    for table in tables:
        if not _is_secured(connection, table):
            _execute(connection, "alter table {} enable row level security", _table(table))
    for (table, name), one in by_name.items():
        if present.get((table, name)) == _digest(one):
            continue
        if (table, name) in present:
            _execute(connection, "drop policy {} on {}", sql.Identifier(name), _table(table))
        roles = sql.SQL(", ").join(map(sql.Identifier, one.roles))
        connection.execute(
            sql.SQL("create policy {} on {} for select to {} using ({})").format(
                sql.Identifier(name),
                _table(table),
                roles,
                sql.SQL(one.using),
            )
        )
        _execute(
            connection,
            "comment on policy {} on {} is {}",
            *(sql.Identifier(name), _table(table), sql.Literal(_digest(one))),
        )
    for table, name in present.keys() - by_name.keys():
        _execute(connection, "drop policy {} on {}", sql.Identifier(name), _table(table))


def _present(connection: Connection) -> dict[tuple[str, str], str]:
    """The digests of our policies, by table and name."""
    found = connection.execute(
        """select relname, polname, coalesce(obj_description(policies.oid, 'pg_policy'), '')
        from pg_policy as policies inner join pg_class as tables on polrelid = tables.oid
        where relnamespace = to_regnamespace(%s) and starts_with(polname, %s)""",
        [SCHEMA, OURS],
    )
    return {(table, name): digest for table, name, digest in found.fetchall()}


def _is_secured(connection: Connection, table: str) -> bool:
    found = connection.execute(
        "select relrowsecurity from pg_class where relnamespace = to_regnamespace(%s) "
        "and relname = %s",
        [SCHEMA, table],
    ).fetchone()
    return bool(found and found[0])


def _name(policy: Policy) -> str:
    return f"{OURS}{policy.audience}"


def _digest(policy: Policy) -> str:
    return hashlib.sha256(repr((policy.roles, policy.using)).encode()).hexdigest()


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, name)


def _execute(connection: Connection, text: LiteralString, *parts: Any) -> None:
    connection.execute(sql.SQL(text).format(*parts))
