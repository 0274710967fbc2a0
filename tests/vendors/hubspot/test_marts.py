"""The simulated desk through HubSpot's API gives the marts that its files give."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from helpdesk.settings import HubSpotDesk, Settings
from orchestration.compare import compare_marts
from orchestration.refresh import Refresh
from tests.refresh.warehouse import Warehouse
from tests.vendors.hubspot.expressible import write_expressible
from tests.vendors.hubspot.fetching import EARLIER, UNTIL, fetching, simulated_account
from tests.vendors.hubspot.same_marts import as_from, rows_of

pytestmark = pytest.mark.slow

SETTINGS = Settings(
    hubspot=HubSpotDesk(on_hold_stages=("On hold",), pipeline_schedules={"1": "901", "2": "902"})
)
TICKETS = 400
# What is read twice, as changed objects are, is a duplicate; a file holds every row once.
COUNTED = {
    "reconciliation": ("rows_read", "rows_duplicate", "rows_superseded"),
    "data_quality": ("rows_checked", "share_failing"),
}


@dataclass(frozen=True)
class Desks:
    """Marts of one desk: from its files, fetched in two goes and refreshed, fetched and built whole,
    and of files and API in one warehouse."""

    files: Path
    refreshed: Path
    whole: Path
    both: Path
    refresh: Refresh


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    folder = tmp_path_factory.mktemp("desks")
    warehouses = {
        name: Warehouse(folder / name / "desk.duckdb", folder / "target", SETTINGS)
        for name in ("files", "refreshed", "whole", "both")
    }
    account = simulated_account(folder / "simulated", TICKETS, EARLIER)
    files, api, both = folder / "landing", folder / "api", folder / "landing_of_both"
    write_expressible(folder / "simulated", files, api)
    with fetching(account) as fetcher:
        for clock in (EARLIER, EARLIER + timedelta(days=3), UNTIL):
            account.portal.clock = clock
            for account.portal.merged in (False, True):
                fetcher.fetch(api)
            if clock == EARLIER:
                warehouses["refreshed"].refresh(api, EARLIER)
    copytree(files, both)
    copytree(api / "hubspot", both / "hubspot")
    decided = warehouses["refreshed"].refresh(api, UNTIL)
    for name, landing in (("whole", api), ("files", files), ("both", both)):
        warehouses[name].refresh(landing, UNTIL)
    paths = {name: warehouse.database for name, warehouse in warehouses.items()}
    return Desks(**paths, refresh=decided)


def test_a_refresh_after_more_was_fetched_gives_what_a_full_build_gives(desks: Desks) -> None:
    assert desks.refresh.previous_as_of == EARLIER, desks.refresh.reasons
    assert compare_marts(desks.whole, desks.refreshed) == []


def test_the_api_gives_the_marts_of_the_files(desks: Desks, tmp_path: Path) -> None:
    fetched = as_from("hubspot", "generic", desks.whole, tmp_path / "fetched.duckdb", COUNTED)
    files = as_from("generic", "generic", desks.files, tmp_path / "files.duckdb", COUNTED)
    assert compare_marts(files, fetched) == []


def test_the_comparison_can_fail(desks: Desks, tmp_path: Path) -> None:
    fetched = as_from("hubspot", "generic", desks.whole, tmp_path / "fetched.duckdb", COUNTED)
    with duckdb.connect(str(fetched)) as connection:
        connection.execute("delete from marts.fct_messages where is_agent_response")
    files = as_from("generic", "generic", desks.files, tmp_path / "files.duckdb", COUNTED)
    assert [difference.mart for difference in compare_marts(files, fetched)] == ["fct_messages"]


@pytest.mark.parametrize("source", ["generic", "hubspot"])
def test_two_sources_in_one_warehouse_keep_apart(desks: Desks, tmp_path: Path, source: str) -> None:
    alone = {"generic": desks.files, "hubspot": desks.whole}[source]
    left = rows_of(source, alone, tmp_path / "alone.duckdb")
    right = rows_of(source, desks.both, tmp_path / "both.duckdb")
    assert compare_marts(left, right) == []
