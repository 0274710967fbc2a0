"""The simulated desk gives the same marts through HubSpot's API and from its files."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from helpdesk.core.settings import HubSpotDesk, Settings
from helpdesk.publish.compare import compare_marts
from tests.vendors.built import build_marts
from tests.vendors.hubspot.expressible import write_expressible
from tests.vendors.hubspot.fetching import EARLIER, UNTIL, fetching, simulated_account
from tests.vendors.hubspot.same_marts import as_from, rows_of

pytestmark = pytest.mark.slow

SETTINGS = Settings(
    hubspot=HubSpotDesk(on_hold_stages=("On hold",), pipeline_schedules={"1": "901", "2": "902"})
)
TICKETS = 400
# Objects that are read twice, such as changed ones, are duplicates; a file has every row once.
COUNTED = {
    "reconciliation": ("rows_read", "rows_duplicate", "rows_superseded"),
    "data_quality": ("rows_checked", "share_failing"),
}


@dataclass(frozen=True)
class Desks:
    """The marts of one desk: from its files, fetched in two runs and refreshed, and a full build
    from files and API in one warehouse."""

    files: Path
    refreshed: Path
    both: Path
    lines: list[str]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    folder = tmp_path_factory.mktemp("desks")
    account = simulated_account(folder / "simulated", TICKETS, EARLIER)
    files, api, both = folder / "landing", folder / "api", folder / "landing_of_both"
    write_expressible(folder / "simulated", files, api)
    with fetching(account) as fetcher:
        for clock in (EARLIER, EARLIER + timedelta(days=3), UNTIL):
            account.portal.clock = clock
            for account.portal.merged in (False, True):
                fetcher.fetch(api)
            if clock == EARLIER:
                build_marts(api, folder / "refreshed", EARLIER, SETTINGS)
    copytree(files, both)
    copytree(api / "hubspot", both / "hubspot")
    landings = {"refreshed": api, "files": files, "both": both}
    built = {
        name: build_marts(landing, folder / name, UNTIL, SETTINGS)
        for name, landing in landings.items()
    }
    marts = {name: candidate for name, (candidate, _) in built.items()}
    return Desks(**marts, lines=built["refreshed"][1])


@pytest.mark.long
def test_a_refresh_after_a_second_fetch_equals_a_full_build(desks: Desks, tmp_path: Path) -> None:
    assert f"running dbt on what changed since {EARLIER.isoformat()}" in desks.lines
    refreshed = rows_of("hubspot", desks.refreshed, tmp_path / "refreshed.duckdb")
    both = rows_of("hubspot", desks.both, tmp_path / "both.duckdb")
    assert compare_marts(both, refreshed) == []
    # Marts without a source: equal to those of a full build from files, in the next test, but for
    # the rows that were checked, of which the two sources together have the sum.
    counted = {
        name: checked_rows(database)
        for name, database in (
            ("files", desks.files),
            ("api", desks.refreshed),
            ("both", desks.both),
        )
    }
    of_api, of_files = counted["api"], counted["files"]
    assert {
        check: of_api.get(check, 0) + of_files.get(check, 0) for check in of_api | of_files
    } == counted["both"]


def checked_rows(database: Path) -> dict[str, int]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(
            connection.execute("select check_id, rows_checked from marts.data_quality").fetchall()
        )


def test_the_api_gives_the_marts_of_the_files(desks: Desks, tmp_path: Path) -> None:
    fetched = as_from("hubspot", "generic", desks.refreshed, tmp_path / "fetched.duckdb", COUNTED)
    files = as_from("generic", "generic", desks.files, tmp_path / "files.duckdb", COUNTED)
    assert compare_marts(files, fetched) == []
    with duckdb.connect(str(fetched)) as connection:
        connection.execute("delete from marts.fct_messages where is_agent_response")
    # The comparison can fail.
    assert [difference.mart for difference in compare_marts(files, fetched)] == ["fct_messages"]


@pytest.mark.long
def test_two_sources_in_one_warehouse_are_separate(desks: Desks, tmp_path: Path) -> None:
    left = rows_of("generic", desks.files, tmp_path / "alone.duckdb")
    right = rows_of("generic", desks.both, tmp_path / "both.duckdb")
    assert compare_marts(left, right) == []
