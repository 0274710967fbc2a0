"""The layouts of a vendor's tables in other tools, and the SQL to read each table.

A layout is a folder `layouts/<vendor>_<tool>`. `_tables.yml` declares its tables. One SQL file per
stream builds the vendor's objects from them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from helpdesk.core import sql
from helpdesk.core.errors import ConfigError, near
from helpdesk.core.yaml_files import read_yaml
from helpdesk.extract.origins import Relation
from helpdesk.load.ids import INEXACT, inexact_as_text
from helpdesk.load.readers import typed_as_text

LAYOUTS = Path(__file__).parent / "layouts"
# Special columns in `_tables.yml`: all columns with a prefix as one JSON object, and the rest.
OBJECTS = {"properties": ("property_", "properties_"), "custom_fields": ("custom_",)}
REST = "*"
# Columns that the tools add.
OWN_COLUMNS = ("_airbyte_", "_fivetran_", "_ab_")
# Columns that mark a deleted row. `_fivetran_active` is false for deleted rows.
DELETED = ("_fivetran_deleted", "archived", "is_deleted")
DELETED_AT, ACTIVE = "_ab_cdc_deleted_at", "_fivetran_active"
ARCHIVED_AT = "archivedat"

# The key of a row: a column, or {its column: table.column} for a key in another table.
Key = str | dict[str, str]


@dataclass(frozen=True)
class Stream:
    """The SQL of a stream's objects, and the keys that assign rows of each table to an object.

    `objects`: tables whose rows are objects. `parts`: tables whose rows are parts of objects.
    `with_gone`: parts with deleted rows included. `lookups`: short tables that are read completely,
    with deleted rows; a change in them alone does not fetch an object again. `only_new`: write only
    the rows of an object that come from new rows.
    """

    name: str
    query: str
    tables: tuple[str, ...]
    objects: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Key] = field(default_factory=dict)
    with_gone: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()
    only_new: bool = False

    @property
    def keys(self) -> dict[str, Key]:
        return {**self.objects, **self.parts}

    @property
    def reads_declared(self) -> bool:
        """Whether the SQL reads `declared_fields`, so that its result depends on the settings."""
        return "declared_fields" in self.query

    @property
    def is_declared(self) -> bool:
        return {*self.tables} <= {*self.keys, *self.lookups}


class Missed(TypedDict):
    """The consequence if the tables `absent` are missing and the tables `present` exist."""

    absent: list[str]
    means: str
    present: NotRequired[list[str]]


@dataclass(frozen=True)
class Layout:
    """The tables and streams of a vendor in a tool. `synced`: the column with the sync time.

    `missed`: tables whose absence gets a separate line. `never`: data that the tool does not sync,
    reported by every run.
    """

    vendor: str
    tool: str
    synced: str
    needed: list[str]
    tables: dict[str, list[str]]
    streams: list[Stream]
    missed: Sequence[Missed] = ()
    never: str = ""


def copied_vendors() -> list[str]:
    """The vendors that have a layout."""
    return sorted({path.name.rpartition("_")[0] for path in LAYOUTS.iterdir() if path.is_dir()})


def load_layout(vendor: str, tool: str) -> Layout:
    """Read a layout. Raises ConfigError if it does not exist."""
    tools = sorted(path.name.removeprefix(f"{vendor}_") for path in LAYOUTS.glob(f"{vendor}_*"))
    if tool not in tools:
        raise ConfigError(
            f"--layout {tool!r}: the layouts of {vendor} are {', '.join(tools)}{near(tool, tools)}"
        )
    folder = LAYOUTS / f"{vendor}_{tool}"
    declared = read_yaml(folder / "_tables.yml")
    keys = declared.pop("streams", {})
    streams = [
        _stream(path.stem, path.read_text(), declared["tables"], keys.get(path.stem, {}))
        for path in sorted(folder.glob("*.sql"))
    ]
    return Layout(vendor, tool, streams=streams, **declared)


def _stream(name: str, query: str, tables: dict[str, list[str]], keys: dict[str, Any]) -> Stream:
    named = re.findall(r"\b(?:from|join)\s+\"?(\w+)", re.sub("--.*", "", query))
    read = tuple(table for table in tables if table in named)
    if not keys and len(read) == 1 and "id" in tables[read[0]]:
        keys = {"objects": {read[0]: "id"}}
    return Stream(name, query, read, **keys)


@dataclass(frozen=True)
class Table:
    """A table of the origin, and the SQL of the layout's columns as text.

    `kinds`: the origin's columns with their types; empty if the table is missing.
    """

    layout: Layout
    name: str
    kinds: dict[str, str]

    @property
    def found(self) -> dict[str, str]:
        """The SQL of each column as text, by its name in lower case."""
        return {name.lower(): _as_text(name, kind) for name, kind in self.kinds.items()}

    @property
    def is_versioned(self) -> bool:
        """Whether a row can have several copies: in an append sync, or in a table of versions."""
        return "id" in self.found and (self.layout.tool == "airbyte" or ACTIVE in self.found)

    @property
    def synced_name(self) -> str:
        """The name of the column with the sync time, as in the origin."""
        return next(name for name in self.kinds if name.lower() == self.layout.synced)

    def synced(self) -> str:
        """The SQL of the sync time in its original type, so that DuckDB can skip files."""
        return sql.name(self.synced_name)

    def as_synced(self, text: str) -> str:
        """The SQL of a sync time as a literal of the column's type."""
        kind = self.kinds[self.synced_name]
        return sql.text(text) + ("::timestamptz" if kind.startswith("TIMESTAMP") else "")

    def selected(self, relation: Relation, condition: str = "", with_gone: bool = False) -> str:
        """The SELECT of the newest copy of each row, without deleted rows unless `with_gone`."""
        values = self._values()
        listed = ", ".join(f"{value} as {sql.name(name)}" for name, value in values.items())
        rows = f"from {relation.query}" if self.kinds else "where false"
        if condition:
            rows += f" where {condition}"
        if self.is_versioned:
            rows += f" qualify row_number() over ({self._newest(relation)}) = 1"
        gone = "" if with_gone else " where _gone_at is null"
        return f"select * from (select {listed} {rows}){gone}"

    def key(self, column: str) -> str:
        """The SQL of a key as text. `column` may be an expression with several columns."""
        declared = {name.lower(): "null::varchar" for name in self.layout.tables[self.name]}
        found = declared | self.found
        if column.lower() in found:
            return found[column.lower()]
        # The longest first, so that no name matches a part of a longer one.
        names = "|".join(sorted(map(re.escape, found), key=len, reverse=True))
        named = rf"\"({names})\"|\b({names})\b"
        return re.sub(
            named, lambda match: found[(match[1] or match[2]).lower()], column, flags=re.I
        )

    def has_key(self, column: str, keys: str) -> str:
        """The condition that a row's key is one of `keys`.

        It uses the column's original type if possible, so that DuckDB can skip files.
        """
        kinds = {name.lower(): (name, kind) for name, kind in self.kinds.items()}
        name, kind = kinds.get(column.lower(), ("", ""))
        if kind.endswith(("INTEGER", "BIGINT", "VARCHAR")):
            return f"{sql.name(name)} in (select try_cast(key as {kind}) from {keys})"
        return f"{self.key(column)} in (select key from {keys})"

    def digest(self) -> str:
        """The SQL of a hash that distinguishes rows with the same sync time."""
        return f"hash({', '.join(sql.name(name) for name in self.kinds)})"

    def _values(self) -> dict[str, str]:
        found = self.found
        declared = self.layout.tables[self.name]
        values = {
            name: found.get(name.lower(), "null::varchar") for name in declared if name != REST
        }
        for column, prefixes in OBJECTS.items():
            if column in declared and column not in found:
                values[column] = _object(found, prefixes, declared)
        if REST in declared:
            known = {name.lower() for name in declared}
            values |= {
                name.lower() if name.isupper() else name: found[name.lower()]
                for name in self.kinds
                if name.lower() not in known and not name.lower().startswith(OWN_COLUMNS)
            }
        synced = found.get(self.layout.synced, "null::varchar")
        return values | {"_gone_at": _gone_at(found, synced), "synced_at": synced}

    def _newest(self, relation: Relation) -> str:
        found = self.found
        active = [f"not {_is(found[ACTIVE], False)} desc"] if ACTIVE in found else []
        places = [f"{each.strip()} desc" for each in relation.order.split(",") if each]
        order = ", ".join([*active, f"{self.synced()} desc", *places])
        keys = [found["id"]]
        # The name of the id in an older version of HubSpot's API.
        keys += [found["pipelineid"]] if "pipelineid" in found else []
        return f"partition by {', '.join(keys)} order by {order}"


