"""Sends alerts on measures: once when one begins, once when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.alerts.channels import Alert, Warn, channels, send
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.mcp.opened import Opened
from helpdesk.notify.links import page_of_finding
from helpdesk.notify.opened import opened
from helpdesk.notify.state import Sent
from helpdesk.notify.texts import Language, inert
from helpdesk.notify.watched import (
    Finding,
    SettingError,
    found_in,
    in_words,
    keys_of,
    located,
    watched_of,
)
from helpdesk.reports.answers import json_value
from helpdesk.reports.errors import ReportError
from helpdesk.serve.guard import Refusal

FILE = "measure_alerts.json"
LOST = "alerts on measures that are on are sent again"
BEGINS, OVER = "measure_alert", "measure_alert_over"


@dataclass(frozen=True)
class Round:
    """The result of a round: the alerts that are on, those sent by channel, and what failed.

    `sent` are event, alert and channel of each message; `failed` channels get it next time.
    `problems` are errors of the settings.
    """

    on: tuple[str, ...] = ()
    sent: tuple[tuple[str, str, str], ...] = ()
    failed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rehearsed:
    """An alert of the settings in a build: its figure in words, or the error of the setting."""

    name: str
    is_on: bool | None
    text: str
    is_wrong: bool = False


def send_measure_alerts(
    paths: OutputPaths, settings: Settings, config: Path | None, warn: Warn
) -> Round:
    """Compare each alert with the published build, and send what begins and what is over.

    `.work/measure_alerts.json` keeps the alerts that each channel has been sent, with the build of
    each. A channel that fails gets its message in the next round, if the alert is still on. The
    caller holds the lock of the output folder.
    """
    sent = Sent(paths.work / FILE, warn, LOST)
    alerts = settings.alerts.measures
    keys = keys_of(alerts)
    sent.keep_only(set(keys))
    language = Language(settings.language)
    found, problems = _found(paths, settings, config)
    said: list[tuple[str, str, str]] = []
    failed: dict[str, None] = {}
    for problem in problems:
        warn(problem)
    for key, finding, link, build in found:
        for name, channel in channels(settings.alerts).items():
            is_known = name in sent.of(key)
            if finding.is_on is None or finding.is_on == is_known:
                continue
            alert = message(finding, language, link, build)
            if not send(name, channel, alert, warn):
                failed[name] = None
                continue
            said.append((alert.event, key, name))
            if finding.is_on:
                sent.put(key, name, build)
            else:
                sent.forget(key, name)
    on = tuple(key for key, finding, *_ in found if finding.is_on)
    return Round(on, tuple(said), tuple(failed), tuple(problems))


def rehearse(paths: OutputPaths, settings: Settings, config: Path | None) -> list[Rehearsed]:
    """Each alert of the settings in the published build. Sends nothing, and keeps nothing."""
    language = Language(settings.language)
    listed = []
    with opened(paths, settings) as build:
        for number, finding in _findings(build, settings, config):
            name = settings.alerts.measures[number].name
            if isinstance(finding, HelpdeskError):
                listed.append(
                    Rehearsed(name or f"alerts.measures[{number}]", None, str(finding), True)
                )
                continue
            alert = message(finding, language, page_of_finding(build, settings.serve.url, finding))
            subject = alert.subject if finding.is_on else _figure(finding, language)
            text = "\n".join((subject, *alert.lines))
            listed.append(Rehearsed(called(finding, language), finding.is_on, text))
    return listed


Found = tuple[str, Finding, str, str]


def _found(
    paths: OutputPaths, settings: Settings, config: Path | None
) -> tuple[list[Found], list[str]]:
    """Key, finding, link and build of each alert, and the errors of the settings."""
    found: list[Found] = []
    problems: list[str] = []
    keys = keys_of(settings.alerts.measures)
    with opened(paths, settings) as build:
        for number, finding in _findings(build, settings, config):
            if isinstance(finding, HelpdeskError):
                problems.append(str(finding))
                continue
            link = page_of_finding(build, settings.serve.url, finding)
            found.append((keys[number], finding, link, build.build.id))
    return found, problems


def _findings(
    build: Opened, settings: Settings, config: Path | None
) -> Iterator[tuple[int, Finding | HelpdeskError]]:
    keys = keys_of(settings.alerts.measures)
    for number, alert in enumerate(settings.alerts.measures):
        place = ("alerts", "measures", number)
        try:
            yield number, found_in(build, watched_of(build, alert, keys[number], settings.goals))
        except SettingError as error:
            yield number, located(config, (*place, error.key), str(error))
        except (ReportError, Refusal) as error:
            yield number, located(config, place, str(error))


def called(finding: Finding, language: Language) -> str:
    """The name of an alert: its own, or the title and measure of its report, and its filters."""
    watched, t = finding.watched, language.text
    if watched.alert.name:
        return inert(watched.alert.name)
    label = t(watched.measure.label)
    title = t(watched.report.title) if watched.report else ""
    name = f"{title} ({label})" if title and title.lower() != label.lower() else title or label
    values = [inert(values) for _, values in map(in_words, finding.filters)]
    return ", ".join([name, *values])


def message(finding: Finding, language: Language, link: str = "", build: str = "") -> Alert:
    """The message of an alert that begins, or is over, with its figures."""
    watched, t = finding.watched, language.text
    value = language.value(finding.value, watched.format)
    name = called(finding, language)
    if finding.is_on is None:
        subject = t("{name}: too few rows for a figure", name=name)
    else:
        subject = t(_sentence(finding), name=name, value=value, **_against(finding, language))
    lines = [_dates(finding, language)]
    if finding.n is not None and watched.measure.denominator:
        lines.append(t("n = {n}", n=language.number(finding.n)))
    for label, values in map(in_words, finding.filters):
        lines.append(f"{inert(t(label))}: {inert(values)}")
    if link:
        lines.append(link)
    details = {
        "alert": watched.key,
        "name": name,
        "measure": watched.measure.name,
        "report": watched.report.id if watched.report else None,
        "value": finding.value,
        "n": finding.n,
        "condition": watched.condition,
        "limit": watched.limit,
        "usual": finding.usual,
        "score": finding.score,
        "since": finding.since,
        "until": finding.until,
        "filters": [dict(one) for one in finding.filters],
        "link": link,
        "build": build,
    }
    return Alert(BEGINS if finding.is_on else OVER, subject, tuple(lines), _plain(details))


def _figure(finding: Finding, language: Language) -> str:
    """The figure of an alert that is not on, for a rehearsal."""
    watched = finding.watched
    limit = watched.limit if watched.limit is not None else finding.usual
    word = "usual" if watched.condition == "unusual" else f"alert {watched.condition}"
    value, bound = (language.value(one, watched.format) for one in (finding.value, limit))
    return f"{called(finding, language)}: {value} ({word} {bound})"


def _sentence(finding: Finding) -> str:
    condition, is_on = finding.watched.condition, finding.is_on
    if condition == "unusual":
        return _texts()["unusual" if is_on else "usual"]
    kind = "goal" if finding.watched.alert.goal else condition
    return _texts()[kind if is_on else f"not_{kind}"]


def _texts() -> dict[str, str]:
    """The sentences, in English; the language translates them where they are used."""

    def t(text: str) -> str:
        return text

    return {
        "above": t("{name}: {value}, above {limit}"),
        "below": t("{name}: {value}, below {limit}"),
        "goal": t("{name}: {value}, misses the goal of {limit}"),
        "unusual": t("{name}: {value}, where {usual} is usual for a {weekday}"),
        "not_above": t("{name}: over; {value}, no longer above {limit}"),
        "not_below": t("{name}: over; {value}, no longer below {limit}"),
        "not_goal": t("{name}: over; {value}, meets the goal of {limit}"),
        "usual": t("{name}: over; {value}, within the usual range of a {weekday} ({usual})"),
    }


def _against(finding: Finding, language: Language) -> dict[str, str]:
    watched = finding.watched
    return {
        "limit": language.value(watched.limit, watched.format),
        "usual": language.value(finding.usual, watched.format),
        "weekday": language.weekday(finding.until),
    }


def _dates(finding: Finding, language: Language) -> str:
    watched, t = finding.watched, language.text
    source = watched.report.source if watched.report else None
    if source and source.is_point_in_time:
        return t("At the end of {date}", date=language.day(finding.until))
    return language.span(finding.since, finding.until)


def _plain(value: Any) -> Any:
    """The details in types of JSON."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return json_value(value)
