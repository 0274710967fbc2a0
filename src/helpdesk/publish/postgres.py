"""Publishing to Postgres: the marts as schema `marts` of a database, for tools that read no file.

Rows are loaded into a schema of their own, and rows that differ are replaced in one transaction
(`postgres_changes`). Readers do not wait: meanwhile they read the last build, complete, and so does
an older snapshot. A load that fails changes nothing. Tables with unchanged content are not touched,
nor is anything that `published_marts` does not list.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, LiteralString

import duckdb
import psycopg
from psycopg import sql

from helpdesk.audiences.policies import Policy
from helpdesk.core import sql as duck
from helpdesk.core.build import damage_explained
from helpdesk.core.errors import BusyError, ConfigError, HelpdeskError
from helpdesk.core.settings import Audience
from helpdesk.publish.contents import Content, content
from helpdesk.publish.postgres_changes import (
    column_facts,
    drop_table,
    make_room,
    patiently,
    replace_rows,
    tidy_up,
)
from helpdesk.publish.postgres_policies import (
    reject_lost_audiences,
    secure,
    wanted_policies,
)
from helpdesk.publish.postgres_tables import (
    LOADING,
    SCHEMA,
    Model,
    add_key,
    create_table,
    describe_table,
    select_rows,
)
from helpdesk.publish.published import CATALOGUE, FILE

# The table with the published marts and their build, so that readers see how fresh they are.
RECORDS = "published_marts"
# Increased whenever tables with the same content must be created differently.
FORMAT = 3
# The digest of a table that is no longer a mart, but stays because other objects depend on it.
GONE = "gone"
OURS = "helpdesk publish: what is to come. Deleted when it is served, or at the next publication."
# The key of an advisory lock: one publisher at a time.
LOCK = 7_436_021_915
# New rows conflict with no reader's lock; this waits for manual changes of a table.
ROWS_WAIT = "10s"
ROWS_TRIES = 6
CHUNK = 1 << 20
NOBODY: Mapping[str, Audience] = MappingProxyType({})


@dataclass(frozen=True)
class Loaded:
    """The result of a publication."""

    build_id: str
    written: tuple[str, ...]
    kept: int
    rows: int
    seconds: float
    notes: tuple[str, ...] = ()


def publish_to_postgres(
    build: Path,
    address: str,
    readers: Sequence[str] = (),
    audiences: Mapping[str, Audience] = NOBODY,
) -> Loaded:
    """Update schema `marts` of the database at `address` to the build in that folder.

    `readers` are roles that get read access, and so do those of `audiences`: with audiences, a role
    sees the rows of its own, and a role of none sees no row. Raises HelpdeskError, which never
    contains the address; the database is then unchanged.
    """
    started = time.monotonic()
    catalogue = json.loads((build / CATALOGUE).read_text())
    with _connected(address) as connection, _opened(build) as marts:
        roles = [role for one in audiences.values() for role in one.postgres_roles]
        readers = list(dict.fromkeys([*readers, *roles]))
        _reject_missing_roles(connection, readers)
        policies, notes = wanted_policies(marts, "build", catalogue["models"], audiences)
        reject_lost_audiences(connection, policies)
        known = _published(connection)
        found = {one["name"]: _content(marts, one) for one in catalogue["models"]}
        digests = {one["name"]: _digest(one, found[one["name"]]) for one in catalogue["models"]}
        # The catalogue has no row counts of views.
        models = [one | {"rows": found[one["name"]].rows} for one in catalogue["models"]]
        catalogue["models"] = models
        _reject_foreign_tables(connection, known, digests)
        changed = [one for one in models if known.get(one["name"]) != digests[one["name"]]]
        there = [one for one in changed if one["name"] in known]
        gone = sorted(known.keys() - digests.keys())
        with _loading(connection):
            for model in changed:
                _load(connection, marts, model, is_passing=model["name"] in known)
            for model in there:
                make_room(connection, model)
            patiently(
                connection,
                lambda: _serve(
                    connection, catalogue, changed, there, gone, digests, readers, policies
                ),
                wait=ROWS_WAIT,
                tries=ROWS_TRIES,
            )
            notes += [note for model in there for note in tidy_up(connection, model)]
            notes += _drop_gone(connection, gone)
        for model in changed:
            _execute(connection, "analyze {}", sql.Identifier(SCHEMA, model["name"]))
    return Loaded(
        catalogue["build_id"],
        tuple(model["name"] for model in changed),
        len(models) - len(changed),
        sum(model["rows"] for model in changed),
        time.monotonic() - started,
        tuple(notes),
    )


def _execute(connection: psycopg.Connection[Any], text: LiteralString, *parts: Any) -> None:
    connection.execute(sql.SQL(text).format(*parts))


@contextmanager
def _opened(build: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file of the build, attached as `build`."""
    with duckdb.connect() as marts, damage_explained(build / FILE, is_published=True):
        marts.execute("set timezone = 'UTC'")
        marts.execute(f"attach {duck.text((build / FILE).resolve())} as build (read_only)")
        yield marts


