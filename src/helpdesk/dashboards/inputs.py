"""The inputs of the pages' queries, by the choices of a reader: `reading.mjs` in Python.

The browser calculates them in JavaScript. A build needs them to run every query before a reader
does, on machines without Node. A test compares both for the same choices.
"""

import re
from datetime import date, timedelta
from typing import Any

GRAINS = ("day", "week", "month", "quarter", "year")
# The periods of the calendar: the unit, and how many of it ago.
CALENDAR = {
    "today": ("day", 0),
    "yesterday": ("day", 1),
    **{
        f"{word}_{unit}": (unit, ago)
        for ago, word in enumerate(("this", "last"))
        for unit in ("week", "month", "quarter", "year")
    },
}
# The number of units in a year. Days and weeks keep their weekdays.
A_YEAR = {"day": 364, "week": 52, "month": 12, "quarter": 4, "year": 1}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAY = timedelta(days=1)


def readings(desk: dict[str, Any], chosen: dict[str, str]) -> dict[str, Any]:
    """The inputs of all queries: `period`, `grain`, and tables and condition of each report.

    `desk` is the content of `desk.json`, `chosen` has keys by filter.
    """
    choices = desk["defaults"] | chosen
    numbers = {
        name: members["keys"].index(choices[name]) + 1
        if choices.get(name) in members["keys"]
        else 0
        for name, members in desk["filters"].items()
    }
    span = _period(desk["clock"], choices)
    grain = choices["grain"] if choices["grain"] in GRAINS else desk["defaults"]["grain"]
    return {
        "period": {**span, "today": desk["clock"]["today"]},
        "grain": grain,
        **{
            slug: _reading(desk, slug, report, numbers, span)
            for slug, report in desk["reports"].items()
        },
    }


def _period(clock: dict[str, str], chosen: dict[str, str]) -> dict[str, Any]:
    """First and last day of the period and of the one to compare it with, all of it in the data."""
    first, last = date.fromisoformat(clock["first"]), date.fromisoformat(clock["last"])
    start, end = first, last
    unit, ago = CALENDAR.get(chosen["period"], ("", 0))
    bounds = [_day(chosen.get("start")), _day(chosen.get("end"))]
    if unit:
        start = _starting(unit, last, ago)
        end = _ending(unit, start) if ago else last
    elif chosen["period"] == "custom" and None not in bounds:
        start, end = sorted(day for day in bounds if day)
    elif re.fullmatch("[1-9][0-9]{0,4}", chosen["period"]):
        start = end - timedelta(days=int(chosen["period"]) - 1)
    before_start, before_end = _compared(unit, start, end, chosen.get("compare") == "year")
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "before_start": before_start.isoformat(),
        "before_end": before_end.isoformat(),
        "days": (end - start).days + 1,
        "is_compared": before_start >= first and before_end < start,
    }


def _compared(unit: str, start: date, end: date, is_year_before: bool) -> tuple[date, date]:
    """A calendar period is compared with a whole one, or while it lasts with as many days of it."""
    length = end - start
    if not unit and is_year_before:
        return _year_before(start), _year_before(end)
    if not unit:
        return start - length - DAY, start - DAY
    first = _starting(unit, start, A_YEAR[unit] if is_year_before else 1)
    last = _ending(unit, first)
    return first, min(last, first + length) if end < _ending(unit, start) else last


def _starting(unit: str, day: date, ago: int = 0) -> date:
    """The first day of the week, month, ... that a day is in, or of one that many ago."""
    if unit == "day":
        return day - timedelta(days=ago)
    if unit == "week":
        return day - timedelta(days=day.weekday(), weeks=ago)
    months = 12 * day.year + day.month - 1
    year, month = divmod(months - months % MONTHS[unit] - MONTHS[unit] * ago, 12)
    return date(year, month + 1, 1)


def _ending(unit: str, day: date) -> date:
    """The last day of the week, month, ... that a day is in."""
    return _starting(unit, day, -1) - DAY


def _year_before(day: date) -> date:
    """29 February has 28 February a year before."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _day(text: str | None) -> date | None:
    """A day of the form 2026-03-31; None where it is something else."""
    try:
        is_day = re.fullmatch("(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", text or "")
        return date.fromisoformat(text or "") if is_day else None
    except ValueError:
        return None


def _reading(
    desk: dict[str, Any],
    slug: str,
    report: dict[str, Any],
    numbers: dict[str, int],
    span: dict[str, Any],
) -> dict[str, str]:
    chosen = [name for name in report["filters"] if numbers[name]]
    where = " and ".join(f"{name}_id = {numbers[name]}" for name in chosen) or "true"
    # The files of one member have all its detail; those of a company are the smallest.
    for name in ("company", "agent"):
        if name in chosen and report["slices"].get(name) is not None:
            return _detail(desk, slug, report, name, numbers[name]) | {"where": where}
    return _whole(desk, slug, report, span) | {"where": where}


def _whole(
    desk: dict[str, Any], slug: str, report: dict[str, Any], span: dict[str, Any]
) -> dict[str, str]:
    """The tables without owner and company, for the months of the period and, for sums, of the
    other one."""
    found = {}
    now = (_month(span["start"]), _month(span["end"]))
    before = (_month(span["before_start"]), _month(span["before_end"]))
    for kind, table in report["tables"].items():
        both = span["is_compared"] and not kind.startswith("values_")
        files = [
            file
            for file in table["files"]
            if file == "all"
            or any(first <= file <= last for first, last in ((now, before) if both else (now,)))
        ]
        found[kind] = _union(table["columns"], [_table(desk, slug, kind, file) for file in files])
    return found


def _detail(
    desk: dict[str, Any], slug: str, report: dict[str, Any], name: str, number: int
) -> dict[str, str]:
    """The rows of a member; single values come from the lists in its detail."""
    bucket = str(desk["filters"][name]["buckets"][number - 1])
    files = [bucket] if bucket in report["slices"][name] else []
    rows = _union(report["detail"], [_table(desk, slug, name, file) for file in files])
    lists = report.get("lists") or {}
    return {
        kind: f"(select *, unnest({lists[kind]}) as value from {rows})" if kind in lists else rows
        for kind in report["tables"]
    }


def _month(day: str) -> str:
    return day.replace("-", "")[:6]


def _table(desk: dict[str, Any], slug: str, kind: str, file: str) -> str:
    return f"desk.d_{desk['folder']}__{slug}__{kind}__{file}"


def _union(columns: list[str], tables: list[str]) -> str:
    """Without files, an empty table with the same columns."""
    if len(tables) == 1:
        return tables[0]
    if tables:
        return f"({' union all '.join(f'select * from {name}' for name in tables)})"
    empty = [
        f"null::{'timestamp' if column == 'report_date' else 'double'}"
        f"{'[]' if column.endswith('_values') else ''} as {column}"
        for column in columns
    ]
    return f"(select {', '.join(empty)} where false)"
