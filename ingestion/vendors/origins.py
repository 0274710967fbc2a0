"""Where another tool's tables are: a DuckDB file, Parquet files, a Postgres database."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql as postgres

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError, near

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
            f"--from {origin!r}: write duckdb:PATH, parquet:FOLDER or postgres:VARIABLE, where "
            "VARIABLE is an environment variable that holds the database's address"
            f"{near(kind, kinds) if kind not in kinds else ''}"
        )
    return kinds[kind](connection, place, schema, wanted)


def _duckdb(
    connection: duckdb.DuckDBPyConnection, place: str, schema: str, wanted: list[str]
) -> Relations:
    if not Path(place).is_file():
        raise ConfigError(f"--from duckdb:{place}: there is no such file.")
    connection.execute(f"attach {sql.text(place)} as origin (read_only)")
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
    """The tables of the schema that was named, or of the one that has the most of them."""
    schemas = [of for of, _ in found]
    listed = ", ".join(sorted(set(schemas)))
    if schema and schema not in schemas:
        raise ConfigError(
            f"--from: {place} has no such tables in schema {schema!r}; "
            f"they are in {listed or 'none'}{near(schema, schemas)}"
        )
    most = max(map(schemas.count, schemas), default=0)
    best = sorted({of for of in schemas if schemas.count(of) == most})
    if not schema and len(best) > 1:
        raise ConfigError(
            f"--from: {place} has as many of the tables in {' as in '.join(best)}; "
            "add #SCHEMA, as in --from duckdb:PATH#SCHEMA."
        )
    return [(of, name) for of, name in found if of == (schema or best[0])]


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
    try:
        with psycopg.connect(address) as database, tempfile.TemporaryDirectory() as folder:
            database.execute("set timezone to 'UTC'")
            found = database.execute(
                """select table_schema, table_name from information_schema.tables
                where lower(table_name) = any(%s)""",
                [wanted],
            ).fetchall()
            return {
                table.lower(): _copied(database, of, table, connection, Path(folder))
                for of, table in _in_schema(place, schema, found)
            }
    except psycopg.Error as error:
        # The server's own words are safe to tell; the driver's may repeat parts of the address,
        # and the address holds the password. Hence `from None` as well.
        reason = error.diag.message_primary or (
            f"{type(error).__name__}: is the address right, and does the server answer?"
        )
        raise IngestError(f"the database in {place} cannot be read ({reason})") from None


def _copied(
    database: psycopg.Connection,
    schema: str,
    table: str,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
) -> str:
    """A table of DuckDB's with the rows of one of Postgres', every value as text."""
    columns = database.execute(
        """select column_name, data_type from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position""",
        [schema, table],
    ).fetchall()
    query = postgres.SQL("copy (select {} from {}) to stdout (format csv, header)").format(
        postgres.SQL(", ").join(_as_text(name, kind) for name, kind in columns),
        postgres.Identifier(schema, table),
    )
    path = folder / f"{table}.csv"
    with database.cursor().copy(query) as rows, path.open("wb") as file:
        for block in rows:
            file.write(block)
    copy = sql.name(f"postgres_{table.lower()}")
    connection.execute(
        f"""create temp table {copy} as
        from read_csv({sql.text(path)}, all_varchar = true, header = true, quote = '"',
            escape = '"', delim = ',', nullstr = '', allow_quoted_nulls = false)"""
    )
    path.unlink()
    return copy


def _as_text(name: str, kind: str) -> postgres.Composable:
    """A value as the vendor's API would write it: a time without a zone is UTC."""
    column = postgres.Identifier(name)
    if kind.startswith("timestamp"):
        text = postgres.SQL('to_char({}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')').format(column)
    elif kind == "ARRAY":
        text = postgres.SQL("to_jsonb({})::text").format(column)
    else:
        text = postgres.SQL("{}::text").format(column)
    return postgres.SQL("{} as {}").format(text, column)
