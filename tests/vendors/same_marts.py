"""Compares the marts of a vendor's desk with those of the same desk from contract files."""

from pathlib import Path

import duckdb

from helpdesk.publish.compare import Difference, compare_marts

# These marts and columns depend on files and on the name of the source.
OF_THE_SOURCE = ("build_log", "quarantine")


def differences(
    vendor: str, through_api: Path, through_files: Path, scratch: Path
) -> list[Difference]:
    """The differences of the marts in two files, except for the vendor in keys."""
    renamed = scratch / "renamed.duckdb"
    renamed.unlink(missing_ok=True)
    with duckdb.connect(renamed) as connection:
        connection.execute(f"attach '{through_api}' as api (read_only)")
        connection.execute("create schema marts")
        columns: dict[str, list[tuple[str, str]]] = {}
        for mart, name, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where database_name = 'api' and schema_name = 'marts' order by column_index"
        ).fetchall():
            columns.setdefault(mart, []).append((name, kind))
        for mart, of_mart in columns.items():
            listed = ", ".join(_renamed(vendor, *column) for column in of_mart)
            connection.execute(
                f"create table marts.{mart} as select {listed} from api.marts.{mart}"
            )
    found = compare_marts(renamed, through_files)
    return [difference for difference in found if difference.mart not in OF_THE_SOURCE]


def _renamed(vendor: str, column: str, kind: str) -> str:
    if kind != "VARCHAR":
        return f'"{column}"'
    if column == "source_system":
        return f"""replace("{column}", '{vendor}', 'generic') as "{column}\""""
    return f"""replace("{column}", '{vendor}:', 'generic:') as "{column}\""""
