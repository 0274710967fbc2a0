"""A month of builds, one a day: the alerts that arrived are those that should have, and no other.

The builds are copies of one real build with an earlier as_of. That is the same for figures of dates
that are over, and a test compares one of them with a real build of its day. A web server on this
machine takes the alerts. What should arrive is computed by plain Python from the rows that land.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings, load_settings
from helpdesk.notify.measures import Round, send_measure_alerts
from tests.notify import month
from tests.notify.conftest import built
from tests.notify.month import as_of, created_on, end_of, mean_wait, open_at
from tests.orchestration.receivers import Web, web_server

HOUR = 3600
SETTINGS = {
    "serve": {"url": "https://desk.example.org"},
    "goals": [
        {"report": "R3", "at_most": "2h"},
        {"report": "R3", "at_most": "8h", "team": "South"},
    ],
    "alerts": {
        "webhook_env": "MONTH_HOOK",
        "measures": [
            {"name": "burst", "report": "R1", "unusual": True},
            {"name": "slow", "report": "R3", "above": "4h"},
            {"name": "goal", "report": "R3", "goal": True},
            {"name": "south", "report": "R3", "goal": True, "team": "South"},
            {"name": "backlog", "report": "A7", "above": 50, "period": "yesterday"},
            {"name": "north", "source": "tickets", "measure": "average_first_response",
             "above": "2h", "filters": {"team.is": month.TEAMS["t1"]}},
            {"name": "quiet", "report": "R1", "below": 5},
            {"name": "few", "report": "R3", "above": "1h", "least_n": 1000},
        ],
    },
}  # fmt: skip
# The day on which the receiver is down, in the middle of an alert.
DOWN = month.SLOW[1]


@dataclass
class Month:
    """What arrived on each day, the round of each, and those of a repetition of it."""

    arrived: dict[date, list[tuple[str, str]]] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    rounds: dict[date, Round] = field(default_factory=dict)
    again: list[Round] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def on_by_hand(rows: list[month.Ticket], day: date) -> dict[str, bool]:
    """Which alerts are on in the build of a day."""
    yesterday, at = day - timedelta(days=1), as_of(day)
    whole = mean_wait(rows, yesterday, at) or 0
    return {
        # All other days have 18 to 22 tickets, which is within any usual range.
        "burst": created_on(rows, yesterday) > 50,
        "slow": whole > 4 * HOUR,
        "goal": whole > 2 * HOUR,
        "south": (mean_wait(rows, yesterday, at, "t2") or 0) > 8 * HOUR,
        "backlog": open_at(rows, end_of(yesterday)) > 50,
        "north": (mean_wait(rows, yesterday, at, "t1") or 0) > 2 * HOUR,
        "quiet": created_on(rows, yesterday) < 5,
        "few": False,
    }


@pytest.fixture(scope="module")
def config(landing: Path) -> Path:
    config = landing.parent / "helpdesk.yml"
    config.write_text(yaml.safe_dump(SETTINGS))
    return config


def publish_as_of(last: OutputPaths, output: Path, day: date) -> OutputPaths:
    """Publish a copy of the last build as that of a day."""
    paths = OutputPaths(output)
    folder = paths.builds / f"{day:%Y%m%d}"
    folder.mkdir(parents=True)
    file = folder / "helpdesk.duckdb"
    shutil.copy(last.published.resolve(), file)
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute(
            "update marts.build_log set as_of = ?, as_of_date = ?",
            [as_of(day).replace(tzinfo=None), day],
        )
    paths.current.unlink(missing_ok=True)
    paths.current.symlink_to(folder)
    if not paths.published.is_symlink():
        paths.published.symlink_to(paths.current / "helpdesk.duckdb")
    return paths


@pytest.fixture(scope="module")
def played(last: OutputPaths, config: Path) -> Iterator[Month]:
    settings = load_settings(config)
    played = Month()
    with pytest.MonkeyPatch.context() as patch, web_server() as web:
        patch.setenv("MONTH_HOOK", web.url)
        for day in month.days():
            paths = publish_as_of(last, config.parent / "month", day)
            web.status = 404 if day == DOWN else 200
            _play(played, paths, settings, config, web, day)
        yield played


def _play(
    played: Month, paths: OutputPaths, settings: Settings, config: Path, web: Web, day: date
) -> None:
    web.posted.clear()
    played.rounds[day] = send_measure_alerts(paths, settings, config, played.warnings.append)
    bodies = [json.loads(body) for _, body in web.posted]
    if web.status == 200:
        played.arrived[day] = [(one["event"], one["name"]) for one in bodies]
        played.bodies += bodies
        # The program starts again, or the same build is published again.
        web.posted.clear()
        again = send_measure_alerts(paths, settings, config, played.warnings.append)
        played.again.append(again)
        assert web.posted == []


def test_a_copy_is_the_build_of_its_day(
    landing: Path, config: Path, played: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real build of a day on which three alerts are on has the same ones on."""
    day = month.SLOW[2]
    paths = built(landing, landing.parent / "real", day)
    settings = load_settings(config)
    with web_server() as web:
        monkeypatch.setenv("MONTH_HOOK", web.url)
        found = send_measure_alerts(paths, settings, config, lambda line: None)
        bodies = [json.loads(body) for _, body in web.posted]
    assert len(found.on) == 3
    assert found.on == played.rounds[day].on
    values = {one["name"]: one["value"] for one in played.bodies
              if one["event"] == "measure_alert"}  # fmt: skip
    # The copy said them on the same day, because the channel was down before.
    assert {one["name"]: one["value"] for one in bodies} == {
        one["name"]: values[one["name"]] for one in bodies
    }


