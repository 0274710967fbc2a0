"""A mart in Postgres: column types, rows as CSV, key and comments."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from helpdesk.core import sql as duck

# An instant is `timestamptz`: the marts have UTC, so no session time zone changes it.
TYPES = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double precision",
    "integer": "integer",
    "smallint": "smallint",
    "timestamp": "timestamptz",
    "varchar": "text",
}

# DuckDB's function that quotes a text as an item of a Postgres array.
QUOTED = (
    r"""lambda one : '"' || replace(replace(replace(one, chr(0), ''), '\', '\\'), '"', '\"')"""
    """ || '"'"""
)
# The schema of the marts, and the schema into which a publication loads.
SCHEMA = "marts"
LOADING = "marts_loading"

Model = Mapping[str, Any]


def column_type(kind: str) -> str:
    """The Postgres type of a type in the catalogue. Raises LookupError for an unknown type."""
    base, is_list = kind.removesuffix("[]"), kind.endswith("[]")
    if base not in TYPES:
        raise LookupError(f"no Postgres type is known for {kind}")
    return TYPES[base] + ("[]" if is_list else "")


def create_table(schema: str, model: Model, is_passing: bool = False) -> sql.Composed:
    """The empty table, with `not null` on required columns.

    `is_passing`: an unlogged table, which need not survive a crash of the server.
    """
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column["name"]),
            sql.SQL(column_type(column["type"])),
            sql.SQL(" not null" if column["required"] else ""),
        )
        for column in model["columns"]
    ]
    table = sql.Identifier(schema, model["name"])
    kind = sql.SQL("unlogged" if is_passing else "")
    return sql.SQL("create {} table {} ({})").format(kind, table, sql.SQL(", ").join(columns))


def add_key(schema: str, model: Model) -> list[sql.Composed]:
    """The key, added after the rows. A key with nullable columns is unique, not primary.

    A list may be longer than an entry of an index, so a key with a list is not enforced.
    """
    lists = {column["name"] for column in model["columns"] if column["type"].endswith("[]")}
    if not model["key"] or lists & set(model["key"]):
        return []
    table = sql.Identifier(schema, model["name"])
    required = {column["name"] for column in model["columns"] if column["required"]}
    kind = "primary key" if required >= set(model["key"]) else "unique nulls not distinct"
    key = sql.SQL(", ").join(map(sql.Identifier, model["key"]))
    return [sql.SQL("alter table {} add {} ({})").format(table, sql.SQL(kind), key)]


def describe_table(schema: str, model: Model) -> list[sql.Composed]:
    """Comments on the table and its columns."""
    table = sql.Identifier(schema, model["name"])
    statements = [
        sql.SQL("comment on table {} is {}").format(table, sql.Literal(model["description"]))
    ]
    for column in model["columns"]:
        statements.append(
            sql.SQL("comment on column {} is {}").format(
                sql.Identifier(schema, model["name"], column["name"]),
                sql.Literal(column["description"]),
            )
        )
    return statements


def select_rows(database: str, model: Model) -> str:
    """DuckDB's SQL of the rows, in the form that Postgres reads from CSV."""
    columns = ", ".join(_as_text(column["name"], column["type"]) for column in model["columns"])
    return f"select {columns} from {database}.marts.{duck.name(model['name'])}"


def _as_text(name: str, kind: str) -> str:
    column = duck.name(name)
    if kind == "varchar":
        # Postgres cannot store this character.
        return f"replace({column}, chr(0), '') as {column}"
    if kind.endswith("[]"):
        items = column if kind != "varchar[]" else f"list_transform({column}, {QUOTED})"
        return f"'{{' || array_to_string({items}, ',') || '}}' as {column}"
    return column
