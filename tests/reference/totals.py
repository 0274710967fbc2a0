"""Sums by key: what every report is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .rows import MartRow

# The filters of every report (F1 to F5).
DIMENSIONS = ("agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key")
VALUES = "_values"
# Sums of scores, which may have fractions.
FRACTIONAL = {"score_sum"}


def dimensions(row: Mapping[str, Any]) -> MartRow:
    """The filters' keys of a row."""
    return {column: row[column] for column in DIMENSIONS}


class Totals:
    """Rows of one key each, with sums of measures.

    A measure named `<x>_values` collects the single values, ascending: it is a list, empty where
    nothing was added.
    """

    def __init__(self, grain: Sequence[str], measures: Sequence[str]) -> None:
        self.grain = tuple(grain)
        self.measures = tuple(measures)
        self._sums: dict[tuple[Any, ...], MartRow] = {}

    def add(self, key: Mapping[str, Any], measures: Mapping[str, Any]) -> None:
        """Add to the row of a key; measures that are not named stay as they are."""
        sums = self._sums.setdefault(tuple(key[column] for column in self.grain), self._nothing())
        for name, value in measures.items():
            if name.endswith(VALUES):
                sums[name].append(value)
            else:
                sums[name] += value

    def _nothing(self) -> MartRow:
        return {name: _zero(name) for name in self.measures}

    def rows(self) -> list[MartRow]:
        return [
            {**dict(zip(self.grain, key, strict=True)), **_in_order(sums)}
            for key, sums in self._sums.items()
        ]


def _zero(measure: str) -> Any:
    if measure.endswith(VALUES):
        return []
    return 0.0 if measure in FRACTIONAL else 0


def _in_order(sums: MartRow) -> MartRow:
    return {name: sorted(value) if name.endswith(VALUES) else value for name, value in sums.items()}


def listed(name: str, seconds: Any) -> MartRow:
    """A measure of seconds and its list of values."""
    return {name: seconds, f"{name}_values": seconds}


def listing(*names: str) -> tuple[str, ...]:
    return tuple(column for name in names for column in (name, f"{name}_values"))