def _content(marts: duckdb.DuckDBPyConnection, model: Model) -> Content:
    """The content of a table or a view of the build."""
    columns = {column["name"]: column["type"] for column in model["columns"]}
    return content(marts, f"build.marts.{duck.name(model['name'])}", columns)


def _digest(model: Model, found: Content) -> str:
    """A digest of the rows of a mart and of its description."""
    # Another version of DuckDB may hash differently.
    known = [FORMAT, duckdb.__version__, model, astuple(found)]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


@contextmanager
def _connected(address: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that holds the publishers' lock."""
    try:
        connection = psycopg.connect(address, autocommit=True, application_name="helpdesk publish")
    except psycopg.ProgrammingError:
        # The text of libpq contains the part that it cannot read, which may be of the password.
        raise HelpdeskError(
            "the address of the database is invalid: write postgresql://user@host:5432/database"
        ) from None
    except psycopg.OperationalError as error:
        raise HelpdeskError(f"the database cannot be reached: {_message(error)}") from None
    try:
        with connection:
            connection.execute("set timezone = 'UTC'")
            if connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
                raise BusyError("another `helpdesk publish` is writing to this database.")
            yield connection
            # Explicitly, because the server may notice the closed connection only later.
            connection.execute("select pg_advisory_unlock(%s)", [LOCK])
    except psycopg.Error as error:
        raise HelpdeskError(
            f"the marts were not published, and the database is unchanged: {_message(error)}"
        ) from error


def _message(error: psycopg.Error) -> str:
    return " ".join(str(error).split())


def _relations(connection: psycopg.Connection[Any]) -> set[str]:
    """The names of all relations in the schema: tables, views, indexes, sequences."""
    found = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s)", [SCHEMA]
    )
    return {name for (name,) in found}


def _published(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The digests of the tables of earlier publications."""
    names = _relations(connection)
    if RECORDS not in names:
        return {}
    found = connection.execute(
        sql.SQL("select mart, digest from {}").format(sql.Identifier(SCHEMA, RECORDS))
    ).fetchall()
    return {mart: digest for mart, digest in found if mart in names}


def _reject_foreign_tables(
    connection: psycopg.Connection[Any], known: dict[str, str], wanted: dict[str, str]
) -> None:
    """Raise HelpdeskError if a table of somebody else has the name of a mart."""
    if others := sorted((_relations(connection) & wanted.keys()) - known.keys()):
        raise HelpdeskError(
            f"{', '.join(f'{SCHEMA}.{name}' for name in others)}: exists in this database, and "
            "`helpdesk publish` did not create it; rename it, or publish to another database."
        )


@contextmanager
def _loading(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A schema for the load, which is dropped afterwards in any case."""
    schema = sql.Identifier(LOADING)
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
        [LOADING],
    ).fetchone()
    if found and found[0] != OURS:
        raise HelpdeskError(
            f"schema {LOADING} of this database was not created by `helpdesk publish`, or by its "
            f"version 0.1: rename it, or drop it with `drop schema {LOADING} cascade`."
        )
    with connection.transaction():
        # Left by a load that was killed.
        _execute(connection, "drop schema if exists {} cascade", schema)
        _execute(connection, "create schema {}", schema)
        _execute(connection, "comment on schema {} is {}", schema, sql.Literal(OURS))
    try:
        yield
    finally:
        if not connection.broken:
            _execute(connection, "drop schema if exists {} cascade", schema)


def _load(
    connection: psycopg.Connection[Any],
    marts: duckdb.DuckDBPyConnection,
    model: Model,
    is_passing: bool,
) -> None:
    """Load a table into the schema of the load. `is_passing`: only its rows will be kept."""
    with connection.transaction():
        connection.execute(create_table(LOADING, model, is_passing))
        _copy(connection, marts, model)
        for statement in (*add_key(LOADING, model), *describe_table(LOADING, model)):
            connection.execute(statement)
    _execute(connection, "analyze {}", sql.Identifier(LOADING, model["name"]))


def _copy(
    connection: psycopg.Connection[Any], marts: duckdb.DuckDBPyConnection, model: Model
) -> None:
    """Pipe DuckDB's CSV into Postgres' COPY, so that no row becomes a Python object."""
    source, target = os.pipe()
    failures: list[Exception] = []

    def write() -> None:
        try:
            marts.execute(
                f"copy ({select_rows('build', model)}) to '/dev/fd/{target}' "
                "(format csv, header false, use_tmp_file false)"
            )
        except Exception as error:
            failures.append(error)
        finally:
            os.close(target)

    writer = threading.Thread(target=write)
    statement = sql.SQL("copy {} from stdin (format csv)").format(
        sql.Identifier(LOADING, model["name"])
    )
    cursor = connection.cursor()
    with os.fdopen(source, "rb") as rows:
        writer.start()
        try:
            with cursor.copy(statement) as copy:
                while chunk := rows.read(CHUNK):
                    copy.write(chunk)
        finally:
            # So that the writer does not wait for a reader that has failed.
            rows.close()
            writer.join()
    if failures:
        raise failures[0]
    if cursor.rowcount != model["rows"]:
        raise HelpdeskError(
            f"{model['name']}: only {cursor.rowcount} of {model['rows']} rows were loaded"
        )


