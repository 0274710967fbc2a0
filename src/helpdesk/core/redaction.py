"""Masks secrets in everything that is written: console, logs, alerts, Dagster's events.

A secret is the value of an environment variable that the settings or an argument name, or whose
name looks like that of a token or a password; a password in a URL; and the credentials in a header
or a query parameter. A server may repeat any of them in its response, in whole or in part.
"""

import base64
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
# No tool of a child process counts its use, whatever the defaults of the machine are.
_QUIET = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
_CALLED_SECRET = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|WEBHOOK|(^|_)AUTH($|_)",
    re.IGNORECASE,
)
# A proxy needs the password in its URL: without it npm reaches no registry.
_NEEDED = re.compile(r"(https?|all|no|ftp)_proxy|DBT_ENV_SECRET_.*|SSH_AUTH_SOCK", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*):[^\s'\"<>]+@", re.I)
_PATTERNS = (
    (_ADDRESS, rf"\g<start>:{MASK}@"),
    # Authorization: Bearer x, "authorization": "Basic x", and the scheme alone.
    (
        re.compile(
            r"((?:proxy-)?authorization[\"'\\]*\s*[:=]\s*[\"'\\]*)(?:[a-z]+\s+)?[^\s\"',}\\]+", re.I
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
    (
        re.compile(
            r"((?:api[_-]?key|hapikey|(?:access|refresh|id|auth)?[_-]?token|client[_-]?secret|"
            r"password|passwd|pwd|x-[a-z-]*(?:key|token))[\"'\\]*(?:=|[\"'\\]\s*:)\s*[\"'\\]*)"
            r"[^\s\"',;&}\\]+",
            re.I,
        ),
        rf"\1{MASK}",
    ),
    # Tokens with the formats of HubSpot, Slack, GitHub and Amazon.
    (
        re.compile(
            r"\b(?:pat-[a-z]{2,3}\d-[0-9a-f-]{8,}|xox[a-z]-[\w-]{8,}|gh[a-z]_\w{16,}|AKIA\w{12,})"
        ),
        MASK,
    ),
)
# Shorter values are not masked: they could be ordinary words.
_SHORTEST_NAMED, _SHORTEST_CALLED = 4, 8

_named: set[str] = set()
_values: set[str] = set()


def keep_secret(*variables: str) -> None:
    """Mask the values of these environment variables from now on."""
    _named.update(filter(None, variables))


def keep_address_secret(address: str) -> None:
    """Mask a URL that contains a password, and the parts of the password, from now on."""
    _values.update(_parts_of_address(address))


def named_variables() -> set[str]:
    """The environment variables that the settings and arguments name."""
    return set(_named)


def redacted(text: str) -> str:
    """The text with each secret replaced by a mask."""
    for value in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(value, MASK)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


def redacted_values(value: Any) -> Any:
    """A JSON structure with the secrets masked in every string."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted_values(key): redacted_values(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_values(one) for one in value]
    return value


def child_environment(is_own_command: bool = False) -> dict[str, str]:
    """The environment of a child process, without secrets that it does not need.

    `is_own_command`: for a command in the settings. It may need secrets of its own, but not
    those that the settings name.
    """
    return _QUIET | {
        name: of for name, of in os.environ.items() if not _is_withheld(name, of, is_own_command)
    }


def forget_secrets() -> None:
    """Delete the secrets from the environment of this child process."""
    for name in [name for name, of in os.environ.items() if _is_withheld(name, of, False)]:
        del os.environ[name]


def _is_withheld(name: str, value: str, is_own_command: bool) -> bool:
    if name in named_variables():
        return True
    if is_own_command or _NEEDED.fullmatch(name):
        return name in ("HUBSPOT_TOKEN", "ZENDESK_TOKEN")
    return bool(_CALLED_SECRET.search(name) or _ADDRESS.search(value))


def install() -> None:
    """Mask secrets in the output of Python's loggers and of uncaught errors in this process."""
    if getattr(logging.getLogRecordFactory(), "is_redacting", False):
        return
    make_record = logging.getLogRecordFactory()

    def make_redacted(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        try:
            record.msg, record.args = redacted(record.getMessage()), ()
        except Exception:
            record.msg, record.args = redacted(str(record.msg)), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redacted(
                "".join(traceback.format_exception(*record.exc_info))
            ).rstrip()
        return record

    make_redacted.is_redacting = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_redacted)
    sys.excepthook = _print_redacted


def _print_redacted(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    print(
        redacted("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr
    )


def _secrets() -> set[str]:
    found = set(_values)
    named = named_variables()
    for name, value in os.environ.items():
        value = value.strip()
        if name in named and len(value) >= _SHORTEST_NAMED:
            found.update(_forms(value))
            found.update(_parts_of_address(value))
        elif _CALLED_SECRET.search(name) and len(value) >= _SHORTEST_CALLED:
            # A path is not a secret, though the file may contain one.
            found.update(() if value.startswith("/") else _forms(value))
    return found


def _forms(value: str) -> Iterator[str]:
    """A secret in its plain form and as URLs, JSON and headers encode it."""
    yield from {
        value,
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
    }


def _parts_of_address(address: str) -> Iterator[str]:
    """A URL with a password, the password, and the pieces that a parser may split it into."""
    scheme, _, rest = address.partition("://")
    if not scheme or "@" not in rest:
        return
    user, colon, password = rest.rpartition("@")[0].partition(":")
    if colon and password:
        yield address
        meant = unquote(password)
        parts = {password, meant, *re.split(r"[@:/?#\[\]]", f"{password}@{meant}")}
        yield from (part for part in parts if len(part) >= _SHORTEST_NAMED and part != user)
