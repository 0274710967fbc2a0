"""What alerts say: a failed run, and SLA clocks about to breach, which are told once each."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from helpdesk import sql
from helpdesk.paths import OutputPaths
from helpdesk.settings import Alerts
from orchestration.channels import Alert, Warn, channels, told

LISTED = 20


def failure_alert(
    job: str, output: str, failures: list[str], failed_checks: list[str], run_id: str = ""
) -> Alert:
    """The alert of a failed run. `failures` and `failed_checks` must hold no rows of the feed."""
    lines = [f"check failed: {line}" for line in failed_checks[:LISTED]] + failures[:LISTED]
    if run_id:
        lines.append(f"run {run_id}")
    return Alert(
        "run_failed",
        f"help-desk warehouse: {job} failed",
        (*lines, f"Readers of {output} still see the last build that passed."),
        {
            "job": job,
            "output": output,
            "run_id": run_id,
            "failures": failures,
            "failed_checks": failed_checks,
        },
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
class Told:
    """What became of a round of alerts: clocks due soon, those newly so, channels that failed."""

    due_soon: int
    new: int
    failed: tuple[str, ...]


def tell_due_soon(paths: OutputPaths, alerts: Alerts, warn: Warn) -> Told:
    """Tell each channel of the published clocks that are due soon and that it was not told of.

    What was told is kept by channel in `.work/alerted.json`, so that a channel that failed is told
    the next time and the others are not told twice. Hold the output folder's lock.
    """
    clocks = clocks_due_soon(paths.published)
    before = _read_told(paths, warn)
    after: dict[str, list[str]] = {}
    new_keys: set[str] = set()
    failed = []
    for name, tell in channels(alerts).items():
        known = set(before.get(name, ()))
        new = [clock for clock in clocks if clock.key not in known]
        new_keys |= {clock.key for clock in new}
        if new and not told(name, tell, _due_soon_alert(new), warn):
            failed.append(name)
            after[name] = [clock.key for clock in clocks if clock.key in known]
        else:
            after[name] = [clock.key for clock in clocks]
    _write_told(paths, after)
    return Told(len(clocks), len(new_keys), tuple(failed))


def clocks_due_soon(published: Path) -> list[DueSoon]:
    """The clocks of tickets that count and are due soon, the earliest first."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.text(published)} as desk (read_only)")
        rows = connection.execute(
            """select ticket_key, metric, occurrence, due_at from desk.marts.fct_sla_clocks
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


def _told_file(paths: OutputPaths) -> Path:
    return paths.work / "alerted.json"


def _read_told(paths: OutputPaths, warn: Warn) -> dict[str, list[str]]:
    try:
        told = json.loads(_told_file(paths).read_text())
        return {str(name): [str(key) for key in keys] for name, keys in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError):
        warn(f"{_told_file(paths)}: cannot be read; every clock due soon is told again")
        return {}


def _write_told(paths: OutputPaths, told: dict[str, list[str]]) -> None:
    beside = _told_file(paths).with_suffix(".new")
    beside.write_text(json.dumps(told))
    beside.rename(_told_file(paths))
