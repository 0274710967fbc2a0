"""A table as a chart: one SVG file without external parts, for mails and documents."""

from html import escape
from typing import Any

from helpdesk.reports.table import DAY, HOUR, MINUTE, Column, Table

WIDTH, HEIGHT = 960, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 64, 64
# A palette that people with colour blindness can distinguish.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f", "#332288")
# More series cannot be distinguished in one chart.
MOST_SERIES = 8
TICKS = 4
LABELS = 12
STYLE = (
    "text{font:12px sans-serif;fill:#222}.t{font-size:16px;font-weight:bold}"
    ".g{stroke:#ddd}svg{background:#fff}"
)

Point = tuple[float, float]


class Chart:
    """Draws the first measure of a table over its first column, with lines or bars by series."""

    def __init__(self, table: Table, kind: str) -> None:
        self.kind = kind
        self.table = table
        keys = [number for number, one in enumerate(table.columns) if not one.is_number]
        self.measure = next(number for number, one in enumerate(table.columns) if one.is_number)
        shown = [number for number in keys if table.columns[number].format != "key"]
        shown = shown or keys
        self.x = shown[0]
        self.labels = list(dict.fromkeys(self._text(self.x, row) for row in table.rows))
        self.series = self._series(shown[1:])
        values = [value for points in self.series.values() for value in points.values()]
        self.unit, self.size = _unit(table.columns[self.measure], max(values, default=0))
        self.top = _round_up(max(values, default=0) / self.size)

    def svg(self) -> str:
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(self.table.title)}</title><style>{STYLE}</style>",
            _label(LEFT, 22, self.table.title, "t"),
            *self._axes(),
        ]
        for number, (name, points) in enumerate(self.series.items()):
            colour = COLOURS[number % len(COLOURS)]
            parts += self._marks(number, points, colour)
            if len(self.series) > 1:
                x, y = LEFT + number % 4 * 220, 38 + number // 4 * 14
                parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
                parts.append(_label(x + 14, y, name))
        return "\n".join([*parts, "</svg>\n"])

    def _series(self, keys: list[int]) -> dict[str, dict[str, float]]:
        """Values by series and label, of the largest series only."""
        found: dict[str, dict[str, float]] = {}
        for row in self.table.rows:
            name = ", ".join(self._text(key, row) for key in keys)
            if row[self.measure] is not None:
                found.setdefault(name, {})[self._text(self.x, row)] = float(row[self.measure])
        largest = sorted(found, key=lambda name: -sum(found[name].values()))[:MOST_SERIES]
        return {name: found[name] for name in found if name in largest}

    def _text(self, place: int, row: tuple[Any, ...]) -> str:
        return self.table.columns[place].text(row[place])

    def _at(self, label: str, value: float) -> Point:
        step = (WIDTH - LEFT - RIGHT) / max(len(self.labels), 1)
        height = HEIGHT - TOP - BOTTOM
        x = LEFT + (self.labels.index(label) + 0.5) * step
        return x, HEIGHT - BOTTOM - height * (value / self.size) / self.top

    def _axes(self) -> list[str]:
        parts = []
        for tick in range(TICKS + 1):
            value = self.top * tick / TICKS
            y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * tick / TICKS
            parts.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(_label(LEFT - 6, y + 4, f"{value:g}", anchor="end"))
        column = self.table.columns[self.measure]
        unit = f", {self.unit}" if self.unit else ""
        parts.append(_label(LEFT, HEIGHT - 8, f"{column.label}{unit}"))
        every = -(-len(self.labels) // LABELS) or 1
        for label in self.labels[::every]:
            x, _ = self._at(label, 0)
            short = label if len(label) < 16 else f"{label[:15]}…"
            parts.append(_label(x, HEIGHT - BOTTOM + 18, short, anchor="middle"))
        return parts

    def _marks(self, number: int, points: dict[str, float], colour: str) -> list[str]:
        at = {label: self._at(label, points[label]) for label in self.labels if label in points}
        if self.kind not in ("line", "area"):
            step = (WIDTH - LEFT - RIGHT) / max(len(self.labels), 1)
            wide = 0.8 * step / len(self.series)
            return [
                f'<rect x="{x - 0.4 * step + number * wide:.1f}" y="{y:.1f}" width="{wide:.1f}" '
                f'height="{HEIGHT - BOTTOM - y:.1f}" fill="{colour}"/>'
                for x, y in at.values()
            ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at.values())
        dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
                for x, y in at.values()]  # fmt: skip
        return [f'<polyline points="{line}" fill="none" stroke="{colour}"/>', *dots]


def _label(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _unit(column: Column, largest: float) -> tuple[str, float]:
    """The unit for the largest value, and its size in units of the measure."""
    if column.format == "duration":
        for name, size in (("days", DAY), ("hours", HOUR)):
            if largest >= 2 * size:
                return name, float(size)
        return "minutes", float(MINUTE)
    return ("%", 0.01) if column.format in ("percent", "points") else ("", 1.0)


def _round_up(value: float) -> float:
    """The next round number that the ticks divide evenly."""
    if value <= 0:
        return float(TICKS)
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(one * power for one in (1, 2, 4, 8, 10) if one * power >= value)
