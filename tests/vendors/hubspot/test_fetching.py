"""Fetching from an account, with errors and changes during the run."""

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import IngestError, LandingError
from helpdesk.extract.hubspot.api import SCOPES
from helpdesk.load.landing import load_landing
from tests.conftest import HELPDESK
from tests.vendors.hubspot.fetching import (
    EARLIER,
    UNTIL,
    fetching,
    landed,
    simulated_account,
    streams,
)
from tests.vendors.hubspot.server import TOKEN, Account, broken, too_many
from tests.vendors.hubspot.shapes import CAPACITY


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulated") / "desk"


@pytest.fixture
def account(desk: Path) -> Account:
    return simulated_account(desk)


@pytest.fixture(scope="module")
def undisturbed(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of a run without errors."""
    landing = tmp_path_factory.mktemp("undisturbed")
    with fetching(simulated_account(desk)) as fetcher:
        fetcher.fetch(landing)
    return landing


def contents(landing: Path) -> dict[str, Counter[str]]:
    return {
        stream: Counter(
            # The observation time of a user depends on the run.
            json.dumps({n: v for n, v in row.items() if n != "observedAt"}, sort_keys=True)
            for row in landed(landing, stream)
        )
        for stream in streams(landing)
    }


def test_everything_is_fetched_once(account: Account, undisturbed: Path) -> None:
    portal = account.portal
    for kind in ("tickets", "companies", "contacts", "calls", "feedback_submissions"):
        ids = [row["id"] for row in landed(undisturbed, kind)]
        assert sorted(ids) == sorted(one["id"] for one in portal.objects(kind)), kind
    threads = {thread["id"] for thread in portal.threads()}
    assert {row["id"] for row in landed(undisturbed, "threads")} == threads
    said = {message["id"] for thread in threads for message in portal.messages(thread)}
    assert Counter(row["id"] for row in landed(undisturbed, "messages")) == Counter(said)
    assert {row["archived"] for row in landed(undisturbed, "owners")} == {"true", "false"}
    assert {row["archived"] for row in landed(undisturbed, "tickets")} == {"true", "false"}


def test_texts_of_messages_are_not_fetched(undisturbed: Path) -> None:
    columns = [name for row in landed(undisturbed, "messages") for name in row]
    assert not {"text", "richText", "subject", "recipients", "attachments"} & set(columns)


def test_a_second_run_fetches_only_changes(desk: Path, tmp_path: Path) -> None:
    account = simulated_account(desk, clock=EARLIER)
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        account.log.clear()
        assert fetcher.fetch(tmp_path).rows == {}
        assert not account.asked("/batch/read")
        assert not account.asked("/messages")

        account.log.clear()
        account.portal.clock = EARLIER + timedelta(days=2)
        changed = {
            one["id"]
            for one in account.portal.objects("tickets")
            if one["updatedAt"] > EARLIER.isoformat() and not one["archived"]
        }
        assert changed
        before = len(landed(tmp_path, "tickets"))
        fetcher.fetch(tmp_path)
    asked = {
        one["id"]
        for request in account.asked("/crm/v3/objects/tickets/batch/read")
        for one in request.body["inputs"]
    }
    assert asked == changed
    assert len(landed(tmp_path, "tickets")) - before == len(changed)


def test_a_rejected_request_is_repeated(
    account: Account, undisturbed: Path, tmp_path: Path
) -> None:
    account.faults = {3: too_many(), 9: broken(), 10: broken(), 40: too_many()}
    began = time.monotonic()
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
    assert Counter(request.status for request in account.log)[429] == 2
    assert time.monotonic() - began > 2, "each 429 said to wait a second"
    assert contents(tmp_path) == contents(undisturbed)


def test_an_expired_token_is_reported_with_its_remedy(account: Account, tmp_path: Path) -> None:
    with fetching(account) as fetcher, pytest.raises(IngestError) as failure:
        fetcher.fetch(tmp_path, secret="pat-of-last-year")
    assert "HUBSPOT_TOKEN" in str(failure.value)
    assert all(scope in str(failure.value) for scope in SCOPES)
    assert "pat-of-last-year" not in str(failure.value)
    assert len({request.path for request in account.log}) == len(account.log), "no refusal twice"


def test_a_missing_scope_is_named(account: Account, tmp_path: Path) -> None:
    account.missing_scopes = ("crm.objects.feedback_submissions.read",)
    with (
        fetching(account) as fetcher,
        pytest.raises(IngestError, match=r"/feedback_submissions.* crm\.objects\.feedback"),
    ):
        fetcher.fetch(tmp_path)


def test_a_broken_api_loses_at_most_one_slice(
    account: Account, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.extract.http.ATTEMPTS", 1)
    account.faults = {number: broken() for number in (30, 90, 91)}
    with fetching(account, requests_per_slice=20) as fetcher:
        for _ in account.faults:
            with pytest.raises(IngestError, match=r"502.*continues where it stopped"):
                fetcher.fetch(tmp_path)
        fetcher.fetch(tmp_path)
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("request_number", [25, 60, 110])
def test_a_killed_run_continues_where_it_stopped(
    account: Account, undisturbed: Path, tmp_path: Path, request_number: int
) -> None:
    landing, settings = tmp_path / "landing", tmp_path / "helpdesk.yml"
    with fetching(account, requests_per_slice=20) as fetcher:
        connection = {"base_url": fetcher.address, "capacity_property": CAPACITY}
        settings.write_text(json.dumps({"ingest": {"hubspot": connection}}))
        run = subprocess.Popen(
            [HELPDESK, "ingest", "hubspot", "--landing", landing, "--config", settings],
            env={**os.environ, "HUBSPOT_TOKEN": TOKEN},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        account.before[request_number] = lambda _: os.kill(run.pid, signal.SIGKILL)
        assert run.wait(timeout=120) == -signal.SIGKILL
        fetcher.fetch(landing)
    assert contents(landing) == contents(undisturbed)


def test_changes_during_a_run_are_not_missed(desk: Path, tmp_path: Path) -> None:
    """Old tickets change and move to the end of the list, which shifts its pages."""
    account = simulated_account(desk.parent / "500", tickets=500)
    portal = account.portal
    tickets = sorted(
        (one for one in portal.objects("tickets") if not one["archived"]),
        key=lambda one: one["updatedAt"],
    )

    def touched(first: int) -> None:
        for number, one in enumerate(tickets[first : first + 20]):
            at = UNTIL + timedelta(seconds=first + number)
            portal.edits[one["id"]] = {"at": at, "properties": {"subject": "Changed"}}

    account.before = {
        12: lambda _: touched(0),
        30: lambda _: touched(100),
        60: lambda _: touched(0),
    }
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        fetcher.fetch(tmp_path)
    newest: dict[str, dict] = {}
    for row in landed(tmp_path, "tickets"):
        newest[row["id"]] = json.loads(row["properties"])
    assert newest.keys() == {one["id"] for one in portal.objects("tickets")}
    changed = {key for key, properties in newest.items() if properties["subject"] == "Changed"}
    assert changed == portal.edits.keys()


def test_no_file_has_two_versions_of_an_object(desk: Path, tmp_path: Path) -> None:
    """The newer one of two rows in one file would be unknown."""
    account = simulated_account(desk)
    ticket = account.portal.objects("tickets")[-1]["id"]

    def touched(number: int) -> None:
        at = UNTIL + timedelta(seconds=number)
        account.portal.edits[ticket] = {"at": at, "properties": {"subject": str(number)}}

    account.before = {n: (lambda _, n=n: touched(n)) for n in range(8, 40)}
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
    for path in (tmp_path / "hubspot/tickets").iterdir():
        with duckdb.connect() as connection:
            ids = connection.execute("select id from read_json(?)", [str(path)]).fetchall()
        assert len(ids) == len(set(ids)), path.name


def test_more_changes_at_one_time_than_fit_in_a_page(desk: Path, tmp_path: Path) -> None:
    """Like after an import: all have the same time."""
    account = simulated_account(desk.parent / "1500", tickets=1_500)
    account.portal.at_once = 10_000
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        assert fetcher.fetch(tmp_path).rows == {}
    contacts = [one["id"] for one in account.portal.objects("contacts")]
    assert len(contacts) > 200
    assert sorted(row["id"] for row in landed(tmp_path, "contacts")) == sorted(contacts)


def test_an_unknown_field_is_kept_and_reported(account: Account, tmp_path: Path) -> None:
    account.novelties = {"mood": "sunny"}
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
    with duckdb.connect() as connection:
        notes = load_landing(connection, tmp_path).notes
        assert any(
            re.search("tickets: columns that are not in the contract: mood", note) for note in notes
        ), notes
        kept = connection.execute("select distinct _extra from raw.hubspot_tickets").fetchall()
    assert kept == [('{"mood":"sunny"}',)]


def test_an_object_without_a_required_column_stops_the_build(
    account: Account, tmp_path: Path
) -> None:
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
    (tmp_path / "hubspot/tickets/later.jsonl").write_text('{"id": "1"}\n')
    with duckdb.connect() as connection, pytest.raises(LandingError, match="column properties"):
        load_landing(connection, tmp_path)
