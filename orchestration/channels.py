"""Where alerts go: a webhook, mail or a command, each told in one try.

A channel that fails is a warning in the log and nothing else: the other channels are still told,
and the refresh goes on. Secrets are values of environment variables; a warning never repeats the
text of an error that may hold one.
"""

import json
import os
import signal
import smtplib
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from helpdesk.settings import Alerts, Mail

TIMEOUT_SECONDS = 10
PORTS = {"starttls": 587, "tls": 465, "none": 25}

Warn = Callable[[str], None]


class ChannelError(Exception):
    """A channel could not be told; the message holds no secret."""


@dataclass(frozen=True)
class Alert:
    """One thing to tell: `event` for programs, `subject` and `lines` for people."""

    event: str
    subject: str
    lines: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join((self.subject, *self.lines))

    @property
    def payload(self) -> bytes:
        """JSON. `text` is the key that the usual chat services show."""
        return json.dumps({"event": self.event, "text": self.text, **self.details}).encode()


Channel = Callable[[Alert], None]


def channels(alerts: Alerts) -> dict[str, Channel]:
    """The configured channels by name."""
    found: dict[str, Channel] = {}
    if alerts.webhook_env:
        found["webhook"] = lambda alert: _post(alerts.webhook_env, alert)
    if mail := alerts.mail:
        found["mail"] = lambda alert: _mail(mail, alert)
    if alerts.command:
        found["command"] = lambda alert: _run(alerts.command, alert)
    return found


def tell_all(alerts: Alerts, alert: Alert, warn: Warn) -> list[str]:
    """Tell every channel; returns the names of those that could not be told, each warned of."""
    return [name for name, tell in channels(alerts).items() if not told(name, tell, alert, warn)]


def told(name: str, tell: Channel, alert: Alert, warn: Warn) -> bool:
    """Tell one channel; False, with a warning, if it could not be told."""
    try:
        tell(alert)
    # Whatever a channel does, the refresh has nothing to do with it.
    except Exception as error:
        warn(f"the alert was not sent by {name}: {reason(error)}")
        return False
    return True


def reason(error: BaseException) -> str:
    """Why a channel failed, without the texts that may repeat an address or a password."""
    match error:
        case ChannelError():
            return str(error)
        case urllib.error.HTTPError() as refused:
            return f"the server answered {refused.code}"
        case urllib.error.URLError(reason=BaseException() as cause):
            return reason(cause)
        case smtplib.SMTPResponseException():
            return f"the server answered {error.smtp_code}"
        case smtplib.SMTPException() | urllib.error.URLError():
            return type(error).__name__
        case TimeoutError() if not error.strerror:
            return "it timed out"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return type(error).__name__


def secret(variable: str) -> str:
    """The value of an environment variable. Raises ChannelError where it has none."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ChannelError(f"the environment variable {variable} is not set")
    return value


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """An alert goes to the configured address or nowhere."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _post(variable: str, alert: Alert) -> None:
    url = secret(variable)
    if not is_web_address(url):
        raise ChannelError(f"the value of {variable} is no http or https URL")
    request = urllib.request.Request(
        url, data=alert.payload, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT_SECONDS):
        pass


def is_web_address(url: str) -> bool:
    """Whether it can be fetched by http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _mail(mail: Mail, alert: Alert) -> None:
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    # A header is one line.
    message["Subject"] = " ".join(alert.subject.split())
    message.set_content(alert.text)
    with _smtp(mail) as server:
        if mail.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if mail.username:
            server.login(mail.username, secret(mail.password_env))
        if refused := server.send_message(message):
            raise ChannelError(f"{len(refused)} of {len(mail.to)} recipients were refused")


def _smtp(mail: Mail) -> smtplib.SMTP:
    port = mail.port or PORTS[mail.security]
    if mail.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(mail.host, port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(mail.host, port, timeout=TIMEOUT_SECONDS)


def _run(command: tuple[str, ...], alert: Alert) -> None:
    # What the command prints is its own business: it could be a secret.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(alert.payload, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            # With its children: a shell's `sleep` would outlive it.
            os.killpg(process.pid, signal.SIGKILL)
            raise ChannelError(
                f"{command[0]} did not end within {TIMEOUT_SECONDS} seconds"
            ) from None
    if process.returncode:
        raise ChannelError(f"{command[0]} ended with exit code {process.returncode}")
