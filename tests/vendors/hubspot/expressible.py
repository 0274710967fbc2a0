"""The part of a simulated desk that HubSpot can represent, as files of the contract."""

from pathlib import Path

import duckdb

# Tables that HubSpot's API does not have, which are loaded as files of the contract.
CONTRACT_TABLES = (
    "sla_policies",
    "sla_targets",
    "sla_pause_statuses",
    "business_hours",
    "holidays",
)
# A property in every portal's lists.
LISTED_ALWAYS = """
create table expressible.ticket_fields as
select
    'createdate' as field_id, unnest(['ticket', 'company', 'contact']) as object,
    'createdate' as name, 'datetime' as type, 'Create date' as label, null::varchar as options
"""
SQL = Path(__file__).with_suffix(".sql")


def write_expressible(simulated: Path, landing: Path, api: Path) -> None:
    """Write the part of `simulated` that HubSpot can represent to `landing`, the rest to `api`."""
    landing.mkdir(parents=True)
    (api / "hubspot").mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute("create schema simulated")
        for path in simulated.glob("*.parquet"):
            connection.execute(f"create view simulated.{path.stem} as from read_parquet('{path}')")
        connection.execute(SQL.read_text())
        connection.execute(LISTED_ALWAYS)
        if (simulated / "ticket_fields.parquet").exists():
            connection.execute(
                "insert into expressible.ticket_fields by name from simulated.ticket_fields"
            )
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'expressible'"
        ).fetchall()
        for (table,) in tables:
            connection.table(f"expressible.{table}").write_parquet(f"{landing / table}.parquet")
        for table in CONTRACT_TABLES:
            into = api / "hubspot" / f"{table}.parquet"
            connection.table(f"expressible.{table}").write_parquet(str(into))
