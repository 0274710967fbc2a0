"""The requests to the API and the fetched rows, with errors of the API."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from helpdesk.core.errors import IngestError
from helpdesk.extract.zendesk.exports import MERGED
from tests.conftest import HELPDESK
from tests.vendors.zendesk.conftest import Landing
from tests.vendors.zendesk.server import EMAIL, TOKEN, Zendesk

LATER = 1_782_845_000  # 2026-06-30T18:43:20Z, after all that the desk has seen


def ids(rows: list[dict[str, str]]) -> Counter[str]:
    return Counter(row["id"] for row in rows)


def expected(account: Zendesk, stream: str) -> Counter[str]:
    return Counter(str(one["id"]) for one in account.objects.streams[stream])


def audits_of(account: Zendesk) -> Counter[str]:
    """The audits of tickets that are not deleted."""
    tickets = account.objects.streams["tickets"]
    kept = [one["id"] for one in tickets if one["status"] != "deleted"]
    return Counter(str(audit["id"]) for id_ in kept for audit in account.objects.audits[id_])


def assert_whole(landing: Landing) -> None:
    """Everything was fetched, and nothing twice."""
    for stream in landing.account.objects.streams:
        assert ids(landing.rows(stream)) == expected(landing.account, stream), stream
    assert ids(landing.rows("ticket_audits")) == audits_of(landing.account)
    holidays = [one for some in landing.account.objects.holidays.values() for one in some]
    assert len(landing.rows("schedule_holidays")) == len(holidays)


def test_everything_is_fetched_once_and_unchanged(landing: Landing) -> None:
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


def test_a_second_run_requests_no_ticket_and_fetches_nothing(landing: Landing) -> None:
    landing.fetch()
    landing.account.log.clear()
    assert landing.fetch().rows == {}
    assert landing.account.requests("/audits") == []
    # One request per stream, and one per schedule for its holidays.
    assert max(Counter(request.path for request in landing.account.log).values()) == 1
    assert_whole(landing)


def test_new_audits_of_a_changed_ticket_are_fetched(landing: Landing) -> None:
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
    landing.account.absent.add("ticket_audits")
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


def test_requests_are_repeated_after_rate_limits_and_errors(landing: Landing) -> None:
    landing.account.absent.add("ticket_audits")
    landing.account.limit = 150
    landing.account.fail_next(503, times=2)
    began = time.monotonic()
    landing.fetch()
    rejected = [request for request in landing.account.log if request.status == 429]
    assert rejected
    # Retry-After says a second.
    assert time.monotonic() - began >= len(rejected)
    assert sum(request.status == 503 for request in landing.account.log) == 2
    assert_whole(landing)


def test_a_rejected_token_is_named_and_never_shown(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_TOKEN", "an-old-token")
    with pytest.raises(IngestError) as failure:
        landing.fetch()
    assert "rejected the token (401)" in str(failure.value)
    assert "ZENDESK_TOKEN" in str(failure.value)
    assert "admin" in str(failure.value)
    assert "an-old-token" not in str(failure.value)
    # Without another attempt.
    assert len(landing.account.log) == 1


def test_without_a_mail_address_the_token_is_an_oauth_token(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert landing.fetch(email=None).rows["tickets"] == 250
    monkeypatch.setenv("ZENDESK_TOKEN", "expired")
    with pytest.raises(IngestError, match="OAuth access token of an admin, with the scope `read`"):
        landing.fetch(email=None)


def test_an_api_outage_loses_no_fetched_rows(landing: Landing) -> None:
    landing.account.absent.add("ticket_audits")
    account = landing.account
    account.page_size = 50

    def break_off(name: str) -> None:
        if len(account.requests("incremental/tickets")) == 5 and not account.faults:
            account.fail_next(500, times=11)

    account.before_page.append(break_off)
    with pytest.raises(IngestError, match="answered 500, after 10 attempts"):
        landing.fetch()
    account.before_page.clear()
    account.faults.clear()
    before = len(landing.rows("tickets"))
    assert 0 < before < 250
    account.log.clear()
    landing.fetch()
    assert_whole(landing)
    # Fetched rows are not requested again.
    assert len(account.requests("/audits")) <= 250 - before


def test_a_killed_run_continues_where_it_stopped(landing: Landing, tmp_path: Path) -> None:
    """The process is killed between two requests, at the worst time."""
    landing.account.absent.add("ticket_audits")
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


def test_a_first_run_reads_the_audits_of_all_tickets_from_one_list(landing: Landing) -> None:
    """Except for archived tickets, which the list leaves out. Later runs read ticket by ticket."""
    account = landing.account
    landing.fetch()
    assert_whole(landing)
    updates = sum(audits_of(account).values())
    one_by_one = len(account.requests("/audits"))
    archived = [t for t in account.objects.streams["tickets"] if t["status"] == "closed"]
    assert one_by_one < len(archived)
    assert len(account.requests("ticket_audits.json")) <= updates // 100 + 2


def test_a_first_run_continues_within_the_list(landing: Landing) -> None:
    account = landing.account
    account.page_size = 20

    def break_off(name: str) -> None:
        if len(account.requests("ticket_audits.json")) == 20 and not account.faults:
            account.fail_next(500, times=11)

    account.before_page.append(break_off)
    with pytest.raises(IngestError, match="answered 500, after 10 attempts"):
        landing.fetch()
    account.before_page.clear()
    account.faults.clear()
    landing.fetch()
    assert_whole(landing)


def test_texts_are_not_fetched(landing: Landing) -> None:
    landing.fetch()
    landed = landing.rows("ticket_audits")
    assert not [row for row in landed if '"body"' in row["events"] and MERGED not in row["events"]]


def test_an_export_continues_after_more_rows_of_a_second_than_fit_in_a_page(
    landing: Landing,
) -> None:
    """The export would return the same page again, so the rest is read from the list."""
    account = landing.account
    account.is_page_of_one_second = True
    account.page_size = 50
    (first, *_) = account.objects.streams["organizations"]
    account.objects.streams["organizations"] += [
        {**first, "id": 700_000 + n, "updated_at": "2026-05-02T10:00:00Z"} for n in range(120)
    ]
    fetched = landing.fetch()
    assert ids(landing.rows("organizations")).keys() == expected(account, "organizations").keys()
    assert fetched.rows["tickets"] == 250
    again = landing.fetch()
    assert again.rows == {}
    # Without a list, the rest is left out, and a line reports it.
    event = account.objects.streams["ticket_metric_events"][0]
    account.objects.streams["ticket_metric_events"] += [
        {**event, "id": 800_000 + n, "time": "2026-06-30T18:30:00Z"} for n in range(120)
    ]
    lines: list[str] = []
    landing.fetch(lines=lines)
    (line,) = [line for line in lines if "than fit in a page" in line]
    assert "more ticket_metric_events" in line
    assert "50 were read" in line
    assert landing.fetch().rows == {}


def test_a_response_without_its_list_is_reported(landing: Landing) -> None:
    account = landing.account
    account.answers["incremental/users/cursor"] = (
        200,
        {},
        {"error": "RecordInvalid", "description": "Record validation errors"},
    )
    with pytest.raises(IngestError) as failure:
        landing.fetch()
    message = str(failure.value)
    assert "incremental/users/cursor.json has no list 'users'" in message
    assert "RecordInvalid: Record validation errors" in message


def test_an_unknown_cursor_is_deleted(landing: Landing) -> None:
    account = landing.account
    landing.fetch()
    invalid = (400, {}, {"error": "Invalid", "description": "Invalid cursor"})
    account.only_with_cursor["incremental/users/cursor"] = invalid
    account.log.clear()
    lines: list[str] = []
    landing.fetch(lines=lines)
    (line,) = [line for line in lines if "cursor of users is invalid" in line]
    assert "Invalid: Invalid cursor" in line
    asked = account.requests("incremental/users")
    assert [request.status for request in asked][:2] == [400, 200]
    assert landing.fetch().rows == {}


def test_an_invalid_request_is_not_repeated(landing: Landing) -> None:
    account = landing.account
    account.answers["incremental/organizations"] = (400, {}, {"error": "Bad Request"})
    with pytest.raises(IngestError, match=r"answered 400 .Bad Request.. .* was not repeated"):
        landing.fetch()
    assert len(account.requests("incremental/organizations")) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"Retry-After": "soon"}],
)
def test_a_rate_limit_without_retry_after_is_respected(
    landing: Landing, headers: dict[str, str]
) -> None:
    landing.account.fail_next(429, times=3, headers=headers)
    landing.fetch()
    assert_whole(landing)


def test_a_token_that_may_not_read_audits_is_reported(landing: Landing) -> None:
    account = landing.account
    account.absent.add("ticket_audits")
    ticket = next(t for t in account.objects.streams["tickets"] if t["status"] != "deleted")
    account.answers[f"tickets/{ticket['id']}/audits"] = (403, {}, {"error": "Forbidden"})
    with pytest.raises(IngestError, match=r"403 .Forbidden.*give it access to all tickets"):
        landing.fetch()


def test_a_long_run_shows_its_progress(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpdesk.extract.progress.SECONDS_BETWEEN_LINES", 0)
    lines: list[str] = []
    landing.fetch(lines=lines)
    assert any("of about 250 tickets" in line and "requests left" in line for line in lines)


def test_new_changed_and_deleted_rows_of_lists_are_fetched(landing: Landing) -> None:
    landing.fetch()
    memberships = landing.account.objects.streams["group_memberships"]
    gone = memberships.pop(0)
    memberships[0]["default"] = False
    landing.account.objects.streams["groups"][1]["name"] = "Specialists"
    # A deleted field is kept, because old values need its name.
    landing.account.objects.streams["ticket_fields"] = []
    landing.account.objects.streams["user_fields"][0]["title"] = "Contract"
    assert landing.fetch().rows == {"groups": 1, "group_memberships": 2, "user_fields": 1}
    changed, ended = landing.rows("group_memberships")[-2:]
    assert changed["default"] == "false"
    assert ended["id"] == str(gone["id"])
    assert ended["_gone_at"].endswith("Z")
    assert landing.fetch().rows == {}


def test_missing_endpoints_are_left_out(landing: Landing) -> None:
    landing.account.absent |= {
        "channels/voice/stats/incremental/calls",
        "satisfaction_ratings",
        "slas/policies",
        "agent_availabilities",
        "user_fields",
    }
    lines: list[str] = []
    fetched = landing.fetch(lines)
    (line,) = [one for one in lines if "own fields" in one]
    assert "user_fields.json answered 404" in line
    assert "write `label` and `type` in `fields`" in line
    assert "calls" not in fetched.rows
    assert "sla_policies" not in fetched.rows
    assert fetched.rows["tickets"] == 250


def test_a_missing_export_is_an_error(landing: Landing) -> None:
    landing.account.absent.add("incremental/tickets/cursor")
    with pytest.raises(IngestError, match="Exports need an admin"):
        landing.fetch()


def test_a_next_page_on_another_server_does_not_get_the_token(landing: Landing) -> None:
    account = landing.account
    account.objects.streams["groups"] *= 60
    real = account.base_url

    def lead_astray(name: str) -> None:
        account.base_url = "http://127.0.0.1:9" if name == "groups" else real

    account.before_page.append(lead_astray)
    settings = {"base_url": real}
    with pytest.raises(IngestError, match="which is not below"):
        landing.fetch(**settings)


def test_start_date_leaves_out_unchanged_tickets(landing: Landing) -> None:
    landing.fetch(start_date="2026-06-01")
    landed = {int(row["id"]) for row in landing.rows("tickets")}
    since = 1_780_272_000
    assert landed == {
        ticket["id"]
        for ticket in landing.account.objects.streams["tickets"]
        if ticket["generated_timestamp"] >= since
    }
