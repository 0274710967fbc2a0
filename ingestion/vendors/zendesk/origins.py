"""Where another loader's tables are: a DuckDB file, a folder of Parquet, a Postgres database.

Each table becomes one of schema `theirs`, every value as text: times ISO 8601, nested ones JSON.
"""

import os
import tempfile
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql as pg

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError
from ingestion.readers import typed_as_text

Columns = dict[str, list[str]]
KINDS = "duckdb:PATH, parquet:FOLDER, or postgres:VARIABLE that holds its address"


def mount(connection: duckdb.DuckDBPyConnection, origin: str, wanted: Columns) -> set[str]:
    """Make the wanted tables of an origin views of `theirs`; returns those that are there.

    A wanted column that a table lacks is null. Raises ConfigError and IngestError.
    """
    connection.execute("create schema theirs")
    kind, _, place = origin.partition(":")
    try:
        if kind == "duckdb":
            found = _duckdb(connection, Path(place), wanted)
        elif kind == "parquet":
            found = _parquet(Path(place), wanted)
        elif kind == "postgres":
            found = _postgres(connection, place, wanted)
        else:
            raise ConfigError(f"--from {origin!r} is none of {KINDS}.")
    except duckdb.Error as error:
        raise IngestError(
            f"zendesk: {origin} cannot be read ({' '.join(str(error).split())})."
        ) from (error)
    for table, relation in found.items():
        _as_text(connection, table, relation, wanted[table])
    return set(found)


def _duckdb(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Columns) -> dict[str, str]:
    if not path.is_file():
        raise ConfigError(f"--from duckdb:{path}: there is no such file.")
    connection.execute(f"attach {sql.text(path)} as origin (read_only)")
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'origin'"
    ).fetchall()
    schema = _schema(rows, wanted)
    return {
        t: f"origin.{sql.name(s)}.{sql.name(t)}" for s, t in rows if s == schema and t in wanted
    }


def _schema(rows: list[tuple[str, str]], wanted: Columns) -> str | None:
    """The schema with the most of the wanted tables. Raises ConfigError if two have as many."""
    counts: dict[str, int] = {}
    for schema, table in rows:
        counts[schema] = counts.get(schema, 0) + (table in wanted)
    best = [name for name, count in counts.items() if count and count == max(counts.values())]
    if len(best) > 1:
        raise ConfigError(
            f"--from: schemas {', '.join(sorted(best))} look alike; give a copy with one of them."
        )
    return best[0] if best else None


def _parquet(folder: Path, wanted: Columns) -> dict[str, str]:
    if not folder.is_dir():
        raise ConfigError(f"--from parquet:{folder}: there is no such folder.")
    found = {}
    for table in wanted:
        if (file := folder / f"{table}.parquet").is_file():
            found[table] = f"read_parquet({sql.text(file)})"
        elif any((folder / table).glob("**/*.parquet")):
            files = sql.text(folder / table / "**/*.parquet")
            found[table] = f"read_parquet({files}, union_by_name = true)"
    return found


def _postgres(
    connection: duckdb.DuckDBPyConnection, variable: str, wanted: Columns
) -> dict[str, str]:
    """Tables are copied as CSV, which Postgres writes fast and exactly."""
    address = os.environ.get(variable, "")
    if not address:
        raise ConfigError(f"--from postgres:{variable}: that environment variable is not set.")
    try:
        with psycopg.connect(address, options="-c timezone=UTC") as database:
            rows = database.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
            schema = str(_schema(rows, wanted))
            tables = [table for name, table in rows if name == schema and table in wanted]
            for table in tables:
                _copy(database, schema, table, connection)
    except psycopg.Error as error:
        # The address holds the password: the driver's words do not repeat it.
        raise IngestError(
            f"zendesk: the database of {variable} cannot be read ({type(error).__name__})."
        ) from None
    return {table: sql.name(f"copy_{table}") for table in tables}


def _copy(
    database: psycopg.Connection, schema: str, table: str, connection: duckdb.DuckDBPyConnection
) -> None:
    columns = database.execute(
        """select column_name, data_type from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position""",
        [schema, table],
    ).fetchall()
    query = pg.SQL("copy (select {} from {}.{}) to stdout (format csv, header)").format(
        pg.SQL(", ").join(_postgres_value(name, kind) for name, kind in columns),
        pg.Identifier(schema),
        pg.Identifier(table),
    )
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        with database.cursor().copy(query) as parts:
            for part in parts:
                file.write(part)
        file.flush()
        connection.execute(
            f"""create table {sql.name("copy_" + table)} as
            select * from read_csv({sql.text(file.name)}, all_varchar = true, header = true,
                delim = ',', quote = '"', escape = '"')"""
        )


def _postgres_value(name: str, kind: str) -> pg.Composable:
    """Times as ISO 8601, those without a zone taken as UTC; booleans in words."""
    column = pg.Identifier(name)
    if kind.startswith("timestamp"):
        utc = pg.SQL("{} at time zone 'UTC'" if kind.endswith("with time zone") else "{}")
        pattern = 'to_char({}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') as {}'
        return pg.SQL(pattern).format(utc.format(column), column)
    return pg.SQL("{}::text as {}").format(column, column)


def _as_text(
    connection: duckdb.DuckDBPyConnection, table: str, relation: str, wanted: list[str]
) -> None:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    values = [f"{typed_as_text(name, kind)} as {sql.name(name)}" for name, kind in types.items()]
    values += [
        f"null::varchar as {sql.name(name)}"
        for name in dict.fromkeys(wanted)
        if name not in types and name != "*"
    ]
    connection.execute(
        f"create view theirs.{sql.name(table)} as select {', '.join(values)} from {relation}"
    )
