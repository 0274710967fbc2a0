"""The marts of a vendor's desk, as if it had come through the file contract."""

from pathlib import Path

import duckdb

from orchestration.compare import Difference, compare_marts

# What they say of files and of a source's name is not of the desk.
OF_THE_SOURCE = ("build_log", "quarantine")


def differences(
    vendor: str, through_api: Path, through_files: Path, scratch: Path
) -> list[Difference]:
    """How the marts of two published warehouses differ, the vendor's name in their keys apart."""
    renamed = scratch / "renamed.duckdb"
    renamed.unlink(missing_ok=True)
    with duckdb.connect(renamed) as connection:
        connection.execute(f"attach '{through_api / 'marts.duckdb'}' as api (read_only)")
        connection.execute("create schema marts")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'api'"
        ).fetchall()
        for (table,) in tables:
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ?"
                " and database_name = 'api' order by column_index",
                [table],
            ).fetchall()
            listed = ", ".join(_renamed(vendor, *column) for column in columns)
            connection.execute(
                f"create table marts.{table} as select {listed} from api.marts.{table}"
            )
    found = compare_marts(renamed, through_files / "marts.duckdb")
    return [difference for difference in found if difference.mart not in OF_THE_SOURCE]


def _renamed(vendor: str, column: str, kind: str) -> str:
    if kind != "VARCHAR":
        return f'"{column}"'
    if column == "source_system":
        return f"""replace("{column}", '{vendor}', 'generic') as "{column}\""""
    return f"""replace("{column}", '{vendor}:', 'generic:') as "{column}\""""
