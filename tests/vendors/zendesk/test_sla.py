"""SLA clocks of random tickets from every source equal those of Zendesk's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import published, run_helpdesk
from tests.vendors.zendesk.airbyte import airbyte_tables
from tests.vendors.zendesk.conftest import Landing
from tests.vendors.zendesk.server import TOKEN, served
from tests.vendors.zendesk.sla_account import (
    DEFAULT,
    NOW,
    SCHEDULES,
    Account,
    ApiObjects,
    fivetran_tables,
    matched,
    random_account,
    stamp,
)
from tests.vendors.zendesk.sla_rules import Life, Rules

pytestmark = pytest.mark.slow

TICKETS = 300
# The account must have clocks of every metric, ended and running, on time and late.
LEAST_CLOCKS = 2_000
Row = tuple[str, str, int, str, str | None, int, int, str | None, str]


def expected(lives: Sequence[Life]) -> dict[tuple[str, str, int], Row]:
    """The clocks by ticket, metric and occurrence. A due time is compared once it has passed."""
    rules = Rules(SCHEDULES, DEFAULT, NOW)
    found: dict[tuple[str, str, int], Row] = {}
    for life in lives:
        for clock in rules.clocks(life):
            key = str(life.ticket_id), clock.metric, clock.occurrence
            verdict = "breached" if clock.is_breached else "kept"
            found[key] = (
                *key,
                stamp(clock.started),
                None if clock.ended is None else stamp(clock.ended),
                clock.goal,
                clock.elapsed,
                None if clock.due is None else stamp(clock.due),
                "cancelled" if clock.is_cancelled else verdict,
            )
    return found


Clocks = dict[tuple[str, str, int], Row]


@dataclass(frozen=True)
class Built:
    """The warehouse of all ways, with the account that each of them has landed."""

    output: Path
    accounts: dict[str, Account]

    def clocks(self, source: str) -> Clocks:
        """The published clocks of one way."""
        with published(self.output) as marts:
            marts.execute("set timezone = 'UTC'")
            rows = marts.execute(
                f"""select
                    ticket_id, metric, occurrence,
                    strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'),
                    strftime(ended_at, '%Y-%m-%dT%H:%M:%SZ'),
                    goal_seconds, elapsed_seconds,
                    case
                        when due_at <= least(ended_at, timestamp '{stamp(NOW)[:-1]}')
                            then strftime(due_at, '%Y-%m-%dT%H:%M:%SZ')
                    end,
                    case
                        when status in ('completed_late', 'overdue') then 'breached'
                        when status = 'cancelled' then 'cancelled' else 'kept'
                    end
                from marts.fct_sla_clocks where split_part(ticket_key, ':', 1) = ?""",
                [source],
            ).fetchall()
            unusable = marts.execute("select table_name, reason from marts.quarantine").fetchall()
        assert unusable == []
        return {row[:3]: row for row in rows}


def compare(found: Clocks, wanted: Clocks) -> None:
    different = [
        (wanted.get(key), found.get(key))
        for key in sorted(wanted.keys() | found.keys())
        if wanted.get(key) != found.get(key)
    ]
    print(f"{len(wanted):,} clocks, {len(different)} different")
    assert different == []
    assert len(wanted) > LEAST_CLOCKS


@dataclass(frozen=True)
class Way:
    """How the account is loaded, and the lives that this source records."""

    land: Callable[[Account, Path], None]
    lives: Callable[[Account], list[Life]]


def recorded(account: Account) -> list[Life]:
    return [ticket.life for ticket in account.tickets]


def through_api(account: Account, folder: Path, with_events: bool) -> None:
    objects = ApiObjects(account, with_events)
    with served(objects, datetime.fromtimestamp(NOW, UTC), page_size=1000) as zendesk:
        Landing(folder / "landing", zendesk).fetch()


def through_tables(folder: Path, tool: str) -> None:
    origin = ["--from", f"duckdb:{folder / 'lake.duckdb'}", "--layout", tool]
    run_helpdesk("ingest", "zendesk", "--landing", folder / "landing", *origin)


def through_fivetran(account: Account, folder: Path, with_targets: bool) -> None:
    fivetran_tables(account, folder / "lake.duckdb", with_targets)
    through_tables(folder, "fivetran")


def through_airbyte(account: Account, folder: Path) -> None:
    objects = ApiObjects(account, with_events=True)
    airbyte_tables(objects.streams, objects.audits, folder / "lake.duckdb")
    through_tables(folder, "airbyte")
    # Airbyte has no holidays, so they are added as files.
    lines = ["id,schedule_id,name,start_date,end_date"]
    for schedule_id, holidays in objects.holidays.items():
        for one in holidays:
            dates = f"{one['start_date']},{one['end_date']}"
            lines.append(f"{one['id']},{schedule_id},{one['name']},{dates}")
    by_hand = folder / "landing" / "zendesk" / "schedule_holidays.csv"
    by_hand.write_text("\n".join(lines))


WAYS = {
    "api": Way(lambda account, folder: through_api(account, folder, True), recorded),
    # Without records of applied policies, policies match by their conditions.
    "api_policies": Way(lambda account, folder: through_api(account, folder, False), matched),
    "fivetran": Way(lambda account, folder: through_fivetran(account, folder, True), recorded),
    # Policies and their applications, without targets in the history.
    "fivetran_policies": Way(
        lambda account, folder: through_fivetran(account, folder, False), recorded
    ),
    "airbyte": Way(through_airbyte, recorded),
}


def source_of(way: str) -> str:
    """The source system of a way: each is an account of its own in one warehouse."""
    return f"zendesk_{way}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("ways")
    landing = folder / "landing"
    landing.mkdir()
    accounts = {way: random_account(seed=len(way), tickets=TICKETS) for way in WAYS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZENDESK_TOKEN", TOKEN)
        for way, account in accounts.items():
            (folder / way).mkdir()
            WAYS[way].land(account, folder / way)
            (folder / way / "landing" / "zendesk").rename(landing / source_of(way))
    output = folder / "output"
    run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", stamp(NOW))
    return Built(output, accounts)


@pytest.mark.parametrize("way", WAYS)
def test_random_clocks_equal_zendesks_to_the_second(way: str, built: Built) -> None:
    compare(built.clocks(source_of(way)), expected(WAYS[way].lives(built.accounts[way])))
