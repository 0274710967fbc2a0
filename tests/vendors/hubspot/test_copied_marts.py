"""Fivetran's tables give the marts that the API gives.

The desk has no two changes of a property at one instant, of which Fivetran keeps one, and nothing
deleted, of which it keeps the links that the API does not give any more.
"""

from datetime import UTC, datetime
from pathlib import Path

from ingestion.simulator import Desk, simulate
from ingestion.vendors.copied import copy_tables
from orchestration.compare import compare_marts
from tests.refresh.warehouse import Warehouse
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.fetching import UNTIL, fetching
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.server import Account


def test_copied_tables_give_the_marts_of_the_api(tmp_path: Path) -> None:
    simulate(tickets=150, seed=11, out=tmp_path / "desk", desk=Desk(instant=0, deleted=0))
    account = Account(Portal.of(tmp_path / "desk", UNTIL))
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path / "api")
    database = tmp_path / "copied.duckdb"
    synced = datetime(2026, 7, 1, tzinfo=UTC)
    copies.write(copies.fivetran(account.portal), "_fivetran_synced", synced, database)
    copy_tables("hubspot", "fivetran", f"duckdb:{database}", tmp_path / "copies", lambda *_: None)
    warehouses = {
        name: Warehouse(tmp_path / f"of_{name}" / "desk.duckdb", tmp_path / "target")
        for name in ("api", "copies")
    }
    for name, warehouse in warehouses.items():
        warehouse.refresh(tmp_path / name, UNTIL)
    left, right = (warehouse.database for warehouse in warehouses.values())
    assert compare_marts(left, right) == []
