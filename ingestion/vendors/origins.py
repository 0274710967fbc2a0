"""Where another tool's tables are: a DuckDB file, Parquet files, a Postgres database."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql as postgres

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError

Relations = dict[str, str]


def open_origin(connection: duckdb.DuckDBPyConnection, origin: str, wanted: list[str]) -> Relations:
    """The wanted tables that are there, each with the SQL to read it by. Raises ConfigError.

    `origin` is duckdb:PATH, parquet:FOLDER or postgres:VARIABLE, an environment variable with the
    address of the database, for it holds a password. A schema may follow, after a #.
    """
    kind, _, place = origin.partition(":")
    place, _, schema = place.partition("#")
    kinds: dict[str, Callable[[duckdb.DuckDBPyConnection, str, str, list[str]], Relations]] = {
        "duckdb": _duckdb,
        "parquet": _parquet,
        "postgres": _postgres,
    }
    if kind not in kinds or not place:
        raise ConfigError(
            "--from: write duckdb:PATH, parquet:FOLDER or postgres:VARIABLE, where VARIABLE is "
            "an environment variable that holds the database's address."
        )
    return kinds[kind](connection, place, schema, wanted)


def _duckdb(
    connection: duckdb.DuckDBPyConnection, place: str, schema: str, wanted: list[str]
) -> Relations:
    if not Path(place).is_file():
        raise ConfigError(f"--from duckdb:{place}: there is no such file.")
    try:
        connection.execute(f"attach {sql.text(place)} as origin (read_only)")
    except duckdb.Error as error:
        raise IngestError(f"{place} cannot be opened as DuckDB ({error}).") from error
    found = connection.execute(
        """select schema_name, table_name from duckdb_tables()
        where database_name = 'origin' and list_contains(?, lower(table_name))""",
        [wanted],
    ).fetchall()
    return {
        name.lower(): f"origin.{sql.name(of)}.{sql.name(name)}"
        for of, name in _in_schema(place, schema, found)
    }


def _in_schema(place: str, schema: str, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The tables of the schema that was named, or of the only one."""
    schemas = sorted({of for of, _ in found})
    if schema and schema not in schemas and found:
        raise ConfigError(f"--from: {place} has no such tables in {schema!r}; {_listed(schemas)}.")
    if not schema and len(schemas) > 1:
        raise ConfigError(f"--from: {place} has them twice; add #SCHEMA; {_listed(schemas)}.")
    return [(of, name) for of, name in found if of == (schema or of)]


def _listed(schemas: list[str]) -> str:
    return f"they are in {', '.join(schemas)}"


def _parquet(_: duckdb.DuckDBPyConnection, place: str, __: str, wanted: list[str]) -> Relations:
    folder = Path(place)
    if not folder.is_dir():
        raise ConfigError(f"--from parquet:{place}: there is no such folder.")
    relations = {}
    for table in wanted:
        files = [*folder.glob(f"{table}.parquet"), *folder.glob(f"{table}/**/*.parquet")]
        if files:
            listed = ", ".join(sql.text(path) for path in sorted(files))
            relations[table] = f"read_parquet([{listed}], union_by_name = true)"
    return relations


def _postgres(
    connection: duckdb.DuckDBPyConnection, place: str, schema: str, wanted: list[str]
) -> Relations:
    """Copies the tables: DuckDB's own way there is an extension, which would have to be fetched."""
    address = os.environ.get(place, "")
    if not address:
        raise ConfigError(f"--from postgres:{place}: the environment variable {place} is not set.")
    relations = {}
    try:
        with psycopg.connect(address) as database, tempfile.TemporaryDirectory() as folder:
            database.execute("set timezone to 'UTC'")
            found = database.execute(
                """select table_schema, table_name from information_schema.tables
                where lower(table_name) = any(%s)""",
                [wanted],
            ).fetchall()
            for of, table in _in_schema(place, schema, found):
                relations[table.lower()] = _copied(database, of, table, connection, folder)
    except psycopg.Error as error:
        # Its message may name the host, never the password.
        raise IngestError(f"the database in {place}: {' '.join(str(error).split())}") from error
    return relations


def _copied(
    database: psycopg.Connection,
    schema: str,
    table: str,
    connection: duckdb.DuckDBPyConnection,
    folder: str,
) -> str:
    columns = database.execute(
        """select column_name, data_type from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position""",
        [schema, table],
    ).fetchall()
    selected = [
        postgres.SQL('to_char({}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') as {}').format(
            *[postgres.Identifier(name)] * 2
        )
        if kind.startswith("timestamp")
        else postgres.SQL("{}::text as {}").format(*[postgres.Identifier(name)] * 2)
        for name, kind in columns
    ]
    query = postgres.SQL("copy (select {} from {}) to stdout (format csv, header)").format(
        postgres.SQL(", ").join(selected), postgres.Identifier(schema, table)
    )
    path = Path(folder) / f"{table}.csv"
    with database.cursor().copy(query) as rows, path.open("wb") as file:
        for block in rows:
            file.write(block)
    connection.execute(
        f"""create or replace temp table {sql.name(f"postgres_{table.lower()}")} as
        from read_csv({sql.text(path)}, all_varchar = true, header = true, quote = '"',
            escape = '"', delim = ',', nullstr = '', allow_quoted_nulls = false)"""
    )
    return sql.name(f"postgres_{table.lower()}")