def _as_text(name: str, kind: str) -> str:
    if kind in INEXACT:
        # `3.0` is the id 3. A rounded id stays in scientific notation.
        value = inexact_as_text(name, kind)
        return f"regexp_replace({value}, '^([+-]?[0-9]+)[.]0$', '\\1')"
    return typed_as_text(name, kind)


def _gone_at(found: dict[str, str], synced: str) -> str:
    """The SQL of the time of deletion, null for an existing row."""
    at = [f"nullif({found[DELETED_AT]}, '')"] if DELETED_AT in found else []
    since = f"coalesce({found[ARCHIVED_AT]}, {synced})" if ARCHIVED_AT in found else synced
    at += [
        f"case when {_is(found[name], True)} then {since} end" for name in DELETED if name in found
    ]
    if ACTIVE in found:
        at.append(f"case when {_is(found[ACTIVE], False)} then {synced} end")
    return f"coalesce({', '.join(at)})" if at else "null::varchar"


def _is(value: str, truth: bool) -> str:
    words = ("true", "t", "1") if truth else ("false", "f", "0")
    return f"coalesce(lower({value}) in {words}, false)"


def _object(found: dict[str, str], prefixes: tuple[str, ...], declared: list[str]) -> str:
    """The SQL of a JSON object with the columns of these prefixes, except for declared ones."""
    listed = ", ".join(
        f"{sql.text(name.removeprefix(prefix))}, {value}"
        for name, value in found.items()
        for prefix in prefixes
        if name.startswith(prefix) and name not in declared
    )
    return f"json_object({listed})"
