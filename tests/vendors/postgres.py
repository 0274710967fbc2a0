"""Another tool's tables in a Postgres database of the test server."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import psycopg
from psycopg import sql

from tests.bi.server import running_server

TYPES = {
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "DOUBLE": "double precision",
    **{kind: kind.lower() for kind in ("BIGINT", "BOOLEAN", "DATE", "INTEGER", "TIMESTAMP")},
}


@contextmanager
def postgres_with(tables: duckdb.DuckDBPyConnection, schema: str) -> Iterator[str]:
    """The connection string of a database in a zone far from UTC, with tables and views."""
    with running_server() as server:
        with server.connect() as connection:
            connection.execute("alter database desk set timezone to 'Asia/Tokyo'")
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
            found = tables.execute(
                "select table_name from information_schema.tables where table_schema = ?", [schema]
            ).fetchall()
            for (table,) in found:
                _fill(connection, tables, schema, table)
        yield server.address()


def _fill(
    connection: psycopg.Connection, tables: duckdb.DuckDBPyConnection, schema: str, table: str
) -> None:
    name = sql.Identifier(schema, table)
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(TYPES.get(kind, "text")))
        for column, kind, *_ in tables.execute(f'describe "{schema}"."{table}"').fetchall()
    )
    connection.execute(sql.SQL("create table {} ({})").format(name, columns))
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(name)) as into:
        for row in tables.execute(f'from "{schema}"."{table}"').fetchall():
            into.write_row(row)
