"""What the DuckDB dialect of SQLAlchemy lacks for Great Expectations, added in one place.

Two patches, each for one failure that shows as soon as a suite runs on DuckDB:

1. Reflection. The dialect inherits PostgreSQL's column query, which joins `pg_collation`; DuckDB
   has no such catalogue table, so every `get_columns` raises. The replacement asks DuckDB's own
   `duckdb_columns()`.
2. Reading after close. Great Expectations fetches from a result after it has given the connection
   back. A DuckDB cursor *is* its connection, so by then the rows are gone. The execution context
   below reads them into memory when the statement runs. Only for small answers: the gate asks for
   counts, never for the rows of a table.

Importing this module changes nothing; call `apply()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# With no schema given, those of the connection's search path are meant, as in a plain `from table`.
_COLUMNS_SQL = """
    select column_name, is_nullable
    from duckdb_columns()
    where table_name = :table_name
        and case
            when :schema_name is null then schema_name in (select unnest(current_schemas(false)))
            else schema_name = :schema_name
        end
        and database_name = current_database()
    order by column_index
"""


def _get_columns(
    _dialect: Any, connection: Connection, table_name: str, schema: str | None = None, **_: Any
) -> list[dict[str, Any]]:
    """Answer `Inspector.get_columns` from DuckDB's own catalogue.

    Every contract column of the raw layer is text and no expectation looks at a type, so the
    type is given as text throughout instead of mapping DuckDB's type names.
    """
    from sqlalchemy import text
    from sqlalchemy.exc import NoSuchTableError
    from sqlalchemy.types import String

    rows = connection.execute(
        text(_COLUMNS_SQL), {"table_name": str(table_name), "schema_name": schema}
    ).all()
    if not rows:
        raise NoSuchTableError(table_name)
    return [
        {"name": name, "type": String(), "nullable": nullable, "default": None}
        for name, nullable in rows
    ]


def apply() -> None:
    """Patch the dialect once; later calls do nothing."""
    from duckdb_engine import Dialect
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    if "get_columns" in vars(Dialect):
        return
    dialect: Any = Dialect  # patched below, which its types do not provide for

    class BufferedExecutionContext(dialect.execution_ctx_cls):
        """Reads a statement's rows while its cursor still holds them."""

        def post_exec(self) -> None:
            super().post_exec()
            if self.cursor.description:
                self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                    self.cursor, self.cursor.description
                )

    dialect.get_columns = _get_columns
    dialect.execution_ctx_cls = BufferedExecutionContext
