"""Mail and the services of apprise, each as one service with one address.

Apprise sends, repeats a failed attempt once, and remembers for each message which service has it.
Its import takes a second, so it is imported only when a message is sent.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from helpdesk.core import redaction
from helpdesk.core.settings import Mail

TIMEOUT_SECONDS = 10
PORTS = {"starttls": 587, "tls": 465, "none": 25}
# The names of these modes in apprise.
_MODES = {"starttls": "starttls", "tls": "ssl", "none": "insecure"}
# The longest text of a reason: some servers answer with a whole page.
_LONGEST_REASON = 300
_CONNECTION_ERROR = "Socket Exception: "
# Shorter parts of an address are not masked: they are words of many messages.
_SHORTEST_PART = 4


class ServiceError(Exception):
    """A service did not take a message; the text holds no secret."""


def mail_service(mail: Mail, recipient: str, password: str) -> Any:
    """Mail to one recipient."""
    return _service(
        {
            "schema": "mailto",
            "host": mail.host,
            "smtp_host": mail.host,
            "port": mail.port or PORTS[mail.security],
            "secure_mode": _MODES[mail.security],
            "user": mail.username or None,
            "password": password or None,
            "from_addr": mail.sender,
            "targets": recipient,
            "format": "text",
            "cto": TIMEOUT_SECONDS,
        }
    )


def url_service(url: str) -> Any:
    """The service of an address in the form of apprise, or None if apprise does not know it."""
    return _service(url)


def _service(declared: str | dict[str, Any]) -> Any:
    import apprise

    asset = apprise.AppriseAsset(
        app_id="help-desk warehouse",
        # In the calling thread: nothing keeps running after a message has failed.
        async_mode=False,
        # A message goes to the configured address only.
        http_redirects=False,
        # Ticket names come from the data: they are text, never a template or an emoji.
        allow_templates=False,
        interpret_emojis=False,
        storage_mode=apprise.common.PersistentStoreMode.MEMORY,
        service_timeout=3 * TIMEOUT_SECONDS,
    )
    with _own_log(), warnings.catch_warnings():
        # Its services import modules that Python 3.13 has removed.
        warnings.simplefilter("ignore", DeprecationWarning)
        service = apprise.Apprise.instantiate(declared, asset=asset)
    # Not for a service of several addresses: it would send again to those that have the message.
    if service is not None and len(service) == 1:
        service.retry, service.wait = 1, 1
    return service


def send(service: Any, subject: str, text: str, secrets: tuple[str, ...]) -> None:
    """Send a message. Raises ServiceError with the service's answer, without `secrets`."""
    import apprise

    sender = apprise.Apprise()
    sender.add(service)
    with _own_log():
        result = sender.notify(
            body=text,
            title=subject,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType.WARNING,
            log_level=logging.DEBUG,
        )
    if not result:
        raise ServiceError(_reason(result, secrets))


@contextmanager
def _own_log() -> Iterator[None]:
    """Keep apprise's log with the result and write none of it: it contains secrets."""
    logger = logging.getLogger("apprise")
    before = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _reason(result: Any, secrets: tuple[str, ...]) -> str:
    """Why the last attempt failed, in the words of apprise."""
    if result.status.name == "TIMEOUT":
        return f"no answer within {3 * TIMEOUT_SECONDS} seconds"
    attempts = [attempt for one in result for attempt in one.attempts]
    entries = attempts[-1].logs if attempts else result.call_logs
    # It logs errors of a connection, such as a wrong password, at DEBUG only.
    found = [
        one.message.removeprefix(_CONNECTION_ERROR)
        for one in entries
        if one.level in ("WARNING", "ERROR", "CRITICAL")
        or one.message.startswith(_CONNECTION_ERROR)
    ]
    text = " ".join("; ".join(found).split()) or "apprise gave no reason"
    text = _without(text, secrets)[:_LONGEST_REASON]
    return f"{text} ({len(attempts)} attempts)" if len(attempts) > 1 else text


def _without(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets, and without the parts of secrets that are addresses."""
    parts = {
        part
        for secret in secrets
        for form in (secret, unquote(secret))
        for part in (form, *re.split(r"[/:@?&=#,+\s]+", form.partition("://")[2]))
        if len(part) >= _SHORTEST_PART
    }
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, redaction.MASK)
    return redaction.redacted(text)
