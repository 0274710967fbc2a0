"""Reads the filters of a saved report: a field, a comparison, and values of the field's type."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from helpdesk.reports.catalogue import Field
from helpdesk.reports.checks import nearest
from helpdesk.reports.lines import Lines
from helpdesk.reports.lines import Place as Where
from helpdesk.reports.literals import Value, literal
from helpdesk.reports.report import AnyOf, Condition, Filtered, Place

COMPARISONS = ("is", "is_not", "all", "at_least", "at_most", "filled")
ORDERED = ("number", "date", "timestamp")
# A longer list belongs in a table that is joined.
MOST_VALUES = 200
EXAMPLES = {"date": "2026-01-31", "timestamp": "2026-01-31T12:00:00Z", "number": "3",
            "boolean": "true"}  # fmt: skip


def read_filter(
    lines: Lines, where: Where, declared: Any, place_of: Callable[[Any, Where], Place]
) -> Filtered:
    """A condition, or several under `any` of which one is enough. Raises ReportError."""
    if not isinstance(declared, dict) or "any" not in declared:
        return read_condition(lines, where, declared, place_of)
    several, at = declared["any"], (*where, "any")
    if len(declared) > 1 or not isinstance(several, list) or len(several) < 2:
        raise lines.error(
            where, "two or more filters are expected, such as {any: [{field: priority, is: high}, "
            "{field: reopened, is: true}]}")  # fmt: skip
    return AnyOf(
        tuple(
            read_condition(lines, (*at, number), item, place_of)
            for number, item in enumerate(several)
        )
    )


def read_condition(
    lines: Lines, where: Where, declared: Any, place_of: Callable[[Any, Where], Place]
) -> Condition:
    """One filter. Raises ReportError."""
    if not isinstance(declared, dict) or "field" not in declared:
        raise lines.error(where, "a filter is expected, such as {field: priority, is: high}")
    for key in declared:
        if key not in ("field", *COMPARISONS):
            hint = nearest(key, ("field", *COMPARISONS))
            raise lines.error((*where, key), f"unknown key{hint}")
    place = place_of(declared["field"], (*where, "field"))
    comparisons = [key for key in declared if key != "field"]
    if len(comparisons) != 1:
        raise lines.error(where, f"one comparison is expected, of {', '.join(COMPARISONS)}")
    comparison, value = comparisons[0], declared[comparisons[0]]
    at = (*where, comparison)
    if comparison == "filled":
        if not isinstance(value, bool):
            raise lines.error(at, f"true or false is expected, not {value!r}")
        return Condition(place, comparison, (value,))
    if comparison in ("at_least", "at_most") and place.field.type not in ORDERED:
        raise lines.error(
            at, f"{place.field.name} is a {place.field.type}, which has no order: use is"
        )
    if comparison == "all" and not place.field.bridge:
        raise lines.error(at, f"{place.field.name} has one value: use is")
    if comparison in ("is", "is_not", "all") and isinstance(value, list):
        if not 0 < len(value) <= MOST_VALUES:
            raise lines.error(at, f"one to {MOST_VALUES} values are expected")
        values = tuple(
            _value(lines, (*at, number), place.field, item) for number, item in enumerate(value)
        )
    else:
        values = (_value(lines, at, place.field, value),)
    return Condition(place, comparison, values)


def _value(lines: Lines, where: Where, field: Field, value: Any) -> Value:
    found = _typed(field.type, value)
    if found is None:
        example = EXAMPLES.get(field.type, "in quotes: '7'" if not isinstance(value, str) else "")
        hint = f", such as {example}" if example else ""
        kind = "text" if field.type == "key" else field.type
        raise lines.error(where, f"{field.name} is a {kind}{hint}; this is {value!r}")
    if field.values and found not in field.values:
        hint = nearest(str(found), field.values)
        raise lines.error(where, f"{field.name} is never {found!r}{hint}")
    try:
        literal(found)
    except ValueError as error:
        raise lines.error(where, f"holds {error}") from error
    return found


def _typed(kind: str, value: Any) -> Value | None:
    """The value if it has the type, else None."""
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "number":
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        # Not infinity and NaN: SQL has other names for them.
        return value if is_number and abs(value) < 1e15 else None
    if kind == "date":
        return value if isinstance(value, date) and not isinstance(value, datetime) else None
    if kind == "timestamp":
        return _instant(value)
    return value if isinstance(value, str) else None


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None)
