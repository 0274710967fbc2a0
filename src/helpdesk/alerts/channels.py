"""The alert channels: a webhook, mail, any service of apprise, a command.

A failed attempt is repeated once if nothing can have been delivered. A channel that fails causes a
warning in the log and nothing else: the other channels get the alert, and the build goes on.
Secrets are values of environment variables; a warning never contains one.
"""

import json
import os
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from helpdesk.alerts import services
from helpdesk.alerts.services import ServiceError
from helpdesk.core import redaction
from helpdesk.core.settings import Alerts, Mail

TIMEOUT_SECONDS = 10
RETRY_SECONDS = 1

Warn = Callable[[str], None]


class ChannelError(Exception):
    """A channel did not take an alert; the message holds no secret.

    `is_repeated`: a second attempt may succeed.
    """

    def __init__(self, message: str, is_repeated: bool = False) -> None:
        super().__init__(message)
        self.is_repeated = is_repeated


@dataclass(frozen=True)
class Alert:
    """One message: `event` for programs, `subject` and `lines` for people."""

    event: str
    subject: str
    lines: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def redacted(self) -> "Alert":
        """The alert without secrets, since it leaves the machine."""
        return Alert(
            self.event,
            redaction.redacted(self.subject),
            tuple(map(redaction.redacted, self.lines)),
            redaction.redacted_values(self.details),
        )

    @property
    def text(self) -> str:
        return "\n".join((self.subject, *self.lines))

    @property
    def payload(self) -> bytes:
        """JSON. `text` is the key that common chat services display."""
        return json.dumps({"event": self.event, "text": self.text, **self.details}).encode()


Channel = Callable[[Alert], None]


def channels(alerts: Alerts) -> dict[str, Channel]:
    """The configured channels by name, each with one recipient where the settings allow it."""
    found: dict[str, Channel] = {}
    if alerts.webhook_env:
        found["webhook"] = partial(_post, alerts.webhook_env)
    if mail := alerts.mail:
        for recipient in mail.to:
            # One channel each: after a rejected address, the others must not get it twice.
            name = "mail" if len(mail.to) == 1 else f"mail to {recipient}"
            found[name] = partial(_mail, mail, recipient)
    if alerts.command:
        found["command"] = partial(_run, alerts.command)
    for variable in alerts.urls_env:
        name = f"urls_env {variable}" if variable in found else variable
        found[name] = partial(_notify, variable)
    return found


def send_to_all(alerts: Alerts, alert: Alert, warn: Warn) -> list[str]:
    """Send to every channel; returns the names of those that failed, each with a warning."""
    found = channels(alerts)
    return [name for name, channel in found.items() if not send(name, channel, alert, warn)]


def send(name: str, channel: Channel, alert: Alert, warn: Warn) -> bool:
    """Send to one channel; False, with a warning, if it failed."""
    problem = problem_of(channel, alert)
    if problem:
        warn(f"the alert was not sent by {name}: {problem}")
    return not problem


def problem_of(channel: Channel, alert: Alert) -> str:
    """Send to one channel; returns the reason if it failed, else an empty text."""
    try:
        try:
            channel(alert.redacted())
        except Exception as error:
            if not _is_repeated(error):
                raise
            time.sleep(RETRY_SECONDS)
            channel(alert.redacted())
    # A channel may raise anything: it must not stop the build.
    except Exception as error:
        return f"{reason(error)} (2 attempts)" if _is_repeated(error) else reason(error)
    return ""


def _is_repeated(error: Exception) -> bool:
    """Whether a second attempt may succeed, and cannot deliver an alert twice."""
    match error:
        case ChannelError():
            return error.is_repeated
        case urllib.error.HTTPError():
            return error.code == 429 or error.code >= 500
        # There was no connection. A certificate that was rejected would be rejected again.
        case urllib.error.URLError(reason=OSError() as cause):
            return not isinstance(cause, ssl.SSLError)
        case _:
            return False


def reason(error: BaseException) -> str:
    """Why a channel failed, without texts that may contain an address or a password."""
    match error:
        case ChannelError() | ServiceError():
            return str(error)
        case urllib.error.HTTPError() as failure:
            return f"the server answered {failure.code}"
        case urllib.error.URLError(reason=BaseException() as cause):
            return reason(cause)
        case urllib.error.URLError():
            return type(error).__name__
        case TimeoutError() if not error.strerror:
            return "it timed out"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return type(error).__name__


def secret(variable: str) -> str:
    """The value of an environment variable. Raises ChannelError if it is not set."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ChannelError(f"the environment variable {variable} is not set")
    return value


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: an alert goes to the configured address only."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _post(variable: str, alert: Alert) -> None:
    url = secret(variable)
    if not is_web_address(url):
        raise ChannelError(f"the value of {variable} is not an http or https URL")
    request = urllib.request.Request(
        url, data=alert.payload, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT_SECONDS):
        pass


def is_web_address(url: str) -> bool:
    """Whether it is an address for http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _mail(mail: Mail, recipient: str, alert: Alert) -> None:
    password = secret(mail.password_env) if mail.username else ""
    service = services.mail_service(mail, recipient, password)
    if service is None:
        raise ChannelError("apprise does not accept the settings of `alerts.mail`")
    # A header is one line.
    subject = " ".join(alert.subject.split())
    services.send(service, subject, alert.text, (password,))


def _notify(variable: str, alert: Alert) -> None:
    url = secret(variable)
    service = services.url_service(url)
    if service is None:
        raise ChannelError(
            f"the value of {variable} is not an address of apprise, such as slack://a/b/c or "
            "json://example.org/path: https://github.com/caronc/apprise/wiki lists them"
        )
    services.send(service, alert.subject, "\n".join(alert.lines) or alert.subject, (url,))


def _run(command: tuple[str, ...], alert: Alert) -> None:
    # The output of the command is discarded: it may contain a secret.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=redaction.child_environment(is_own_command=True),
    ) as process:
        try:
            process.communicate(alert.payload, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            # The whole process group: a child such as a shell's `sleep` would keep running.
            os.killpg(process.pid, signal.SIGKILL)
            raise ChannelError(
                f"{command[0]} did not end within {TIMEOUT_SECONDS} seconds"
            ) from None
    if process.returncode:
        raise ChannelError(f"{command[0]} ended with exit code {process.returncode}", True)
