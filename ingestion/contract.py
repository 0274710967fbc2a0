"""The raw file contract, read from where it is declared: the sources of dbt's generic staging."""

from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

SOURCES_FILE = (
    Path(__file__).parents[1] / "dbt_project/models/staging/generic/_generic__sources.yml"
)


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
    """A table of the contract. `is_needed`: no desk can be modelled without it. `is_rule`: a row of
    it may bear on any ticket.

    `occurred`: the columns that say when a row happened, the first filled one counting. `parent`:
    the column whose row in another table a row cannot do without.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    is_needed: bool
    is_rule: bool = False
    occurred: tuple[str, ...] = ()
    parent: str | None = None
    references: tuple[Reference, ...] = ()

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def key_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_key]

    @property
    def is_of_tickets(self) -> bool:
        """Each row is of the one ticket in its `ticket_id`, and is modelled with that ticket."""
        return self.name == "tickets" or self.parent == "ticket_id"

    @property
    def required_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_required]


@cache
def contract_tables() -> dict[str, Table]:
    """The tables of the contract by name, in the order in which they are declared."""
    (source,) = yaml.safe_load(SOURCES_FILE.read_text())["sources"]
    return {table["name"]: _table(table) for table in source["tables"]}


def _table(declared: dict[str, Any]) -> Table:
    meta = declared["config"]["meta"]
    occurred = meta.get("occurred", [])
    return Table(
        name=declared["name"],
        description=declared["description"],
        columns=tuple(_column(column) for column in declared["columns"]),
        is_needed=meta.get("needed", False),
        is_rule=meta.get("rule", False),
        occurred=(occurred,) if isinstance(occurred, str) else tuple(occurred),
        parent=meta.get("parent"),
        references=tuple(chain.from_iterable(map(_references, declared["columns"]))),
    )


def _column(declared: dict[str, Any]) -> Column:
    meta = declared.get("config", {}).get("meta", {})
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
    meta = declared.get("config", {}).get("meta", {})
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
