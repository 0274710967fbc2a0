"""Former names of a report's keys, accepted for one minor version with a notice."""

from collections.abc import Mapping
from typing import Any

from helpdesk.core.console import errors

# None: the key is ignored.
FORMER = {
    "less": "minus",
    "per": "denominator",
    "of": "base_metric",
    "stock": "point_in_time",
    "needs": "requires",
    "recent": "recency_note",
    "copy": None,
}
_noticed: set[str] = set()


def present_keys(declared: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The mapping under the present names, with one notice for each former name."""
    found: dict[str, Any] = {}
    for key, value in declared.items():
        if key not in FORMER:
            found[key] = value
            continue
        now = FORMER[key]
        if now:
            found.setdefault(now, value)
        _notice(f"{where}: {key} is " + (f"now spelled {now}" if now else "no longer read"))
    return found


def _notice(text: str) -> None:
    if text not in _noticed:
        _noticed.add(text)
        errors.print(f"notice: {text}", soft_wrap=True)
