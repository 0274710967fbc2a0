"""Fivetran's tables give the same marts as the API.

The desk has no two changes of a property at the same time, of which Fivetran keeps one, and no
deleted objects, whose links Fivetran keeps but the API does not return.
"""

from datetime import UTC, datetime
from pathlib import Path

from helpdesk.extract.copied import copy_tables
from helpdesk.publish.compare import compare_marts
from helpdesk.simulator import Desk, simulate
from tests.vendors.built import build_marts
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.fetching import UNTIL, fetching
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.reported import keep_clocks
from tests.vendors.hubspot.server import Account


def test_copied_tables_give_the_marts_of_the_api(tmp_path: Path) -> None:
    simulate(tickets=150, seed=11, out=tmp_path / "desk", desk=Desk(instant=0, deleted=0))
    keep_clocks(tmp_path / "desk", UNTIL)
    account = Account(Portal.of(tmp_path / "desk", UNTIL))
    # No tool syncs users' records, which have availability and capacity.
    account.portal.has_users = False
    # No tool syncs the host of the account's pages, so links use the general host.
    account.portal.ui_domain = "app.hubspot.com"
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path / "api")
    database = tmp_path / "copied.duckdb"
    synced = datetime(2026, 7, 1, tzinfo=UTC)
    copies.write(copies.fivetran(account.portal), "_fivetran_synced", synced, database)
    copy_tables("hubspot", "fivetran", f"duckdb:{database}", tmp_path / "copies", lambda *_: None)
    left, right = (
        build_marts(tmp_path / name, tmp_path / f"of_{name}", UNTIL)[0]
        for name in ("api", "copies")
    )
    assert compare_marts(left, right) == []