def test_the_alerts_that_came_are_those_that_should_have(
    rows: list[month.Ticket], played: Month
) -> None:
    known: set[str] = set()
    expected = {}
    for day in month.days():
        on = {name for name, is_on in on_by_hand(rows, day).items() if is_on}
        if day == DOWN:
            continue
        expected[day] = sorted(
            [("measure_alert", name) for name in on - known]
            + [("measure_alert_over", name) for name in known - on]
        )
        known = on
    assert {day: sorted(found) for day, found in played.arrived.items()} == expected
    begun = [name for found in expected.values() for event, name in found
             if event == "measure_alert"]  # fmt: skip
    assert sorted(begun) == ["backlog", "burst", "goal", "slow", "south"]


def test_each_build_has_the_alerts_of_its_day_on(rows: list[month.Ticket], played: Month) -> None:
    for day, found in played.rounds.items():
        assert len(found.on) == sum(on_by_hand(rows, day).values()), day
        assert not found.problems


def test_a_repetition_of_a_build_sends_nothing(played: Month) -> None:
    assert len(played.again) == len(month.days()) - 1
    assert all(not one.sent and not one.failed for one in played.again)


def test_a_failed_channel_gets_the_alert_at_the_next_build(played: Month) -> None:
    """The receiver is down on the day on which the answers of the 16th are measured."""
    assert played.rounds[DOWN].failed == ("webhook",)
    assert not played.rounds[DOWN].sent
    assert ("measure_alert", "slow") in played.arrived[DOWN + timedelta(days=1)]
    assert any("not sent by webhook: the server answered 404" in one for one in played.warnings)


def test_a_message_has_its_figures_and_a_link(rows: list[month.Ticket], played: Month) -> None:
    (burst,) = (one for one in played.bodies
                if (one["event"], one["name"]) == ("measure_alert", "burst"))  # fmt: skip
    assert burst["value"] == created_on(rows, month.BURST)
    assert burst["usual"] == pytest.approx(20, abs=2)
    assert "is usual for a Wednesday" in burst["text"]
    assert "https://desk.example.org/report/r1?period=custom&start=2026-06-10" in burst["text"]
    (south,) = (one for one in played.bodies
                if (one["event"], one["name"]) == ("measure_alert", "south"))  # fmt: skip
    assert south["limit"] == 8 * HOUR
    assert south["value"] > 8 * HOUR
    assert "Team: South" in south["text"]
    (over,) = (one for one in played.bodies
               if (one["event"], one["name"]) == ("measure_alert_over", "backlog"))  # fmt: skip
    assert over["value"] <= 50
    assert over["text"].startswith("backlog: over; ")
