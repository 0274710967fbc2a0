"""The chart of a measure over time as a PNG, without a browser."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import vl_convert

# The version of Vega-Lite that the charts are written for, one of those in the library.
VERSION = "5.20"
WIDTH, HEIGHT = 540, 130
# Twice the size in pixels: most screens show it sharp.
SCALE = 2
NOW, BEFORE, INK, GRID, GOAL = "#1f5fbf", "#a9bfdf", "#444444", "#e4e4e4", "#b4530a"
# A quantity on the axis, by the format of the measure.
AXIS = {"percent": ".0%", "points": ".0%", "decimal": ".1f"}
SECONDS = {"h": 3600, "d": 86400, "min": 60}


@dataclass(frozen=True)
class Point:
    """A date of the chart; those of the period before are paler."""

    day: date
    value: float
    is_now: bool


def chart_png(
    points: Sequence[Point], format: str, days: Sequence[str], goal: float | None = None
) -> bytes:
    """The chart of a measure: bars of counts, else a line. `days` are labels of the dates.

    Durations are in the unit, minutes, hours or days, that suits the largest of them.
    """
    unit, factor = _unit(points, format)
    values = [
        {"day": label, "order": number, "value": one.value / factor, "is_now": one.is_now}
        for number, (one, label) in enumerate(zip(points, days, strict=True))
    ]
    axis: dict[str, Any] = {
        "title": None, "gridColor": GRID, "domain": False, "ticks": False, "tickCount": 4,
        "format": AXIS.get(format, "~s"), "labelColor": INK,
    }  # fmt: skip
    if unit:
        axis["labelExpr"] = f"datum.label + ' {unit}'"
        axis["format"] = ",.1~f"
    x = {
        "field": "day", "type": "ordinal", "sort": {"field": "order"},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": "greedy", "labelColor": INK,
                 "ticks": False, "domainColor": GRID, "labelSeparation": 8},
    }  # fmt: skip
    color = {
        "field": "is_now", "type": "nominal", "legend": None,
        "scale": {"domain": [True, False], "range": [NOW, BEFORE]},
    }  # fmt: skip
    y = {"field": "value", "type": "quantitative", "axis": axis, "scale": {"zero": True}}
    mark: dict[str, Any] = {"type": "bar"} if format == "count" else {
        "type": "line", "point": {"size": 22}, "strokeWidth": 2
    }  # fmt: skip
    layers: list[dict[str, Any]] = [{"mark": mark, "encoding": {"x": x, "y": y, "color": color}}]
    if goal is not None:
        layers.append(
            {
                "mark": {"type": "rule", "color": GOAL, "strokeDash": [5, 4]},
                "encoding": {"y": {"datum": goal / factor, "type": "quantitative"}},
            }
        )
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH, "height": HEIGHT, "background": "white",
        "data": {"values": values}, "layer": layers,
        "config": {"view": {"stroke": None}, "font": "Liberation Sans",
                   "axis": {"labelFontSize": 11}},
    }  # fmt: skip
    return bytes(vl_convert.vegalite_to_png(json.dumps(spec), vl_version=VERSION, scale=SCALE))


def _unit(points: Sequence[Point], format: str) -> tuple[str, float]:
    if format not in ("duration", "hours"):
        return "", 1
    most = max((one.value for one in points), default=0)
    if most < 2 * SECONDS["h"]:
        return "min", SECONDS["min"]
    is_days = most >= 3 * SECONDS["d"] and format == "duration"
    return ("d", SECONDS["d"]) if is_days else ("h", SECONDS["h"])
