"""Publishing to Postgres: the marts as schema `marts` of a database, for tools that read no file.

New tables are loaded beside the ones that are served, in a schema of their own, and put in their
place in one transaction. Whoever reads meanwhile reads the last build, whole; a load that dies
leaves it as it was. Tables whose content has not changed stay where they are.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from helpdesk import sql as duck
from helpdesk.errors import BusyError, HelpdeskError
from orchestration.marts_file import FILE
from orchestration.parts import RECORD
from orchestration.postgres_tables import Model, create_table, describe_table, select_rows

SCHEMA = "marts"
LOADING = "marts_loading"
# What is published, and from which build: a reader can see how fresh it is.
RECORDS = "published_marts"
# Counted up whenever tables of the same content are to be made differently.
FORMAT = 1
# Any number, the same for all: one publisher at a time.
LOCK = 7_436_021_915
# A reader's query that runs for longer holds a table so long; the swap is tried again.
SWAP_TRIES = 6
SWAP_WAIT = "10s"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Loaded:
    """What a publication did."""

    build_id: str
    written: tuple[str, ...]
    kept: int
    rows: int
    seconds: float


def publish_to_postgres(build: Path, address: str, readers: Sequence[str] = ()) -> Loaded:
    """Bring schema `marts` of the database at `address` to the build in that folder.

    `readers` are roles that may then read it. Raises HelpdeskError, which never repeats the
    address; what was there before is then still there.
    """
    started = time.monotonic()
    catalogue = json.loads((build / "catalogue.json").read_text())
    digests = _digests(build, catalogue)
    with _connected(address) as connection:
        known = _published(connection)
        models = catalogue["models"]
        changed = [one for one in models if known.get(one["name"]) != digests[one["name"]]]
        _load(connection, build, changed)
        _swap(connection, catalogue, changed, digests, readers)
    return Loaded(
        catalogue["build_id"],
        tuple(model["name"] for model in changed),
        len(models) - len(changed),
        sum(model["rows"] for model in changed),
        time.monotonic() - started,
    )


def _digests(build: Path, catalogue: dict[str, Any]) -> dict[str, str]:
    """For each mart a digest of its rows, as the build recorded them, and of what describes it."""
    record = json.loads((build / RECORD).read_text())
    parts = {mart["name"]: mart["parts"] for mart in record["marts"]}
    return {
        model["name"]: hashlib.sha256(
            json.dumps([FORMAT, record["duckdb"], model, parts[model["name"]]]).encode()
        ).hexdigest()
        for model in catalogue["models"]
    }


@contextmanager
def _connected(address: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that holds the publishers' lock."""
    try:
        connection = psycopg.connect(address, autocommit=True, application_name="helpdesk publish")
    except psycopg.ProgrammingError:
        # libpq would repeat the part that it cannot read, which may be of the password.
        raise HelpdeskError(
            "the address of the database cannot be read: write postgresql://user@host:5432/database"
        ) from None
    except psycopg.OperationalError as error:
        raise HelpdeskError(f"the database cannot be reached: {_said(error)}") from None
    try:
        with connection:
            connection.execute("set timezone = 'UTC'")
            if connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
                raise BusyError("another `helpdesk publish` writes to this database.")
            yield connection
            # Now, and not when the server sees that nobody is there: the next may follow at once.
            connection.execute("select pg_advisory_unlock(%s)", [LOCK])
    except psycopg.Error as error:
        raise HelpdeskError(
            f"the marts were not published, what was there before still is: {_said(error)}"
        ) from error


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split())


def _published(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The digests of what is published. Raises HelpdeskError where others' tables are there."""
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = %s", [SCHEMA]
    ).fetchall()
    if not tables:
        return {}
    names = {name for (name,) in tables}
    if RECORDS not in names:
        raise HelpdeskError(
            f"schema {SCHEMA} of this database has tables that `helpdesk publish` did not make; "
            "publish to a database of its own, or rename that schema."
        )
    found = connection.execute(
        sql.SQL("select mart, digest from {}").format(sql.Identifier(SCHEMA, RECORDS))
    ).fetchall()
    return {mart: digest for mart, digest in found if mart in names}


