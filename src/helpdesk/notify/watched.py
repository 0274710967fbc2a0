"""Alerts on measures: what the settings name, and what it is in the published build."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpdesk.core.errors import ConfigError
from helpdesk.core.notices import MeasureAlert
from helpdesk.core.settings import Goal
from helpdesk.core.yaml_files import line_of
from helpdesk.dashboards.goals import EXAMPLES, amount_of, goals_by_report
from helpdesk.mcp.opened import Opened
from helpdesk.notify.opened import MOST_ROWS, filters_of, period_of, rows_of, teams_of
from helpdesk.notify.usual import DAYS, unusual_day
from helpdesk.reports.catalogue import Measure
from helpdesk.reports.checks import nearest
from helpdesk.reports.definition import shown_as
from helpdesk.reports.errors import ReportError
from helpdesk.reports.report import SavedReport

YESTERDAY, TODAY = "yesterday", "today"
# The last whole period of a goal for a sum.
WHOLE = {"day": YESTERDAY, "week": "last_week", "month": "last_month", "quarter": "last_quarter",
         "year": "last_year"}  # fmt: skip


class SettingError(Exception):
    """A wrong value of an entry of the settings, under its key."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


@dataclass(frozen=True)
class Watched:
    """An alert with its names looked up. `limit` is in the measure's unit: seconds, a share of 1.

    `condition` is above, below or unusual: a goal becomes one of the first two.
    """

    alert: MeasureAlert
    key: str
    measure: Measure
    called: str
    report: SavedReport | None
    team: str
    period: str
    condition: str
    limit: float | None

    @property
    def format(self) -> str:
        """The format of its values."""
        return shown_as(self.measure.format, self.measure.sum)


@dataclass(frozen=True)
class Finding:
    """An alert in a build. `is_on` is None where there are too few rows for a figure."""

    watched: Watched
    since: date
    until: date
    value: float | None
    n: float | None
    is_on: bool | None
    usual: float | None = None
    score: float | None = None
    filters: tuple[Mapping[str, Any], ...] = ()


def key_of(alert: MeasureAlert) -> str:
    """The identity of an alert: without its limit, which may be corrected while it is on."""
    said = alert.model_dump(mode="json", exclude={"name", "above", "below", "least_n"})
    kind = next(name for name in ("above", "below", "goal", "unusual") if getattr(alert, name))
    text = json.dumps([said, kind], sort_keys=True)
    head = "_".join(filter(None, (alert.report or alert.source, alert.measure))).lower()
    return f"{head} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def keys_of(alerts: Iterable[MeasureAlert]) -> list[str]:
    """The keys of alerts; a second one with the same key has a number."""
    found: list[str] = []
    for alert in alerts:
        key = key_of(alert)
        same = sum(one.partition("#")[0] == key for one in found)
        found.append(f"{key}#{same + 1}" if same else key)
    return found


def located(config: Path | None, place: tuple[str | int, ...], problem: str) -> ConfigError:
    """The error of a setting, with the line to change."""
    name = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)[1:]
    if config is None:
        return ConfigError(f"{name}: {problem}")
    return ConfigError(f"{config}:{line_of(config, place)}: {name}: {problem}")


def watched_of(build: Opened, alert: MeasureAlert, key: str, goals: Iterable[Goal]) -> Watched:
    """The alert with its names looked up. Raises SettingError for a name or value that is wrong."""
    report, measure, called = _measure(build, alert)
    level = (report.source if report else build.catalogue.sources[alert.source]).is_point_in_time
    team = _team(build, alert.team)
    period = alert.period or (TODAY if level else YESTERDAY)
    if alert.unusual:
        if level:
            raise SettingError("unusual", f"{called} is a level, and insights have no usual range "
                               "of levels: write `above: ...` or `below: ...`")  # fmt: skip
        if not measure.sum or measure.base_metric:
            raise SettingError("unusual", f"{called} is a median or percentile: name its average")
        return Watched(alert, key, measure, called, report, team, YESTERDAY, "unusual", None)
    if alert.goal:
        assert report
        goal = _goal(build, report, called, team, goals)
        period = WHOLE[goal["per"]] if goal["per"] else period
        condition = "below" if goal["is_least"] else "above"
        return Watched(
            alert, key, measure, called, report, team, period, condition, float(goal["value"])
        )
    condition = "above" if alert.above else "below"
    text = getattr(alert, condition)
    limit = amount_of(text, measure.format)
    if limit is None:
        raise SettingError(
            condition,
            f"found {text!r}, which is not a value of {called}; write a line such as "
            f"`{condition}: {EXAMPLES[measure.format].partition(',')[0]}`",
        )
    return Watched(alert, key, measure, called, report, team, period, condition, limit)


def _measure(build: Opened, alert: MeasureAlert) -> tuple[SavedReport | None, Measure, str]:
    if alert.report:
        try:
            report = build.report(alert.report)
        except ReportError as error:
            raise SettingError("report", str(error).removeprefix("report: ")) from error
        known = {one.called: one for one in report.measures}
        by_name = {one.name: one for one in report.measures}
        wanted = alert.measure or report.measures[0].called
        measure = known.get(wanted) or by_name.get(wanted)
        measure = measure or report.source.measures.get(wanted)
        if measure is None:
            raise SettingError("measure", f"{report.id} has no {wanted!r}{nearest(wanted, known)}")
        return report, build.catalogue.sources[measure.source].measures[measure.name], wanted
    if alert.source not in build.catalogue.primary:
        hint = nearest(alert.source, build.catalogue.primary)
        raise SettingError("source", f"there is no {alert.source!r}{hint}")
    source = build.catalogue.sources[alert.source]
    if alert.measure not in source.measures:
        hint = nearest(alert.measure, source.measures)
        raise SettingError("measure", f"{source.name} has no {alert.measure!r}{hint}")
    return None, source.measures[alert.measure], alert.measure


