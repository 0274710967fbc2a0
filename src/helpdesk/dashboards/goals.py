"""The goals of the settings for `desk.json`: checked against the reports, in numbers."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from helpdesk.core.errors import ConfigError, near
from helpdesk.core.settings import Goal
from helpdesk.dashboards.definitions import Definitions, Measure, Report

SECONDS = {"d": 86400, "h": 3600, "m": 60, "min": 60, "s": 1}
# How the values of each format are written.
EXAMPLES = {
    "duration": "4h, or 1d 12h 30m",
    "percent": "90%",
    "points": "40",
    "count": "50",
    "decimal": "4.5",
}


def goals_by_report(
    goals: Iterable[Goal],
    definitions: Definitions,
    teams: Mapping[str, list[Any]],
    report: Callable[[str], None],
) -> dict[str, list[dict[str, Any]]]:
    """The goals of each report by its slug.

    `teams` has keys and names, as `desk.json` lists them. A goal of a team that is not in the data
    is reported and left out: teams come and go. Raises ConfigError for a goal that no report can
    have.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for goal in goals:
        of = _report(goal, definitions)
        measure = _measure(goal, of)
        key = _team(goal.team, teams) if goal.team else None
        if goal.team and key is None:
            report(
                f"goals: the data has no team {goal.team!r}, so its goal for {of.id} is not shown"
            )
            continue
        found.setdefault(of.slug, []).append(
            {
                "measure": measure.name,
                "value": _number(goal, measure),
                "is_least": bool(goal.at_least),
                "per": goal.per,
                "from": goal.since.isoformat(),
                "team": key,
            }
        )
    return found


def _report(goal: Goal, definitions: Definitions) -> Report:
    for one in definitions.reports:
        if goal.report.lower() in (one.id.lower(), one.relation.name.removeprefix("rpt_")):
            break
    else:
        hint = near(goal.report, [report.id for report in definitions.reports])
        raise ConfigError(f"goals: {goal.report!r} is not a report of the pages{hint}")
    if not one.is_one_line:
        raise ConfigError(
            f"goals: {one.id} shows members side by side, and a goal needs one value for each date"
        )
    return one


def _measure(goal: Goal, report: Report) -> Measure:
    measures = {measure.name: measure for measure in report.measures}
    measure = measures.get(goal.measure or report.measures[0].name)
    if measure is None:
        hint = f"its measures are {', '.join(measures)}{near(goal.measure, measures)}"
        raise ConfigError(f"goals: {report.id} has no measure {goal.measure!r}; {hint}")
    is_sum = not measure.denominator and not report.is_point_in_time
    if is_sum and goal.per is None:
        raise ConfigError(
            f"goals: {report.id}: {measure.name} is a sum, which grows with the period: add "
            "`per: day`, week, month, quarter or year"
        )
    if not is_sum and goal.per:
        raise ConfigError(
            f"goals: {report.id}: {measure.name} is not a sum: delete `per: {goal.per}`"
        )
    return measure


def _team(name: str, teams: Mapping[str, list[Any]]) -> str | None:
    for key, known in zip(teams.get("keys", ()), teams.get("names", ()), strict=True):
        if name in (known, key):
            return str(key)
    return None


def _number(goal: Goal, measure: Measure) -> float:
    """The bound in the measure's unit: seconds, or a share of 1."""
    text = (goal.at_least or goal.at_most).strip()
    found = amount_of(text, measure.format)
    if found is None:
        raise ConfigError(
            f"goals: {goal.report}: {text!r} is not a value of {measure.name}; write one such as "
            f"{EXAMPLES[measure.format]}"
        )
    return found


def amount_of(text: str, format: str) -> float | None:
    """A text such as 4h, 90% or 4.5 in the unit of a format: seconds, or a share of 1."""
    text = text.strip()
    if format == "duration":
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*", text)
        if parts and re.fullmatch(r"(\d+(\.\d+)?\s*(d|h|min|m|s)\s*)+", text):
            return sum(float(number) * SECONDS[unit] for number, unit in parts)
    elif re.fullmatch(r"-?\d+(\.\d+)?\s*%?", text) and (
        text.endswith("%") == (format == "percent")
    ):
        number = float(text.rstrip("% "))
        return number / 100 if format in ("percent", "points") else number
    return None
