"""Sends the digests that are due, each once to each channel."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from helpdesk.alerts.channels import Alert, Warn, channels, problem_of
from helpdesk.core.errors import ConfigError
from helpdesk.core.notices import Digest
from helpdesk.core.paths import OutputPaths
from helpdesk.core.redaction import redacted
from helpdesk.core.settings import Alerts, Settings
from helpdesk.mcp.opened import Opened
from helpdesk.notify.content import Content, content_of
from helpdesk.notify.mail import mail_of, page_with_pictures, send_mail, subject_of
from helpdesk.notify.opened import opened, teams_of
from helpdesk.notify.state import Sent
from helpdesk.notify.texts import Language, inert
from helpdesk.notify.watched import SettingError, located
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.serve.guard import Refusal

FILE = "digests.json"
LOST = "the last digests are sent again"
EVENT = "digest"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The sent periods that the file of a digest keeps.
KEPT_SLOTS = 3


@dataclass(frozen=True)
class Sending:
    """The result of a round: digests sent, already sent before and failed, each with its channel.

    `problems` are errors of the settings.
    """

    sent: tuple[tuple[str, str], ...] = ()
    known: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


Deliver = Callable[[Content], str]


def slot_of(digest: Digest, as_of: datetime) -> str:
    """The date of the schedule's last time up to `as_of`, which is in the report time zone."""
    hour, minute = map(int, digest.at.split(":"))
    day = as_of.date()
    if (as_of.hour, as_of.minute) < (hour, minute):
        day -= timedelta(days=1)
    if digest.every == "week":
        day -= timedelta(days=(day.weekday() - WEEKDAYS.index(digest.weekday)) % 7)
    elif digest.every == "month":
        day = day.replace(day=1)
    return day.isoformat()


def send_digests(
    paths: OutputPaths,
    settings: Settings,
    config: Path | None,
    warn: Warn,
    name: str = "",
) -> Sending:
    """Send each digest whose time has come in the published build to the channels without it.

    `.work/digests.json` keeps what each channel has had. A channel that fails gets the digest in
    the next round, until the next one is due. `name` is that of a single digest. The caller holds
    the lock of the output folder. Raises ConfigError for an unknown name.
    """
    sent = Sent(paths.work / FILE, warn, LOST)
    done: list[tuple[str, str]] = []
    failed: list[tuple[str, str]] = []
    problems: list[str] = []
    known = 0
    with opened(paths, settings) as build:
        for number, digest in _chosen(settings, name):
            try:
                for part in _parts(build, digest, settings):
                    results = _send(build, digest, part, settings, sent, warn)
                    for channel, state in results:
                        known += state == "known"
                        if state != "known":
                            (done if state == "sent" else failed).append((part.key, channel))
            except SettingError as error:
                problems.append(str(located(config, ("digests", number, error.key), str(error))))
            except (ReportError, Refusal) as error:
                problems.append(str(located(config, ("digests", number), str(error))))
    for problem in problems:
        warn(problem)
    return Sending(tuple(done), known, tuple(failed), tuple(problems))


def write_digests(
    paths: OutputPaths, settings: Settings, config: Path | None, folder: Path, name: str = ""
) -> list[Path]:
    """Write each digest as an HTML file into a folder, to look at; nothing is sent or noted.

    Raises ConfigError for a wrong setting.
    """
    written = []
    language = Language(settings.language)
    with opened(paths, settings) as build:
        for number, digest in _chosen(settings, name):
            try:
                for part in _parts(build, digest, settings):
                    content = content_of(build, digest, part.team, settings)
                    path = folder / _file_name(part.key, slot_of(digest, _local(build)))
                    _write(path, page_with_pictures(content, language))
                    written.append(path)
            except SettingError as error:
                raise located(config, ("digests", number, error.key), str(error)) from error
    return written


def _chosen(settings: Settings, name: str) -> list[tuple[int, Digest]]:
    found = [(at, one) for at, one in enumerate(settings.digests) if name in ("", one.name)]
    if name and not found:
        hint = nearest(name, [one.name for one in settings.digests])
        raise ConfigError(f"{name!r} is not a digest of the settings{hint}")
    return found


@dataclass(frozen=True)
class _Part:
    """A digest, or its part of one team, with its recipients by mail."""

    key: str
    team: tuple[str, str] | None
    mail: tuple[str, ...]


