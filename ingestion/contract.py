"""The raw file contract, read from where it is declared: the sources of dbt's generic staging."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCES_FILE = (
    Path(__file__).parents[1] / "dbt_project/models/staging/generic/_generic__sources.yml"
)


@dataclass(frozen=True)
class Column:
    name: str
    description: str
    data_type: str
    is_key: bool
    is_required: bool


@dataclass(frozen=True)
class Table:
    """A table of the contract. `is_needed`: no desk can be modelled without it."""

    name: str
    description: str
    columns: tuple[Column, ...]
    is_needed: bool

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def required_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_required]


@cache
def contract_tables() -> dict[str, Table]:
    """The tables of the contract by name, in the order in which they are declared."""
    (source,) = yaml.safe_load(SOURCES_FILE.read_text())["sources"]
    return {table["name"]: _table(table) for table in source["tables"]}


def _table(declared: dict[str, Any]) -> Table:
    return Table(
        name=declared["name"],
        description=declared["description"],
        columns=tuple(_column(column) for column in declared["columns"]),
        is_needed=declared["config"]["meta"].get("needed", False),
    )


def _column(declared: dict[str, Any]) -> Column:
    meta = declared.get("config", {}).get("meta", {})
    return Column(
        name=declared["name"],
        description=declared["description"],
        data_type=declared["data_type"],
        is_key=meta.get("key", False),
        is_required=meta.get("required", False),
    )


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
