"""Reads the secondary sources of a saved report, and finds the key that leads to each."""

from collections.abc import Iterable
from typing import Any

from helpdesk.reports.catalogue import Catalogue, Field, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.lines import Lines
from helpdesk.reports.lines import Place as Where
from helpdesk.reports.report import Join


def read_joins(
    lines: Lines, declared: Any, source: Source, catalogue: Catalogue
) -> tuple[Join, ...]:
    """The joins in their order, each from the primary source or one joined before it."""
    if not isinstance(declared, list):
        raise lines.error(("join",), "a list is expected, such as [tickets]")
    joins: list[Join] = []
    for number, item in enumerate(declared):
        where: Where = ("join", number)
        name, key = _named(lines, where, item)
        if name not in catalogue.sources:
            hint = nearest(name, catalogue.sources)
            raise lines.error(where, f"{name!r} is not a source{hint}")
        if name == source.name or any(join.source.name == name for join in joins):
            raise lines.error(where, f"{name} is already in the report")
        joins.append(_join(lines, where, catalogue.sources[name], key, [source, *(
            join.source for join in joins)]))  # fmt: skip
    return tuple(joins)


def _named(lines: Lines, where: Where, item: Any) -> tuple[str, str | None]:
    if isinstance(item, dict) and set(item) == {"source", "by"}:
        source, key = item["source"], item["by"]
        if isinstance(source, str) and isinstance(key, str):
            return source, key
    if not isinstance(item, str):
        raise lines.error(
            where, "a source is expected, such as tickets or {source: agents, by: owner}"
        )
    return item, None


def _join(
    lines: Lines, where: Where, target: Source, key: str | None, starts: list[Source]
) -> Join:
    """A join from the first source that has a key to the target, or by the key that `by` names."""
    ways = [(start, field) for start in starts for field in _keys_to(start, target)]
    if key is not None:
        by_name = {f"{start.name}.{field.name}": (start, field) for start, field in ways}
        by_name |= {field.name: (start, field) for start, field in reversed(ways)}
        if key not in by_name:
            hint = nearest(key, by_name) if by_name else ""
            raise lines.error(where, f"no key {key!r} leads to {target.name}{hint}")
        return Join(target, *by_name[key])
    if not ways:
        raise lines.error(where, _no_way(target, starts))
    nearest_start = ways[0][0]
    first = [field for start, field in ways if start is nearest_start]
    if len(first) > 1:
        names = " or ".join(field.name for field in first)
        raise lines.error(
            where, f"{target.name} can be joined by {names}: write "
            f"{{source: {target.name}, by: {first[0].name}}}")  # fmt: skip
    return Join(target, nearest_start, first[0])


def _keys_to(start: Source, target: Source) -> Iterable[Field]:
    return (one for one in start.fields.values() if one.is_key and one.name in target.keys
            and start is not target)  # fmt: skip


def _no_way(target: Source, starts: list[Source]) -> str:
    names = " and ".join(start.name for start in starts)
    back = [start for start in starts for one in target.fields.values() if one.name in start.keys]
    if back and target.is_primary:
        return (
            f"one row of {back[0].name} has many of {target.name}: make {target.name} the source "
            f"and join {back[0].name}"
        )
    return f"no key of {names} leads to {target.name}: join a source in between first"
