"""The marts of a desk from the API, compared with those of plain files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import LandingError
from helpdesk.load.landing import load_landing
from helpdesk.publish.published import FILE
from helpdesk.simulator import DEFAULT_UNTIL
from tests.conftest import published, run_helpdesk
from tests.vendors.built import build_marts
from tests.vendors.same_marts import differences
from tests.vendors.zendesk.conftest import NOW, Landing
from tests.vendors.zendesk.desk import write_plain
from tests.vendors.zendesk.objects import Object, Objects
from tests.vendors.zendesk.server import TOKEN, Zendesk, served

pytestmark = pytest.mark.slow

MIDWAY = datetime(2026, 3, 1, tzinfo=UTC)
# An agent who is unknown at first: his messages count as a customer's until he is known.
LATE_AGENT = 4003


def build(landing: Path, output: Path, as_of: datetime) -> None:
    run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", as_of.isoformat())


@pytest.fixture(scope="module")
def plain(
    desk: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The landing folder and the marts of a full build of the desk from plain files."""
    folder = tmp_path_factory.mktemp("plain")
    write_plain(desk, folder / "landing")
    marts, _ = build_marts(folder / "landing", folder / "output", DEFAULT_UNTIL)
    return folder / "landing", marts


@pytest.fixture(scope="module")
def fetched_twice(
    desk: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The desk fetched and built as of March, then fetched again and refreshed at the end."""
    folder = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch, served(Objects(desk), MIDWAY) as account:
        patch.setenv("ZENDESK_TOKEN", TOKEN)
        landing = Landing(folder / "landing", account)
        with as_it_was(account):
            landing.fetch()
            build(landing.folder, folder / "output", MIDWAY)
        account.now = NOW
        landing.fetch()
        build(landing.folder, folder / "output", DEFAULT_UNTIL)
    return landing.folder, folder / "output"


@contextmanager
def as_it_was(account: Zendesk) -> Iterator[None]:
    """Some tickets in an earlier state, with another agent and the audits until then."""
    users = account.objects.streams["users"]
    late = next(user for user in users if user["id"] == LATE_AGENT)
    late["updated_at"] = (MIDWAY + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later: list[tuple[Object, Object, list[Object]]] = []
    for ticket in account.objects.streams["tickets"]:
        audits = account.objects.audits[ticket["id"]]
        known = [audit for audit in audits if audit["created_at"] < "2026-03-01"]
        if known and len(known) < len(audits):
            later.append((ticket, dict(ticket), audits))
            account.objects.audits[ticket["id"]] = known
            until = datetime.fromisoformat(known[-1]["created_at"]).replace(tzinfo=UTC)
            ticket.update(
                status="open",
                custom_status_id=102,
                priority=None,
                assignee_id=4001,
                updated_at=known[-1]["created_at"],
                generated_timestamp=int(until.timestamp()),
            )
    assert len(later) > 5
    yield
    for ticket, now, audits in later:
        ticket.update(now)
        account.objects.audits[ticket["id"]] = audits


def test_the_api_gives_the_marts_of_plain_files_after_a_refresh(
    fetched_twice: tuple[Path, Path], plain: tuple[Path, Path], tmp_path: Path
) -> None:
    """A refresh after a second fetch equals a full build of the same desk from files, row by row,
    except for the numbers of superseded and repeated rows."""
    found = differences("zendesk", fetched_twice[1] / FILE, plain[1], tmp_path)
    assert [str(one) for one in found if one.mart not in ("reconciliation", "data_quality")] == []
    with published(fetched_twice[1]) as marts:
        unusable = marts.execute("select count(*) from marts.quarantine").fetchone()
        superseded = marts.execute(
            "select rows_superseded from marts.reconciliation where table_name = 'tickets'"
        ).fetchone()
    assert unusable == (0,)
    assert superseded is not None
    assert superseded[0] > 5


@pytest.mark.long
def test_a_full_check_finds_no_difference(fetched_twice: tuple[Path, Path]) -> None:
    """The check models everything again and compares every mart. A difference is exit code 4."""
    assert run_helpdesk("check", "--output", fetched_twice[1], check=False).returncode == 0


@pytest.mark.long
def test_two_sources_share_a_warehouse_and_no_ids(
    fetched_twice: tuple[Path, Path], plain: tuple[Path, Path], tmp_path: Path
) -> None:
    """The same desk from files and from the API: twice the tickets, each unchanged."""
    both = tmp_path / "landing"
    both.mkdir()
    for file in plain[0].iterdir():
        (both / file.name).symlink_to(file)
    (both / "zendesk").symlink_to(fetched_twice[0] / "zendesk")
    shared, _ = build_marts(both, tmp_path / "output", DEFAULT_UNTIL)
    facts = ("fct_tickets", "fct_messages", "fct_sla_clocks", "fct_ticket_status_history")
    with duckdb.connect() as connection:
        for name, marts in (
            ("shared", shared),
            ("files", plain[1]),
            ("api", fetched_twice[1] / FILE),
        ):
            connection.execute(f"attach '{marts}' as {name} (read_only)")
        for fact in facts:
            for key, alone in (("generic", "files"), ("zendesk", "api")):
                of_one = f"select * from shared.marts.{fact} where ticket_key like '{key}:%'"
                count = connection.execute(f"select count(*) from ({of_one})").fetchone()
                assert count is not None
                assert count[0] > 200
                different = connection.execute(
                    f"select count(*) from ({of_one} except all from {alone}.marts.{fact})"
                ).fetchone()
                assert different == (0,), (fact, key)


@pytest.mark.long
def test_undeclared_fields_are_kept_and_reported(
    desk: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new field is loaded and reported. A missing required one stops the load."""
    monkeypatch.setenv("ZENDESK_TOKEN", TOKEN)
    with served(Objects(desk), NOW) as account:
        for ticket in account.objects.streams["tickets"][:5]:
            ticket["mood"] = {"of": "the day"}
            ticket["subject"] = None
        landing = Landing(tmp_path / "landing", account)
        landing.fetch()
        with duckdb.connect() as connection:
            notes = load_landing(connection, landing.folder).notes
            (kept,) = connection.execute(
                "select count(*) from raw.zendesk_tickets where _extra ->> '$.mood' is not null"
            ).fetchall()
        assert kept == (5,)
        assert [note for note in notes if "zendesk_tickets" in note and "mood" in note]
        for ticket in account.objects.streams["tickets"]:
            del ticket["status"]
        moved = account.objects.streams["tickets"][0]
        moved["generated_timestamp"] = 1_782_845_000
        landing.fetch()
        with duckdb.connect() as connection, pytest.raises(LandingError) as failure:
            load_landing(connection, landing.folder)
    assert "required column status of table tickets is missing" in str(failure.value)
