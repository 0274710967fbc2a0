"""Helpers that quote names and values in SQL, and that recognize a damaged DuckDB file.

DuckDB imports pandas when a statement has bound parameters, which takes half a second of each
process. So statements of every build or refresh have their values as literals.
"""

from collections.abc import Iterable

import duckdb

# Parts of DuckDB's messages about a damaged file, when it opens the file or later.
DAMAGED = (
    "not a valid DuckDB database",
    "Corrupt database file",
    "Could not read enough bytes",
    "Trying to read a database file with version number",
    "Failed to deserialize",
    "Failed to load metadata pointer",
    "replaying WAL",
    "database has been invalidated",
)


def name(identifier: str) -> str:
    """A quoted identifier. The name may come from outside."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A string literal. The value may come from outside."""
    return "'" + str(value).replace("'", "''") + "'"


def texts(values: Iterable[object]) -> str:
    """The literal of a list of strings, which may be empty."""
    return f"[{', '.join(map(text, values))}]::varchar[]"


def number(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> int:
    """The single number that a statement returns: a count, or the number of rows written."""
    ((found,),) = connection.execute(sql, values).fetchall()
    return int(found)


def table_rows(connection: duckdb.DuckDBPyConnection, *schemas: str) -> dict[tuple[str, str], int]:
    """The number of rows of each table, by schema and name. Without `schemas`, of all tables.

    DuckDB counts fifty million rows in a tenth of a second, as it reads no column. The sizes in
    `duckdb_tables()` are not used: they include deleted rows.
    """
    wanted = f"and list_contains({texts(schemas)}, schema_name)" if schemas else ""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = current_database() {wanted}"
    ).fetchall()
    return {
        (schema, table): number(connection, f"select count(*) from {name(schema)}.{name(table)}")
        for schema, table in tables
    }


def is_damage(text: str) -> bool:
    """Whether an error message of DuckDB reports a damaged file."""
    return any(words in text for words in DAMAGED)
