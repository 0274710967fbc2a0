"""The inputs of the pages' queries, by the choices of a reader: `reading.mjs` in Python.

The browser calculates them in JavaScript. A build needs them to run every query before a reader
does, on machines without Node. A test compares both for the same choices.
"""

from datetime import date, timedelta
from typing import Any

GRAINS = ("day", "week", "month", "quarter", "year")


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
    """First and last day of the period, and of the same number of days before it."""
    start, end = date.fromisoformat(clock["first"]), date.fromisoformat(clock["last"])
    bounds = [_day(chosen.get("start")), _day(chosen.get("end"))]
    if chosen["period"] == "custom" and None not in bounds:
        start, end = sorted(day for day in bounds if day)
    elif chosen["period"].isdigit():
        start = end - timedelta(days=int(chosen["period"]) - 1)
    days = (end - start).days + 1
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "before_start": (start - timedelta(days=days)).isoformat(),
        "before_end": (start - timedelta(days=1)).isoformat(),
        "days": days,
    }


def _day(text: str | None) -> date | None:
    """A day of the form 2026-03-31; None where it is something else."""
    try:
        return date.fromisoformat(text or "") if len(text or "") == len("2026-03-31") else None
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
    """The tables without owner and company, for the months of the period and the one before."""
    found = {}
    last = _month(span["end"])
    for kind, table in report["tables"].items():
        first = _month(span["start" if kind.startswith("values_") else "before_start"])
        files = [file for file in table["files"] if file == "all" or first <= file <= last]
        found[kind] = _union(table["columns"], [_table(desk, slug, kind, file) for file in files])
    return found


def _detail(
    desk: dict[str, Any], slug: str, report: dict[str, Any], name: str, number: int
) -> dict[str, str]:
    """The rows of a member; single values, and members of a row, come from lists in its detail."""
    bucket = str(desk["filters"][name]["buckets"][number - 1])
    files = [bucket] if bucket in report["slices"][name] else []
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