def _team(build: Opened, name: str) -> str:
    if not name:
        return ""
    teams = teams_of(build)
    for key, known in zip(teams["keys"], teams["names"], strict=True):
        if name in (key, known):
            return key
    raise SettingError("team", f"the data has no team {name!r}{nearest(name, teams['names'])}")


def goal_of(
    build: Opened, report: SavedReport, called: str, team: str, goals: Iterable[Goal]
) -> dict[str, Any] | None:
    """The goal of a measure that applies at as_of: the team's own, else that of the desk.

    Raises ConfigError for a goal that no report can have.
    """
    found = goals_by_report(goals, build.definitions.pages, teams_of(build), lambda _: None)
    day = build.build.calendar.as_of.isoformat()
    listed = [
        one for one in found.get(report.id.lower(), ())
        if one["measure"] == called and one["from"] <= day
    ]  # fmt: skip
    own = [one for one in listed if team and one["team"] == team]
    listed = own or [one for one in listed if one["team"] is None]
    return max(listed, key=lambda one: one["from"]) if listed else None


def _goal(
    build: Opened, report: SavedReport, called: str, team: str, goals: Iterable[Goal]
) -> dict[str, Any]:
    name = next((one.called for one in report.measures if called in (one.called, one.name)), called)
    try:
        found = goal_of(build, report, name, team, goals)
    except ConfigError as error:
        raise SettingError("goal", str(error)) from error
    if found is None:
        raise SettingError(
            "goal",
            f"the settings have no goal for {name} of {report.id}: add one, such as "
            f"`goals: [{{report: {report.id}, measure: {name}, at_most: ...}}]`",
        )
    return found


def found_in(build: Opened, watched: Watched) -> Finding:
    """The figure of an alert in a build, and whether the alert is on. Raises SettingError."""
    try:
        if watched.condition == "unusual":
            return _unusual(build, watched)
        return _compared(build, watched)
    except ReportError as error:
        raise SettingError("filters", str(error)) from error


def _asked(watched: Watched, measures: Iterable[str | None]) -> dict[str, Any]:
    alert = watched.alert
    of = {"report": watched.report.name} if watched.report else {"source": alert.source}
    return of | {
        "measures": list(dict.fromkeys(one for one in measures if one)),
        "filters": filters_of(alert.filters, watched.team),
    }


def _compared(build: Opened, watched: Watched) -> Finding:
    measure, period = watched.measure, period_of(build, watched.period)
    since, until = period["start"], period["end"]
    base = watched.measure.base_metric
    of = build.catalogue.sources[measure.source].measures[base] if base else measure
    answer = rows_of(
        build,
        **_asked(watched, (of.name, of.denominator)),
        since=since.isoformat(),
        until=until.isoformat(),
    )
    row = answer["rows"][0] if answer["rows"] else {}
    value = row.get(measure.name)
    n = row.get(of.denominator) if of.denominator else None
    few = n is not None and n < watched.alert.least_n
    is_on = None
    if value is not None and not few and not _unknown(build, watched):
        assert watched.limit is not None
        is_on = value > watched.limit if watched.condition == "above" else value < watched.limit
    shown = _own_filters(watched, answer)
    return Finding(watched, since, until, value, n, is_on, filters=shown)


def _unknown(build: Opened, watched: Watched) -> bool:
    """Whether the data lacks a table that the figure needs: its 0 is not known to be one."""
    source = build.catalogue.sources[watched.measure.source]
    return bool(build.missing({*source.requires, *watched.measure.requires}))


def _unusual(build: Opened, watched: Watched) -> Finding:
    measure = watched.measure
    day = period_of(build, YESTERDAY)["end"]
    since = date.fromordinal(day.toordinal() - DAYS + 1)
    answer = rows_of(
        build,
        **_asked(watched, (measure.sum, measure.minus, measure.denominator)),
        since=since.isoformat(),
        until=day.isoformat(),
        by=["date"],
        grain="day",
        limit=MOST_ROWS,
    )
    amounts: dict[int, float] = {}
    of: dict[int, float] | None = {} if measure.denominator else None
    for row in answer["rows"]:
        number = (day - row["date"]).days
        less = (row.get(measure.minus) or 0) if measure.minus else 0
        amounts[number] = float((row.get(measure.sum) or 0) - less)
        if of is not None:
            of[number] = float(row.get(measure.denominator) or 0)
    found = unusual_day(amounts, of, measure.format)
    shown = _own_filters(watched, answer)
    if found is None or _unknown(build, watched):
        return Finding(watched, day, day, None, None, None, filters=shown)
    return Finding(
        watched, day, day, found.value, found.n, found.is_unusual, found.usual, found.score, shown
    )


def _own_filters(watched: Watched, answer: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The filters of the alert: those of its report are in the report's name."""
    return tuple(answer["filters"][len(watched.report.filters) if watched.report else 0 :])


def in_words(shown: Mapping[str, Any]) -> tuple[str, str]:
    """Label and values of a filter, of which one is enough."""
    if "any" in shown:
        parts = [in_words(one) for one in shown["any"]]
        return parts[0][0], " / ".join(values for _, values in parts)
    names = shown.get("names", {})
    values = ", ".join(str(names.get(str(one), one)) for one in shown["values"])
    sign = {"is": "", "is_not": "≠ ", "at_least": "≥ ", "at_most": "≤ "}.get(
        shown["comparison"], f"{shown['comparison']} "
    )
    return shown["label"], f"{sign}{values}"
