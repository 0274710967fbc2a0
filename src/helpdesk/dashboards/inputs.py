"""The inputs of the pages' queries, by the choices of a reader: `reading.mjs` in Python.

The browser calculates them in JavaScript. A build needs them to run every query before a reader
does, on machines without Node. A test compares both for the same choices.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

# The choices of a reader; a filter has one key or several.
Choices = Mapping[str, str | Sequence[str]]

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
# The filters with many members have files of their own, of some 20,000 rows each; a report reads no
# more than these.
SLICED = ("company", "agent")
MOST_FILES = 20


class Members(NamedTuple):
    """Numbers of a filter's members: those to keep, or all, and those to leave out."""

    kept: list[int]
    left_out: list[int]

    def conditions(self, name: str) -> list[str]:
        """The SQL of both; nothing where a reader has chosen nothing."""
        words = {"in": self.kept, "not in": self.left_out}
        return [
            f"{name}_id {word} ({', '.join(map(str, numbers))})"
            for word, numbers in words.items()
            if numbers
        ]


def readings(desk: dict[str, Any], chosen: Choices) -> dict[str, Any]:
    """The inputs of all queries: `period`, `grain`, and tables and condition of each report.

    `desk` is the content of `desk.json`, `chosen` has keys by filter: those to keep, or with `.not`
    after its name those to leave out.
    """
    choices: dict[str, Any] = {**desk["defaults"], **chosen}
    filters = {name: _members(choices, name, one) for name, one in desk["filters"].items()}
    span = chosen_period(desk["clock"], choices)
    grain = choices["grain"] if choices["grain"] in GRAINS else desk["defaults"]["grain"]
    return {
        "period": {**span, "today": desk["clock"]["today"]},
        "grain": grain,
        **{
            slug: _reading(desk, slug, report, filters, span)
            for slug, report in desk["reports"].items()
        },
    }


def _members(choices: Choices, name: str, members: dict[str, Any]) -> Members:
    """The numbers of a filter's members to keep and to leave out; 0 is a key without rows."""
    kept, left_out = (
        [members["keys"].index(key) + 1 if key in members["keys"] else 0 for key in keys]
        for keys in (keys_in(choices, name), keys_in(choices, f"{name}.not"))
    )
    return Members(kept, left_out)


def keys_in(choices: Choices, name: str) -> Sequence[str]:
    """The keys of a filter, or with `.not` after its name those that it leaves out."""
    value = choices.get(name)
    return [value] if isinstance(value, str) else value or []


def chosen_period(clock: Mapping[str, str], chosen: Mapping[str, Any]) -> dict[str, Any]:
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
    filters: dict[str, Members],
    span: dict[str, Any],
) -> dict[str, Any]:
    where = [sql for name in report["filters"] for sql in filters[name].conditions(name)]
    slice_, files = _detail_files(desk, report, filters)
    is_too_large = len(files) > MOST_FILES
    tables = (
        _detail(desk, slug, report, slice_, [] if is_too_large else files)
        if slice_
        else _whole(desk, slug, report, span)
    )
    return {**tables, "where": " and ".join(where) or "true", "is_too_large": is_too_large}


def _detail_files(
    desk: dict[str, Any], report: dict[str, Any], filters: dict[str, Members]
) -> tuple[str, list[str]]:
    """The fewest files with all rows of the chosen owners and companies, and whose they are.

    Each file has all detail of some owners, or of some companies; together the files of either have
    every row.
    """
    if not any(name in report["slices"] and any(filters[name]) for name in SLICED):
        return "", []
    found = []
    for name in SLICED:
        if name in report["slices"]:
            buckets = desk["filters"][name]["buckets"]
            wanted = {str(buckets[number - 1]) for number in filters[name].kept if number}
            every = report["slices"][name]
            is_chosen = bool(filters[name].kept)
            found.append((name, [file for file in every if not is_chosen or file in wanted]))
    return min(found, key=lambda one: len(one[1]))


def _whole(
    desk: dict[str, Any], slug: str, report: dict[str, Any], span: dict[str, Any]
) -> dict[str, str]:
    """The tables without owner and company, for the months of the period and, for those that are
    compared, of the other one."""
    found = {}
    now = (_month(span["start"]), _month(span["end"]))
    before = (_month(span["before_start"]), _month(span["before_end"]))
    for kind, table in report["tables"].items():
        both = span["is_compared"] and table["is_compared"]
        files = [
            file
            for file in table["files"]
            if file == "all"
            or any(first <= file <= last for first, last in ((now, before) if both else (now,)))
        ]
        found[kind] = _union(table["columns"], [_table(desk, slug, kind, file) for file in files])
    return found


def _detail(
    desk: dict[str, Any], slug: str, report: dict[str, Any], name: str, files: list[str]
) -> dict[str, str]:
    """The rows of some owners or companies; single values, and members of a row, come from lists in
    their detail."""
    rows = _union(report["detail"], [_table(desk, slug, name, file) for file in files])
    lists = report.get("lists") or {}
    return {
        kind: f"(select *, unnest({lists[kind][0]}) as {lists[kind][1]} from {rows})"
        if kind in lists
        else rows
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
        f"{'[]' if column.endswith(('_values', '_ids')) else ''} as {column}"
        for column in columns
    ]
    return f"(select {', '.join(empty)} where false)"
