"""A published warehouse as if its rows had come from another source, to be compared row for row."""

from pathlib import Path

import duckdb


def as_from(source: str, other: str, marts: Path, into: Path) -> Path:
    """Copy `marts` to `into` with the source's name, alone or before a native id, as the other's."""
    with duckdb.connect(str(into), config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"attach '{marts}' as published (read_only)")
        connection.execute("create schema marts")
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'published' and schema_name = 'marts'"
        ).fetchall():
            connection.execute(
                f"""create table marts.{table} as
                select columns(*) from published.marts.{table}"""
            )
            for column, kind in connection.execute(
                "select column_name, data_type from duckdb_columns() "
                "where database_name = current_database() and table_name = ?",
                [table],
            ).fetchall():
                if kind == "VARCHAR":
                    connection.execute(
                        f"""update marts.{table} set "{column}" = regexp_replace(
                            "{column}", '^{source}(:|$)', '{other}\\1')
                        where "{column}" = '{source}' or "{column}" like '{source}:%'"""
                    )
    return into
