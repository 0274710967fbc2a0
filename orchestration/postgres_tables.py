"""How a mart looks in Postgres: types of its columns, its rows as CSV, its key and comments."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from helpdesk import sql as duck

# An instant is `timestamptz`: the marts hold UTC, and no reader's time zone can turn one into
# another. DuckDB's other types are called as Postgres calls them.
TYPES = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double precision",
    "timestamp": "timestamptz",
    "varchar": "text",
}

Model = Mapping[str, Any]


def column_type(kind: str) -> str:
    """Postgres' type of a column of the catalogue. Raises LookupError for one that no mart has."""
    base, is_list = kind.removesuffix("[]"), kind.endswith("[]")
    if base not in TYPES:
        raise LookupError(f"no Postgres type is known for {kind}")
    return TYPES[base] + ("[]" if is_list else "")


def create_table(schema: str, model: Model) -> sql.Composed:
    """The empty table. Columns that are never null say so, which spares readers a question."""
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column["name"]),
            sql.SQL(column_type(column["type"])),
            sql.SQL(" not null" if column["required"] else ""),
        )
        for column in model["columns"]
    ]
    table = sql.Identifier(schema, model["name"])
    return sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns))


def describe_table(schema: str, model: Model) -> list[sql.Composed]:
    """Key and comments, once the rows are in. A key with a null in it is unique, not primary."""
    table = sql.Identifier(schema, model["name"])
    statements = []
    if model["key"]:
        required = {column["name"] for column in model["columns"] if column["required"]}
        kind = "primary key" if required >= set(model["key"]) else "unique nulls not distinct"
        key = sql.SQL(", ").join(map(sql.Identifier, model["key"]))
        statements.append(sql.SQL("alter table {} add {} ({})").format(table, sql.SQL(kind), key))
    statements.append(
        sql.SQL("comment on table {} is {}").format(table, sql.Literal(model["description"]))
    )
    for column in model["columns"]:
        statements.append(
            sql.SQL("comment on column {} is {}").format(
                sql.Identifier(schema, model["name"], column["name"]),
                sql.Literal(column["description"]),
            )
        )
    return statements


def select_rows(database: str, model: Model) -> str:
    """DuckDB's SQL of the rows, as Postgres reads them from CSV."""
    columns = ", ".join(_as_text(column["name"], column["type"]) for column in model["columns"])
    return f"select {columns} from {database}.marts.{duck.name(model['name'])}"


def _as_text(name: str, kind: str) -> str:
    column = duck.name(name)
    if kind == "varchar":
        # The one character that Postgres does not store.
        return f"replace({column}, chr(0), '') as {column}"
    if kind.endswith("[]"):
        return f"'{{' || array_to_string({column}, ',') || '}}' as {column}"
    return column
