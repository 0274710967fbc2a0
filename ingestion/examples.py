"""Lands the example source: real incidents, brought to the file contract by one SQL file."""

from pathlib import Path

import duckdb

SERVICENOW = Path(__file__).parent.parent / "examples" / "servicenow"


def land_example(target: Path) -> None:
    """Write the ServiceNow example as contract files, `<target>/<table>.parquet`."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set variable source = ?", [str(SERVICENOW / "incidents.parquet")])
        connection.execute("set variable landing = ?", [str(target)])
        connection.execute((SERVICENOW / "to_landing.sql").read_text(encoding="utf-8"))