def _parts(build: Opened, digest: Digest, settings: Settings) -> Iterator[_Part]:
    if not digest.per_team:
        yield _Part(digest.name, None, digest.to.mail)
        return
    teams = teams_of(build)
    own = dict(digest.team_mail)
    for key, name in zip(teams["keys"], teams["names"], strict=True):
        recipients = own.pop(name, None) or own.pop(key, None) or digest.to.mail
        yield _Part(f"{digest.name} {key}", (key, name), recipients)
    for name in own:
        hint = nearest(name, teams["names"])
        raise SettingError("team_mail", f"the data has no team {name!r}{hint}")


def _send(
    build: Opened, digest: Digest, part: _Part, settings: Settings, sent: Sent, warn: Warn
) -> list[tuple[str, str]]:
    """Send a part to its channels: the name of each, and sent, known or failed."""
    slot = slot_of(digest, _local(build))
    key = f"{part.key} {slot}"
    deliveries = _channels(digest, part, settings, slot)
    had = sent.of(key)
    results = [(name, "known") for name in deliveries if name in had]
    if len(results) == len(deliveries):
        return results
    content = content_of(build, digest, part.team, settings)
    for name, deliver in deliveries.items():
        if name in had:
            continue
        problem = deliver(content)
        if problem:
            warn(f"the digest {part.key} was not sent by {name}: {redacted(problem)}")
            results.append((name, "failed"))
            continue
        sent.put(key, name, build.build.id)
        results.append((name, "sent"))
    _forget_old(sent, part.key)
    return results


def _forget_old(sent: Sent, key: str) -> None:
    own = sorted(one for one in sent.known if one.rpartition(" ")[0] == key)
    sent.keep_only(set(sent.known) - set(own[:-KEPT_SLOTS]))


def _channels(digest: Digest, part: _Part, settings: Settings, slot: str) -> dict[str, Deliver]:
    """The channels of a part by name; each returns why it failed, or an empty text."""
    language = Language(settings.language)
    found: dict[str, Deliver] = {
        f"mail to {one}": partial(_by_mail, settings, language, one) for one in part.mail
    }
    chats = channels(Alerts(webhook_env=digest.to.webhook_env, urls_env=digest.to.urls_env))
    for name, channel in chats.items():
        found[name] = lambda content, to=channel: problem_of(to, chat_of(content, language))  # type: ignore[misc]
    if digest.to.folder:
        path = Path(digest.to.folder) / _file_name(part.key, slot)
        found["folder"] = partial(_by_file, language, path)
    return found


def _by_mail(settings: Settings, language: Language, recipient: str, content: Content) -> str:
    mail = settings.alerts.mail
    assert mail
    message = mail_of(content, language, mail.sender, recipient)
    return problem_of(lambda _: send_mail(mail, message), Alert(EVENT, subject_of(content)))


def _by_file(language: Language, path: Path, content: Content) -> str:
    try:
        _write(path, page_with_pictures(content, language))
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def _file_name(key: str, slot: str) -> str:
    return f"{re.sub('[^A-Za-z0-9]+', '-', key)}-{slot}.html"


def chat_of(content: Content, language: Language) -> Alert:
    """The digest for chat services and programs; names of the data are inert."""
    t = language.text
    lines = [content.compared and t("Compared with {dates}", dates=content.compared)]
    lines += [*content.filters, *(f"• {one}" for one in content.attention)]
    for section in content.sections:
        line = f"• {section.title}: {section.value}"
        further = ", ".join(filter(None, (section.change, section.goal)))
        lines.append(f"{line} ({further})" if further else line)
        # That there is no change is said by the figures.
        lines += [f"  {one}" for one in section.sentences if section.notable]
    lines = [*_inert(lines), t("As of {instant}", instant=content.as_of)]
    lines += [content.link] * bool(content.link)
    since, until = content.period
    details = {
        "title": content.title,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "figures": [dict(one.figures) for one in content.sections],
        "link": content.link,
        "build": content.build,
    }
    return Alert(EVENT, inert(subject_of(content)), tuple(lines), details)


def _inert(lines: Iterable[str]) -> Iterator[str]:
    for line in filter(None, lines):
        space = "  " if line.startswith("  ") else ""
        yield space + inert(line)


def _local(build: Opened) -> datetime:
    return build.build.as_of.astimezone(ZoneInfo(build.build.calendar.timezone))
