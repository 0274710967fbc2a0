"""Values of a raw row, from the text of the contract; an empty value is None."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction

from .records import BEGINNING, Version

Row = Mapping[str, str | None]


def required(row: Row, column: str) -> str:
    value = row.get(column)
    if not value:
        raise ValueError(f"{column} is missing in {dict(row)}")
    return value


def text(row: Row, column: str) -> str | None:
    """The value, None where it is empty."""
    return row.get(column) or None


def compared(value: str | None) -> str | None:
    """A text as it is compared: its case and the blanks around it mean nothing."""
    return (value or "").strip().lower() or None


def instant(value: str) -> datetime:
    """An ISO 8601 time with an offset, in UTC."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    return parsed.astimezone(UTC)


def boundary(value: str | None) -> datetime | None:
    """A valid_from or valid_to: an instant, or a date that means midnight UTC."""
    if value is None:
        return None
    if len(value) == len("2024-01-01"):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return instant(value)


def switch(row: Row, column: str) -> bool | None:
    value = text(row, column)
    return None if value is None else value.lower() in ("true", "1")


def flag(row: Row, column: str, default: bool) -> bool:
    value = switch(row, column)
    return default if value is None else value


def whole(row: Row, column: str) -> int | None:
    value = text(row, column)
    return None if value is None else int(value)


def number(row: Row, column: str) -> Fraction | None:
    """The exact value of a decimal number."""
    value = text(row, column)
    return None if value is None else Fraction(value)


def moment(row: Row, column: str) -> datetime | None:
    """A time, or None if it is missing."""
    value = text(row, column)
    return None if value is None else instant(value)


def version(row: Row) -> Version:
    valid_from = boundary(text(row, "valid_from"))
    return Version(valid_from or BEGINNING, boundary(text(row, "valid_to")))
