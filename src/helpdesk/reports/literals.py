"""Values as SQL literals that are safe in SQL and in the templates that SQL passes through."""

import re
from collections.abc import Iterable
from datetime import date, datetime

Value = str | int | float | bool | date | datetime

# A quote would end the literal, a backslash escapes on some engines, templates interpret braces,
# percent and hash signs, and control characters are invisible. Each is written as chr(number).
UNSAFE = re.compile(r"['\\{}%#\x00-\x1f\x7f]")


def literal(value: Value) -> str:
    """The value as SQL. Raises ValueError for a text that no engine can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, datetime):
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return _text(value)


def literals(values: Iterable[Value]) -> str:
    return ", ".join(literal(value) for value in values)


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a text with a null character")
    parts: list[str] = []
    start = 0
    for match in UNSAFE.finditer(value):
        if match.start() > start:
            parts.append(f"'{value[start : match.start()]}'")
        parts.append(f"chr({ord(match.group())})")
        start = match.end()
    if start < len(value) or not parts:
        parts.append(f"'{value[start:]}'")
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"
