"""Alerts of SLA clocks about to breach, each sent once, and of failed builds."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pytest

from helpdesk.alerts.breaches import LISTED, clocks_due_soon, send_due_soon_alerts
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Alerts
from tests.conftest import run_helpdesk
from tests.orchestration.receivers import web_server
from tests.small_desk import AS_OF, DESK, write_desk

HOUR = 3600


def desk_with_clocks(as_of: datetime) -> dict[str, list[dict]]:
    """Two tickets whose first response is due within the hour, one of them spam, and one fresh."""
    ages = {"soon": 90, "spam": 90, "fresh": 10}
    tickets = [
        {
            "ticket_id": name,
            "created_at": (as_of - timedelta(minutes=age)).isoformat(),
            "status_id": "new",
            "is_spam": name == "spam",
        }
        for name, age in ages.items()
    ]
    target = {"policy_id": "p", "metric": "first_response", "goal_seconds": 2 * HOUR}
    messages = [
        {
            "message_id": f"m-{ticket['ticket_id']}",
            "ticket_id": ticket["ticket_id"],
            "sent_at": ticket["created_at"],
            "direction": "incoming",
            "author_type": "customer",
        }
        for ticket in tickets
    ]
    return {
        "tickets": tickets,
        "statuses": DESK["statuses"],
        "messages": messages,
        "sla_policies": [{"policy_id": "p", "rank": 1, "name": "All"}],
        "sla_targets": [target | {"due_soon_seconds": HOUR}],
    }


@dataclass
class Alerted:
    """A build of the present that sends alerts, and two builds of it that have failed."""

    paths: OutputPaths
    due: str
    posted: list[dict[str, Any]]
    built: CompletedProcess[str]
    failed: CompletedProcess[str]
    replayed: CompletedProcess[str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Alerted:
    folder = tmp_path_factory.mktemp("clocks")
    now = datetime.now(UTC).replace(microsecond=0)
    landing = write_desk(folder / "landing", desk_with_clocks(now))
    config = folder / "helpdesk.yml"
    config.write_text("alerts: {webhook_env: HOOK}\n")
    arguments = ["--landing", landing, "--output", folder / "output", "--config", config]
    with web_server() as web, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK", f"{web.url}/s3cr3t")
        built = run_helpdesk("build", *arguments)
        (landing / "statuses.jsonl").unlink()
        failed = run_helpdesk("build", *arguments, check=False)
        replayed = run_helpdesk("build", *arguments, "--as-of", AS_OF, check=False)
    due = f"{now + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    posted = [json.loads(body) for _, body in web.posted]
    return Alerted(OutputPaths(folder / "output"), due, posted, built, failed, replayed)


@pytest.fixture
def served(desk: Alerted, tmp_path: Path) -> OutputPaths:
    """A copy of the published file, for changes."""
    paths = OutputPaths(tmp_path / "served")
    paths.work.mkdir(parents=True)
    shutil.copy(desk.paths.published, paths.published)
    return paths


def more_due_soon(paths: OutputPaths, count: int) -> None:
    """Add more clocks that are due soon, as in the next build."""
    with duckdb.connect(paths.published) as connection:
        connection.execute(
            """insert into marts.fct_sla_clocks
            select * exclude (n) replace ('generic:' || n as ticket_key)
            from marts.fct_sla_clocks, range(?) as numbers(n)
            where status = 'due_soon' and ticket_key = 'generic:soon'""",
            [count],
        )


def test_clocks_of_excluded_tickets_are_left_out(desk: Alerted) -> None:
    [clock] = clocks_due_soon(desk.paths.published)
    assert (clock.ticket_key, clock.metric) == ("generic:soon", "first_response")
    assert clock.due == desk.due


def test_a_clock_is_alerted_once(
    desk: Alerted, served: OutputPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = Alerts(webhook_env="HOOK")
    with web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        first = send_due_soon_alerts(served, alerts, pytest.fail)
        second = send_due_soon_alerts(served, alerts, pytest.fail)
        more_due_soon(served, LISTED + 5)
        third = send_due_soon_alerts(served, alerts, pytest.fail)
    assert (first.due_soon, first.new) == (1, 1)
    assert (second.due_soon, second.new) == (1, 0)
    assert (third.due_soon, third.new) == (LISTED + 6, LISTED + 5)
    one, many = (json.loads(body) for _, body in web.posted)
    assert one["event"] == "sla_due_soon"
    assert one["text"] == (
        "1 SLA clock is about to breach: first_response 1\n"
        f"generic:soon: first_response due {desk.due}"
    )
    assert many["count"] == LISTED + 5
    assert len(many["clocks"]) == LISTED
    assert many["text"].endswith("and 5 more")


def test_only_a_channel_that_failed_gets_the_alert_again(
    served: OutputPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "alerts.jsonl"
    alerts = Alerts(webhook_env="HOOK", command=("sh", "-c", f"cat >>{file}; echo >>{file}"))
    warnings: list[str] = []
    with web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        web.status = 503
        failed = send_due_soon_alerts(served, alerts, warnings.append)
        web.status = 200
        better = send_due_soon_alerts(served, alerts, warnings.append)
    assert (failed.failed, better.failed) == (("webhook",), ())
    # Twice in the round that failed, once in the next.
    assert len(web.posted) == 3
    assert len(file.read_text().splitlines()) == 1
    assert warnings == ["the alert was not sent by webhook: the server answered 503 (2 attempts)"]


def test_an_unreadable_state_file_is_reported_and_written_again(
    served: OutputPaths, tmp_path: Path
) -> None:
    (served.work / "alerted.json").write_text("[")
    warnings: list[str] = []
    alerts = Alerts(command=("true",))
    assert send_due_soon_alerts(served, alerts, warnings.append).new == 1
    assert "alerts of all clocks due soon are sent again" in warnings[0]
    assert send_due_soon_alerts(served, alerts, pytest.fail).new == 0


def test_builds_alert_of_clocks_and_of_their_own_failure(desk: Alerted) -> None:
    assert (desk.failed.returncode, desk.replayed.returncode) == (3, 3)
    due_soon, run_failed = desk.posted
    assert [clock["ticket_key"] for clock in due_soon["clocks"]] == ["generic:soon"]
    assert "table statuses is missing; add" in run_failed["text"]
    for done in (desk.built, desk.failed, desk.replayed):
        assert "s3cr3t" not in done.stdout + done.stderr
    logs = [path.read_text() for path in desk.paths.root.rglob("*.log*")]
    assert logs
    assert not any("s3cr3t" in log or "HOOK" in log for log in logs)
