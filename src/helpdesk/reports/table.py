"""A table of figures, for the terminal and as CSV."""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.table import Table as RichTable

DAY, HOUR, MINUTE = 86_400, 3_600, 60
NOTHING = "-"
# So that a date does not wrap.
ROOM = {"date": 10}
# Characters that start a formula in a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column; `names` are the names of its values from 1 on.

    A terminal does not show one that `is_secondary`: the median of an average after the first.
    """

    label: str
    format: str
    names: tuple[str, ...] = ()
    is_secondary: bool = False

    @property
    def is_number(self) -> bool:
        return self.format in ("count", "duration", "percent", "decimal", "points")

    def named(self, value: Any) -> Any:
        """The value to show: the name of a weekday, the date of an instant at midnight."""
        if self.names and isinstance(value, int) and 1 <= value <= len(self.names):
            return self.names[value - 1]
        return value.date() if isinstance(value, datetime) and self.format == "date" else value

    def text(self, value: Any) -> str:
        value = self.named(value)
        if value is None:
            return NOTHING
        if self.format == "count":
            return f"{value:,.0f}"
        if self.format == "duration":
            return duration_text(float(value))
        if self.format == "percent":
            return f"{100 * value:.1f}%"
        if self.format == "points":
            return f"{100 * value:.1f}"
        return f"{value:.2f}" if self.format == "decimal" else str(value)


@dataclass(frozen=True)
class Table:
    """Rows under columns."""

    title: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]

    def shown(self, most: int) -> RichTable:
        """The table for a terminal: its last rows, with names in place of keys."""
        places = [number for number, one in enumerate(self.columns) if self._is_shown(number, one)]
        table = RichTable(title=self.title)
        for place in places:
            column = self.columns[place]
            table.add_column(
                column.label,
                justify="right" if column.is_number else "left",
                min_width=ROOM.get(column.format),
            )
        for row in self.rows[-most:]:
            table.add_row(*(self.columns[place].text(row[place]) for place in places))
        return table

    def _is_shown(self, number: int, column: Column) -> bool:
        after = self.columns[number + 1 : number + 2]
        has_name = any(f"{one.label} key" == column.label for one in after)
        return not column.is_secondary and (column.format != "key" or not has_name)

    def write_csv(self, path: Path) -> None:
        """Raw values: seconds, shares of 1, ISO dates. A text is never a spreadsheet's formula."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(column.label for column in self.columns)
            for row in self.rows:
                writer.writerow(
                    plain(column.named(value))
                    for column, value in zip(self.columns, row, strict=True)
                )


def plain(value: Any) -> Any:
    """A value for a spreadsheet."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def duration_text(seconds: float) -> str:
    """A duration as text; rounded first, so that 59 min 59 s is 1 h."""
    minutes, hours = round(seconds / MINUTE), round(seconds / HOUR)
    if seconds < MINUTE - 0.5:
        return f"{seconds:.0f} s"
    if minutes < HOUR // MINUTE:
        return f"{minutes} min"
    if minutes < DAY // MINUTE:
        return _two(minutes // 60, "h", minutes % 60, "min")
    return _two(hours // 24, "d", hours % 24, "h")


def _two(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first} {first_unit} {second} {second_unit}" if second else f"{first} {first_unit}"