def _serve(
    connection: psycopg.Connection[Any],
    catalogue: dict[str, Any],
    changed: Sequence[Model],
    there: Sequence[Model],
    gone: Sequence[str],
    digests: dict[str, str],
    readers: Sequence[str],
    policies: Sequence[Policy],
) -> None:
    """Serve the loaded rows. In one transaction: readers see all of them or none."""
    described = _descriptions(connection)
    # Without statistics tables look small, and a nested loop over them would take far too long.
    connection.execute("set local enable_nestloop = off")
    if connection.execute("select to_regnamespace(%s)", [SCHEMA]).fetchone() == (None,):
        _execute(connection, "create schema {}", sql.Identifier(SCHEMA))
    for model in changed:
        name = model["name"]
        if model in there:
            replace_rows(connection, model)
            if described.get(name) != _described(model):
                for statement in describe_table(SCHEMA, model):
                    connection.execute(statement)
        else:
            moved = sql.Identifier(LOADING, name), sql.Identifier(SCHEMA)
            _execute(connection, "alter table {} set schema {}", *moved)
    for name in gone:
        _execute(connection, "delete from {}", sql.Identifier(SCHEMA, name))
    _record(connection, catalogue, digests | dict.fromkeys(gone, GONE))
    secure(connection, [*digests, RECORDS], policies)
    _grant(connection, [*digests, RECORDS], readers)


def _descriptions(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Digests of the comments that were written, so that comments of other users stay."""
    if "described" not in column_facts(connection, SCHEMA, RECORDS):
        return {}
    records = sql.Identifier(SCHEMA, RECORDS)
    found = connection.execute(sql.SQL("select mart, described from {}").format(records))
    return {mart: described for mart, described in found.fetchall() if described}


def _described(model: Model) -> str:
    words = [model["description"], *([one["name"], one["description"]] for one in model["columns"])]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def _drop_gone(connection: psycopg.Connection[Any], gone: Sequence[str]) -> list[str]:
    """Drop the tables that are no longer marts; returns why any of them stay."""
    notes = []
    for name in gone:
        if note := drop_table(connection, name):
            notes.append(note)
        else:
            records = sql.Identifier(SCHEMA, RECORDS)
            _execute(connection, "delete from {} where mart = {}", records, sql.Literal(name))
    return notes


def _record(
    connection: psycopg.Connection[Any], catalogue: dict[str, Any], digests: dict[str, str]
) -> None:
    table = sql.Identifier(SCHEMA, RECORDS)
    if RECORDS not in _relations(connection):
        _execute(
            connection,
            "create table {} (mart text primary key, build_id text not null, "
            "row_count bigint not null, digest text not null, published_at timestamptz not null)",
            table,
        )
        words = "One row per table of this schema: the build it was published from."
        _execute(connection, "comment on table {} is {}", table, sql.Literal(words))
    # A table of version 0.1 does not have this column.
    if "described" not in column_facts(connection, SCHEMA, RECORDS):
        _execute(connection, "alter table {} add column described text", table)
    _execute(connection, "delete from {}", table)
    models = {model["name"]: (model["rows"], _described(model)) for model in catalogue["models"]}
    with connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL(
                "insert into {} (mart, build_id, digest, row_count, described, published_at) "
                "values (%s, %s, %s, %s, %s, now())"
            ).format(table),
            [
                (mart, catalogue["build_id"], digest, *models.get(mart, (0, None)))
                for mart, digest in digests.items()
            ],
        )


def _reject_missing_roles(connection: psycopg.Connection[Any], readers: Sequence[str]) -> None:
    """Raise ConfigError if a role to grant does not exist, before any row is loaded."""
    found = connection.execute(
        "select rolname from pg_roles where rolname = any(%s)", [list(readers)]
    )
    # PUBLIC is every role, and none of the list.
    there = {"public", *(name for (name,) in found)}
    if missing := [role for role in readers if role not in there]:
        raise ConfigError(
            f"--grant-read {missing[0]}: the database has no such role; create it first, as an "
            f'administrator: create role "{missing[0]}"'
        )


def _grant(
    connection: psycopg.Connection[Any], tables: Sequence[str], readers: Sequence[str]
) -> None:
    """Grant roles read access to these tables, and to no other of the schema."""
    names = sql.SQL(", ").join(sql.Identifier(SCHEMA, name) for name in tables)
    for role in map(sql.Identifier, readers):
        _execute(connection, "grant usage on schema {} to {}", sql.Identifier(SCHEMA), role)
        _execute(connection, "grant select on {} to {}", names, role)
