"""The values of filters: names of members in place of their keys, and values without a row."""

from collections.abc import Iterator

from helpdesk.core.errors import near
from helpdesk.mcp.opened import Opened, Row
from helpdesk.reports.catalogue import Field, Source
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literals
from helpdesk.reports.report import AnyOf, Condition, SavedReport, conditions_of

Parameters = list[tuple[str, str]]
BY_VALUE = ("is", "is_not")
HINT = "; describe_dimension lists the values"


def with_keys(opened: Opened, report: SavedReport, parameters: Parameters) -> Parameters:
    """The parameters with keys in place of names, which may be those of several members.

    `report`: what they request, whose last filters are theirs. Raises ReportError.
    """
    names = list(dict.fromkeys(name for name, _ in parameters if "." in name))
    of = dict(zip(reversed(names), reversed(report.filters), strict=False))
    found: Parameters = []
    for name, value in parameters:
        keys, item = [value], of.get(name)
        if isinstance(item, Condition) and item.comparison in BY_VALUE:
            field = item.place.field
            target = opened.members(field)
            keys = _keys(opened, field, target, value) if target else keys
        found += [(name, key) for key in keys]
    return found


def _keys(opened: Opened, field: Field, target: Source, value: str) -> list[str]:
    """The keys of the members that a value names: by key, else by name."""
    table = f"select {target.key} as key, name from marts.{target.model}"
    wanted = literals([value])
    rows = opened.rows(f"{table} where {target.key} in ({wanted}) or lower(name) = lower({wanted})")
    keys = [row["key"] for row in rows]
    if value in keys:
        return [value]
    if not keys:
        known = [row["name"] for row in opened.rows(table) if row["name"]]
        raise ReportError(
            f"{field.name}: no member has the key or name {value!r}{near(value, known) or HINT}"
        )
    return sorted(keys)


def filters_in_words(opened: Opened, report: SavedReport) -> list[Row]:
    """All filters of a report, with the names of keys."""
    return [
        {"any": [_in_words(opened, one) for one in item.conditions]}
        if isinstance(item, AnyOf)
        else _in_words(opened, item)
        for item in report.filters
    ]


def _in_words(opened: Opened, condition: Condition) -> Row:
    field = condition.place.field
    found: Row = {
        "field": field.name,
        "label": field.label,
        "comparison": condition.comparison,
        "values": list(condition.values),
    }
    target = opened.members(field)
    if target and condition.comparison in BY_VALUE:
        rows = opened.rows(
            f"select {target.key} as key, name from marts.{target.model} "
            f"where {target.key} in ({literals(condition.values)}) order by all"
        )
        found["names"] = {row["key"]: row["name"] for row in rows}
    return found


def values_without_rows(opened: Opened, report: SavedReport) -> Iterator[str]:
    """Notes on values of text filters that the build does not have: a figure of them is 0."""
    for item in report.filters:
        for one in conditions_of(item):
            field = one.place.field
            if (
                field.type == "text"
                and not field.is_detail
                and one.comparison in (*BY_VALUE, "all")
            ):
                yield from _unknown(opened, one)


def _unknown(opened: Opened, condition: Condition) -> Iterator[str]:
    field, bridge = condition.place.field, condition.place.field.bridge
    of = f"{bridge.value} as found_value from marts.{bridge.model}" if bridge else (
        f"{field.sql} as found_value from marts.{condition.place.source.model}"
    )  # fmt: skip
    found = opened.rows(f"select distinct {of} where found_value in ({literals(condition.values)})")
    known = {row["found_value"] for row in found}
    for value in condition.values:
        if value not in known:
            yield f"{field.name}: no row of the build has {value!r}{HINT}."