def _load(connection: psycopg.Connection[Any], build: Path, models: Sequence[Model]) -> None:
    """Fill the schema of what is to come; one that a load left behind when it died is dropped."""
    connection.execute(
        sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(
            sql.Identifier(LOADING)
        )
    )
    with duckdb.connect() as marts:
        marts.execute("set timezone = 'UTC'")
        marts.execute(f"attach {duck.text((build / FILE).resolve())} as build (read_only)")
        for model in models:
            with connection.transaction():
                connection.execute(create_table(LOADING, model))
                _copy(connection, marts, model)
                for statement in describe_table(LOADING, model):
                    connection.execute(statement)


def _copy(
    connection: psycopg.Connection[Any], marts: duckdb.DuckDBPyConnection, model: Model
) -> None:
    """Rows as DuckDB writes CSV, straight into Postgres' COPY: none becomes an object of Python."""
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
            # The writer must not wait for a reader that has failed.
            rows.close()
            writer.join()
    if failures:
        raise failures[0]
    if cursor.rowcount != model["rows"]:
        raise HelpdeskError(f"{model['name']}: {cursor.rowcount} rows loaded of {model['rows']}")


def _swap(
    connection: psycopg.Connection[Any],
    catalogue: dict[str, Any],
    changed: Sequence[Model],
    digests: dict[str, str],
    readers: Sequence[str],
) -> None:
    """Put what was loaded in its place, in one transaction: a reader sees all of it or nothing."""
    for attempt in range(1, SWAP_TRIES + 1):
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local lock_timeout = {}").format(SWAP_WAIT))
                _replace_tables(connection, catalogue, changed)
                _record(connection, catalogue, digests)
                _grant(connection, readers)
            return
        except psycopg.errors.LockNotAvailable:
            if attempt == SWAP_TRIES:
                raise
        except psycopg.errors.DependentObjectsStillExist as error:
            raise HelpdeskError(
                f"something is made of a table of schema {SCHEMA}, which is replaced at each "
                f"publication ({_said(error)}). Drop it, and keep such views in the BI tool."
            ) from error


def _replace_tables(
    connection: psycopg.Connection[Any], catalogue: dict[str, Any], changed: Sequence[Model]
) -> None:
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(SCHEMA)))
    wanted = {model["name"] for model in catalogue["models"]} | {RECORDS}
    found = connection.execute("select tablename from pg_tables where schemaname = %s", [SCHEMA])
    for gone in {name for (name,) in found} - wanted:
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(SCHEMA, gone)))
    for model in changed:
        old, new = (sql.Identifier(schema, model["name"]) for schema in (SCHEMA, LOADING))
        connection.execute(sql.SQL("drop table if exists {}").format(old))
        connection.execute(
            sql.SQL("alter table {} set schema {}").format(new, sql.Identifier(SCHEMA))
        )
    connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(LOADING)))


def _record(
    connection: psycopg.Connection[Any], catalogue: dict[str, Any], digests: dict[str, str]
) -> None:
    table = sql.Identifier(SCHEMA, RECORDS)
    connection.execute(
        sql.SQL(
            "create table if not exists {} (mart text primary key, build_id text not null, "
            "row_count bigint not null, digest text not null, published_at timestamptz not null)"
        ).format(table)
    )
    connection.execute(
        sql.SQL("comment on table {} is {}").format(
            table, sql.Literal("One row per table of this schema: the build it was published from.")
        )
    )
    connection.execute(sql.SQL("delete from {}").format(table))
    with connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL("insert into {} values (%s, %s, %s, %s, now())").format(table),
            [
                (model["name"], catalogue["build_id"], model["rows"], digests[model["name"]])
                for model in catalogue["models"]
            ],
        )


def _grant(connection: psycopg.Connection[Any], readers: Sequence[str]) -> None:
    for role in readers:
        for right in ("usage on schema {}", "select on all tables in schema {}"):
            connection.execute(
                sql.SQL("grant " + right + " to {}").format(
                    sql.Identifier(SCHEMA), sql.Identifier(role)
                )
            )
