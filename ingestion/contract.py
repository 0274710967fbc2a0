"""What may land, read from where it is declared: the sources of dbt's staging.

The file contract is the generic source. A vendor's source declares the streams that its API gives;
each says which tables of the contract it feeds, and which ticket a row is of.
"""

from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import yaml

from helpdesk.project import DBT_PROJECT

STAGING = DBT_PROJECT / "models" / "staging"
CONTRACT = "generic"
SOURCES_FILE = STAGING / CONTRACT / f"_{CONTRACT}__sources.yml"
# The loader's own books, which do not land.
BOOKS = "landing"


@dataclass(frozen=True)
class Reference:
    """A column that holds ids of the table `to`, in every row or where column `by` has a value."""

    column: str
    to: str
    by: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Column:
    name: str
    description: str
    data_type: str
    is_key: bool
    is_required: bool
    is_personal: bool = False
    accepts_date: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of the contract, or a stream of a vendor. `is_needed`: no desk can be modelled
    without it. `is_rule`: a row of it may bear on any ticket.

    `occurred`: the columns that say when a row happened, the first filled one counting. `parent`:
    the column whose row in another table a row cannot do without. `feeds`: the tables of the
    contract that its rows become; `ticket`: the column that names the ticket of a row, if each is
    of one; `row_key`: the column by which others name a row.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    is_needed: bool
    source_system: str
    feeds: tuple[str, ...]
    ticket: str | None = None
    row_key: str | None = None
    is_rule: bool = False
    occurred: tuple[str, ...] = ()
    parent: str | None = None
    references: tuple[Reference, ...] = ()

    @property
    def raw_name(self) -> str:
        """Its name in the raw layer, where the tables of all sources lie."""
        is_contract = self.source_system == CONTRACT
        return self.name if is_contract else f"{self.source_system}_{self.name}"

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def key_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_key]

    @property
    def is_of_tickets(self) -> bool:
        """Each row is of one ticket, and is modelled with that ticket."""
        return self.ticket is not None

    @property
    def required_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_required]


@cache
def contract_tables() -> dict[str, Table]:
    """The tables of the contract by name, in the order in which they are declared."""
    (source,) = yaml.safe_load(SOURCES_FILE.read_text())["sources"]
    return {table["name"]: _table(table) for table in source["tables"]}


@cache
def landed_tables() -> dict[str, Table]:
    """Everything that may land by its name in the raw layer: the contract first, then vendors."""
    tables = list(contract_tables().values())
    for path in sorted(STAGING.glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            if source["name"] not in (CONTRACT, BOOKS):
                tables += [_stream(source["name"], table) for table in source["tables"]]
    return {table.raw_name: table for table in tables}


@cache
def loader_books() -> list[str]:
    """The books of the loader that models read."""
    declared = yaml.safe_load((STAGING / BOOKS / f"_{BOOKS}__sources.yml").read_text())
    return [table["name"] for table in declared["sources"][0]["tables"]]


def _stream(source_system: str, declared: dict[str, Any]) -> Table:
    """A table of a vendor's source: a stream of its own, or one in the shape of the contract."""
    meta = declared["config"]["meta"]
    if shape := meta.get("contract"):
        return replace(contract_tables()[shape], source_system=source_system, is_needed=False)
    feeds = tuple(contract_tables()[name] for name in meta["feeds"])
    return Table(
        name=declared["name"],
        description=declared["description"],
        columns=tuple(_column(column) for column in declared["columns"]),
        is_needed=meta.get("needed", False),
        is_rule=any(table.is_rule for table in feeds),
        source_system=source_system,
        feeds=tuple(table.name for table in feeds),
        ticket=meta.get("ticket"),
        row_key=meta.get("row_key"),
    )


def _table(declared: dict[str, Any]) -> Table:
    meta = declared["config"]["meta"]
    occurred = meta.get("occurred", [])
    keys = [column["name"] for column in declared["columns"] if _meta(column).get("key")]
    is_of_tickets = declared["name"] == "tickets" or meta.get("parent") == "ticket_id"
    return Table(
        source_system=CONTRACT,
        feeds=(declared["name"],),
        ticket="ticket_id" if is_of_tickets else None,
        row_key=keys[0] if len(keys) == 1 and keys != ["ticket_id"] else None,
        name=declared["name"],
        description=declared["description"],
        columns=tuple(_column(column) for column in declared["columns"]),
        is_needed=meta.get("needed", False),
        is_rule=meta.get("rule", False),
        occurred=(occurred,) if isinstance(occurred, str) else tuple(occurred),
        parent=meta.get("parent"),
        references=tuple(chain.from_iterable(map(_references, declared["columns"]))),
    )


def _meta(declared: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = declared.get("config", {}).get("meta", {})
    return meta


def _column(declared: dict[str, Any]) -> Column:
    meta = _meta(declared)
    return Column(
        name=declared["name"],
        description=declared["description"],
        data_type=declared["data_type"],
        is_key=meta.get("key", False),
        is_required=meta.get("required", False),
        is_personal=meta.get("personal", False),
        accepts_date=meta.get("accepts_date", False),
        accepted=tuple(meta.get("accepted", ())),
    )


def _references(declared: dict[str, Any]) -> list[Reference]:
    meta = _meta(declared)
    if to := meta.get("references"):
        return [Reference(declared["name"], to)]
    by = meta.get("references_by", {"column": None, "tables": {}})
    return [
        Reference(declared["name"], to, by["column"], value) for value, to in by["tables"].items()
    ]


def contract_markdown() -> str:
    """The contract's tables as Markdown, for docs/file-contract.md and the terminal."""
    return "\n".join(_table_markdown(table) for table in contract_tables().values())


def _table_markdown(table: Table) -> str:
    lines = [
        f"### {table.name}",
        "",
        table.description,
        "",
        "| column | type | |",
        "| --- | --- | --- |",
    ]
    for column in table.columns:
        name = f"**{column.name}**" if column.is_key else column.name
        mark = " \\*" if column.is_required else ""
        lines.append(f"| {name}{mark} | {column.data_type} | {column.description} |")
    return "\n".join(lines) + "\n"
