"""Durations as text, exact to the second so that they add up; conditions of a policy as text."""

import json
from collections.abc import Iterator
from typing import Any

UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: int, has_days: bool = True) -> str:
    """Such as `2 h 5 min 9 s`. Working time has no days."""
    parts, rest = [], abs(seconds)
    for unit, size in UNITS if has_days else UNITS[1:]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {unit}")
    return " ".join(parts) or "0 s"


def working(seconds: int) -> str:
    return span(seconds, has_days=False)


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def conditions_text(conditions: str | None) -> str:
    """The conditions of an SLA policy, a JSON object of the contract; none match every ticket."""
    try:
        declared = json.loads(conditions or "{}")
    except ValueError:
        declared = None
    if not isinstance(declared, dict):
        # Of an unknown form.
        return str(conditions)
    found = [one for name, wanted in declared.items() for one in _condition(name, wanted)]
    return "; and ".join(found) or "none, so every ticket matches"


def _condition(name: str, wanted: Any) -> Iterator[str]:
    field = name.replace("_", " ")
    operators = wanted if isinstance(wanted, dict) else {"any_of": wanted}
    for operator, value in operators.items():
        if operator == "is_empty":
            yield f"{field} must have {'no' if value else 'a'} value"
            continue
        values = [str(one) for one in (value if isinstance(value, list) else [value])]
        must = "must not be" if operator == "none_of" else "must be"
        yield f"{field} {must} {'one of ' * (len(values) > 1)}{', '.join(values)}"
