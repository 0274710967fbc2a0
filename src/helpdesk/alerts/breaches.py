"""The texts of alerts: a failed run, and SLA clocks about to breach, each of them sent once."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from helpdesk.alerts.channels import Alert, Warn, channels, send
from helpdesk.core import sql
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Alerts

LISTED = 20


def failure_alert(
    job: str, output: str, failures: list[str], failed_checks: list[str], run_id: str = ""
) -> Alert:
    """The alert of a failed run. `failures` and `failed_checks` must contain no data of rows."""
    lines = [f"check failed: {line}" for line in failed_checks[:LISTED]] + failures[:LISTED]
    if run_id:
        lines.append(f"run {run_id}")
    return Alert(
        "run_failed",
        f"help-desk warehouse: {job} failed",
        (*lines, f"{output} still serves the last build that passed."),
        {
            "job": job,
            "output": output,
            "run_id": run_id,
            "failures": failures,
            "failed_checks": failed_checks,
        },
    )


def sample_alert() -> Alert:
    """The alert that `helpdesk alerts test` sends."""
    return Alert(
        "test",
        "help-desk warehouse: a test of this alert channel",
        ("No action is needed. Alerts of failed builds and of SLA clocks will arrive here.",),
    )


@dataclass(frozen=True)
class DueSoon:
    """A running SLA clock that is about to breach. `due_at` is UTC."""

    ticket_key: str
    metric: str
    occurrence: int
    due_at: datetime | None

    @property
    def key(self) -> str:
        return f"{self.ticket_key} {self.metric} {self.occurrence}"

    @property
    def due(self) -> str:
        return f"{self.due_at:%Y-%m-%dT%H:%M:%SZ}" if self.due_at else ""


@dataclass(frozen=True)
class SentAlerts:
    """The result of a round of alerts: clocks due soon, the new ones, channels that failed."""

    due_soon: int
    new: int
    failed: tuple[str, ...]


def send_due_soon_alerts(paths: OutputPaths, alerts: Alerts, warn: Warn) -> SentAlerts:
    """Alert each channel of the published clocks that are due soon, if it has not had them yet.

    `.work/alerted.json` keeps the clocks that each channel has had: a channel that failed gets them
    next time, and the others do not get them twice. The caller holds the output folder's lock.
    """
    clocks = clocks_due_soon(paths.published)
    before = _read_alerted(paths, warn)
    after: dict[str, list[str]] = {}
    new_keys: set[str] = set()
    failed = []
    for name, channel in channels(alerts).items():
        # In version 0.1 mail to several recipients was one channel, `mail`.
        known = set(before.get(name, before.get(name.partition(" to ")[0], ())))
        new = [clock for clock in clocks if clock.key not in known]
        new_keys |= {clock.key for clock in new}
        if new and not send(name, channel, _due_soon_alert(new), warn):
            failed.append(name)
            after[name] = [clock.key for clock in clocks if clock.key in known]
        else:
            after[name] = [clock.key for clock in clocks]
    _write_alerted(paths, after)
    return SentAlerts(len(clocks), len(new_keys), tuple(failed))


def clocks_due_soon(published: Path) -> list[DueSoon]:
    """The clocks that are due soon, the earliest first, without those of excluded tickets."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.text(published)} as published (read_only)")
        rows = connection.execute(
            """select ticket_key, metric, occurrence, due_at from published.marts.fct_sla_clocks
            where status = 'due_soon' and not is_excluded
            order by due_at nulls last, ticket_key, metric, occurrence"""
        ).fetchall()
    return [DueSoon(*row) for row in rows]


def _due_soon_alert(clocks: list[DueSoon]) -> Alert:
    by_metric = dict(sorted(Counter(clock.metric for clock in clocks).items()))
    counts = ", ".join(f"{metric} {count}" for metric, count in by_metric.items())
    listed = clocks[:LISTED]
    lines = [f"{clock.ticket_key}: {clock.metric} due {clock.due or 'unknown'}" for clock in listed]
    if len(clocks) > LISTED:
        lines.append(f"and {len(clocks) - LISTED} more")
    noun = "SLA clock is" if len(clocks) == 1 else "SLA clocks are"
    return Alert(
        "sla_due_soon",
        f"{len(clocks)} {noun} about to breach: {counts}",
        tuple(lines),
        {
            "count": len(clocks),
            "by_metric": by_metric,
            "clocks": [
                {"ticket_key": clock.ticket_key, "metric": clock.metric, "due_at": clock.due}
                for clock in listed
            ],
        },
    )


def _alerted_file(paths: OutputPaths) -> Path:
    return paths.work / "alerted.json"


def _read_alerted(paths: OutputPaths, warn: Warn) -> dict[str, list[str]]:
    try:
        alerted = json.loads(_alerted_file(paths).read_text())
        return {str(name): [str(key) for key in keys] for name, keys in alerted.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError):
        warn(
            f"{_alerted_file(paths)}: cannot be read; alerts of all clocks due soon are sent again"
        )
        return {}


def _write_alerted(paths: OutputPaths, alerted: dict[str, list[str]]) -> None:
    new_file = _alerted_file(paths).with_suffix(".new")
    new_file.write_text(json.dumps(alerted))
    new_file.rename(_alerted_file(paths))
