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


def modelled(landing: Path, output: Path) -> dict[tuple[str, str, int], Row]:
    """The clocks of a published build."""
    run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", stamp(NOW))
    with published(output) as marts:
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
            from marts.fct_sla_clocks"""
        ).fetchall()
        unusable = marts.execute("select table_name, reason from marts.quarantine").fetchall()
    assert unusable == []
    return {row[:3]: row for row in rows}


def compare(
    found: dict[tuple[str, str, int], Row], wanted: dict[tuple[str, str, int], Row]
) -> None:
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


@pytest.mark.parametrize("way", WAYS)
def test_random_clocks_equal_zendesks_to_the_second(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_TOKEN", TOKEN)
    account = random_account(seed=len(way), tickets=TICKETS)
    WAYS[way].land(account, tmp_path)
    found = modelled(tmp_path / "landing", tmp_path / "output")
    compare(found, expected(WAYS[way].lives(account)))
