"""Writes the ServiceNow example, real incidents, as files of the file contract."""

from pathlib import Path

import duckdb

from helpdesk.core.places import PACKAGE_ROOT

SERVICENOW = PACKAGE_ROOT / "examples" / "servicenow"


def land_example(target: Path) -> None:
    """Write the ServiceNow example as contract files, `<target>/<table>.parquet`."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set variable source = ?", [str(SERVICENOW / "incidents.parquet")])
        connection.execute("set variable landing = ?", [str(target)])
        connection.execute((SERVICENOW / "to_landing.sql").read_text(encoding="utf-8"))
