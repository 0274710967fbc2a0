"""What is asked of the API and what lands, whatever the API does."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from helpdesk.errors import IngestError
from tests.conftest import HELPDESK
from tests.vendors.zendesk.conftest import Landing
from tests.vendors.zendesk.server import EMAIL, TOKEN, Zendesk

LATER = 1_782_845_000  # 2026-06-30T18:43:20Z, after all that the desk has seen


def ids(rows: list[dict[str, str]]) -> Counter[str]:
    return Counter(row["id"] for row in rows)


def expected(account: Zendesk, stream: str) -> Counter[str]:
    return Counter(str(one["id"]) for one in account.objects.streams[stream])


def audits_of(account: Zendesk) -> Counter[str]:
    """Those of tickets that are not deleted."""
    tickets = account.objects.streams["tickets"]
    kept = [one["id"] for one in tickets if one["status"] != "deleted"]
    return Counter(str(audit["id"]) for id_ in kept for audit in account.objects.audits[id_])


def assert_whole(landing: Landing) -> None:
    """Everything has landed, and nothing twice."""
    for stream in landing.account.objects.streams:
        assert ids(landing.rows(stream)) == expected(landing.account, stream), stream
    assert ids(landing.rows("ticket_audits")) == audits_of(landing.account)
    holidays = [one for some in landing.account.objects.holidays.values() for one in some]
    assert len(landing.rows("schedule_holidays")) == len(holidays)


def test_everything_lands_once_as_it_was(landing: Landing) -> None:
    fetched = landing.fetch()
    assert_whole(landing)
    assert fetched.rows["tickets"] == 250
    ticket = landing.account.objects.streams["tickets"][0]
    landed = next(row for row in landing.rows("tickets") if row["id"] == str(ticket["id"]))
    assert landed["created_at"] == ticket["created_at"]
    assert '"channel": ' in landed["via"]
    deleted = [
        str(t["id"]) for t in landing.account.objects.streams["tickets"] if t["status"] == "deleted"
    ]
    assert deleted
    assert not [id_ for id_ in deleted if landing.account.requests(f"tickets/{id_}/audits")]


def test_a_second_run_asks_for_no_ticket_and_lands_nothing(landing: Landing) -> None:
    landing.fetch()
    landing.account.log.clear()
    assert landing.fetch().rows == {}
    assert landing.account.requests("/audits") == []
    # One request to each stream, and a list for each schedule's holidays.
    assert max(Counter(request.path for request in landing.account.log).values()) == 1
    assert_whole(landing)


def test_of_a_ticket_that_changed_the_new_audits_land(landing: Landing) -> None:
    landing.fetch()
    ticket = landing.account.objects.streams["tickets"][7]
    ticket["generated_timestamp"], ticket["priority"] = LATER, "urgent"
    known = landing.account.objects.audits[ticket["id"]]
    known.append({**known[-1], "id": 5, "created_at": "2026-06-30T18:43:20Z"})
    landing.account.log.clear()
    assert landing.fetch().rows == {"tickets": 1, "ticket_audits": 1}
    asked = landing.account.requests("/audits")
    assert [request.path for request in asked] == [f"/api/v2/tickets/{ticket['id']}/audits.json"]
    assert landing.rows("ticket_audits")[-1]["id"] == "5"
    assert landing.rows("tickets")[-1]["priority"] == "urgent"


def test_a_ticket_that_moves_under_the_cursor_is_not_lost(landing: Landing) -> None:
    """It changes before its page is reached, and comes at the end with all its audits."""
    account = landing.account
    account.page_size = 20
    ticket = account.objects.streams["tickets"][60]

    def change(name: str) -> None:
        pages = account.requests("incremental/tickets")
        if name == "incremental/tickets/cursor" and len(pages) == 2:
            ticket["generated_timestamp"] = LATER

    account.before_page.append(change)
    landing.fetch()
    assert_whole(landing)
    assert landing.rows("tickets")[-1]["id"] == str(ticket["id"])


def test_rate_limits_and_faults_are_waited_out(landing: Landing) -> None:
    landing.account.limit = 150
    landing.account.fail_next(503, times=2)
    began = time.monotonic()
    landing.fetch()
    refused = [request for request in landing.account.log if request.status == 429]
    assert refused
    # Retry-After says a second.
    assert time.monotonic() - began >= len(refused)
    assert sum(request.status == 503 for request in landing.account.log) == 2
    assert_whole(landing)


def test_a_token_that_is_refused_is_named_and_never_shown(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_TOKEN", "an-old-token")
    with pytest.raises(IngestError) as failure:
        landing.fetch()
    assert "refuses the token (401)" in str(failure.value)
    assert "ZENDESK_TOKEN" in str(failure.value)
    assert "admin" in str(failure.value)
    assert "an-old-token" not in str(failure.value)
    # Not a matter of waiting.
    assert len(landing.account.log) == 1


def test_without_an_address_the_token_is_one_of_oauth(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert landing.fetch(email=None).rows["tickets"] == 250
    monkeypatch.setenv("ZENDESK_TOKEN", "expired")
    with pytest.raises(IngestError, match="OAuth access token of an admin with the scope `read`"):
        landing.fetch(email=None)


def test_an_api_that_stays_down_loses_nothing_that_had_landed(landing: Landing) -> None:
    account = landing.account
    account.page_size = 50

    def break_off(name: str) -> None:
        if len(account.requests("incremental/tickets")) == 5 and not account.faults:
            account.fail_next(500, times=11)

    account.before_page.append(break_off)
    with pytest.raises(IngestError, match="gave 500, after 10 attempts"):
        landing.fetch()
    account.before_page.clear()
    account.faults.clear()
    before = len(landing.rows("tickets"))
    assert 0 < before < 250
    account.log.clear()
    landing.fetch()
    assert_whole(landing)
    # What had landed is not asked for again.
    assert len(account.requests("/audits")) <= 250 - before


def test_a_run_that_is_killed_goes_on_where_it_was(landing: Landing, tmp_path: Path) -> None:
    """The process dies between two of its requests, at the worst of times."""
    config = tmp_path / "helpdesk.yml"
    account = landing.account
    config.write_text(
        f"ingest:\n  zendesk:\n    base_url: {account.base_url}\n    email: {EMAIL}\n"
    )
    killed: list[int] = []
    run = [HELPDESK, "ingest", "zendesk", "--landing", landing.folder, "--config", config]
    for requests in (60, 215, 20):
        with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            seen = len(account.log)
            until = time.monotonic() + 60
            while len(account.log) - seen < requests and process.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.005)
            process.kill()
        killed.append(process.returncode)
    assert killed == [-signal.SIGKILL] * 3
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert_whole(landing)


def test_lists_land_what_is_new_different_or_gone(landing: Landing) -> None:
    landing.fetch()
    memberships = landing.account.objects.streams["group_memberships"]
    gone = memberships.pop(0)
    memberships[0]["default"] = False
    landing.account.objects.streams["groups"][1]["name"] = "Specialists"
    assert landing.fetch().rows == {"groups": 1, "group_memberships": 2}
    changed, ended = landing.rows("group_memberships")[-2:]
    assert changed["default"] == "false"
    assert ended["id"] == str(gone["id"])
    assert ended["_gone_at"].endswith("Z")
    assert landing.fetch().rows == {}


def test_what_an_account_does_not_have_is_left_out(landing: Landing) -> None:
    landing.account.absent |= {
        "channels/voice/stats/incremental/calls",
        "satisfaction_ratings",
        "slas/policies",
        "agent_availabilities",
    }
    fetched = landing.fetch()
    assert "calls" not in fetched.rows
    assert "sla_policies" not in fetched.rows
    assert fetched.rows["tickets"] == 250


def test_without_the_export_there_is_nothing(landing: Landing) -> None:
    landing.account.absent.add("incremental/tickets/cursor")
    with pytest.raises(IngestError, match="The export is for admins"):
        landing.fetch()


def test_a_next_page_elsewhere_does_not_get_the_token(landing: Landing) -> None:
    account = landing.account
    account.objects.streams["groups"] *= 60
    real = account.base_url

    def lead_astray(name: str) -> None:
        account.base_url = "http://127.0.0.1:9" if name == "groups" else real

    account.before_page.append(lead_astray)
    settings = {"base_url": real}
    with pytest.raises(IngestError, match="which is not of"):
        landing.fetch(**settings)


def test_start_date_leaves_out_what_has_not_changed_since(landing: Landing) -> None:
    landing.fetch(start_date="2026-06-01")
    landed = {int(row["id"]) for row in landing.rows("tickets")}
    since = 1_780_272_000
    assert landed == {
        ticket["id"]
        for ticket in landing.account.objects.streams["tickets"]
        if ticket["generated_timestamp"] >= since
    }
