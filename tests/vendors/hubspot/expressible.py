"""The part of a simulated desk that HubSpot can tell, as files of the contract."""

from pathlib import Path

import duckdb

# What HubSpot's API does not tell, and lands beside it in the contract's own shape.
BESIDE = (
    "sla_policies",
    "sla_targets",
    "sla_pause_statuses",
    "business_hours",
    "holidays",
    "agent_availability",
)
SQL = Path(__file__).with_suffix(".sql")


def write_expressible(simulated: Path, landing: Path, api: Path) -> None:
    """Write the desk of `simulated` to `landing` as HubSpot can tell it; to `api`, what it cannot."""
    landing.mkdir(parents=True)
    (api / "hubspot").mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute("create schema simulated")
        for path in simulated.glob("*.parquet"):
            connection.execute(f"create view simulated.{path.stem} as from read_parquet('{path}')")
        connection.execute(SQL.read_text())
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'expressible'"
        ).fetchall()
        for (table,) in tables:
            connection.table(f"expressible.{table}").write_parquet(f"{landing / table}.parquet")
        for table in BESIDE:
            into = api / "hubspot" / f"{table}.parquet"
            connection.table(f"expressible.{table}").write_parquet(str(into))
