"""The tables that can be loaded, read from their declaration: the sources of dbt's staging.

The file contract is the generic source. A vendor's source declares the streams of its API. Each
stream names the contract tables that it feeds, and the column with the ticket of a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import yaml

from helpdesk.core.accounts import STAGING, account_names, sources_of_accounts
from helpdesk.core.places import IS_CHECKOUT, PROJECT_ROOT, SHIPPED, project_file
from helpdesk.core.yaml_files import read_yaml

CONTRACT = "generic"
SOURCES_FILE = STAGING / "contract" / "_contract__sources.yml"
SOURCES = "*/_*__sources.yml"
# Added to the description of a strict table.
STRICT = "A build stops at the first row that cannot be used."
# The source that declares the load log: tables that the loader writes.
LOAD_LOG = "landing"


@dataclass(frozen=True)
class Reference:
    """A column with ids of table `to`, in all rows or in those where `by` equals `value`."""

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
    is_harmless: bool = False
    accepts_date: bool = False
    accepted: tuple[str, ...] = ()
    is_compared_only: bool = False
    properties: tuple[str, ...] = ()
    # It contains custom fields. Those that the settings declare become columns.
    is_own: bool = False
    # It also accepts ids of custom fields. Rows with any other value are left out.
    accepts_own: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the contract, or a stream of a vendor.

    `is_needed`: a build fails without the table. `is_rule`: a row can affect any ticket.
    `is_strict`: a build stops at the first unusable row.

    `occurred`: the columns with the time of a row; the first that is not null counts. `parent`: the
    column that references a row without which this row is rejected. `feeds`: the contract tables
    that its rows become. `ticket`: the column with the ticket of a row, if each row belongs to one.
    `row_key`: the column by which other tables reference a row.
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
    is_strict: bool = False
    occurred: tuple[str, ...] = ()
    parent: str | None = None
    references: tuple[Reference, ...] = ()
    # Whether files of the contract feed it, whether or not a vendor's stream has the same shape.
    is_of_contract: bool = False

    @property
    def raw_name(self) -> str:
        """Its name in the raw layer, which has the tables of all sources."""
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
        """Whether each row belongs to one ticket, and is modelled with that ticket."""
        return self.ticket is not None

    @property
    def required_names(self) -> list[str]:
        return [column.name for column in self.columns if column.is_required]


@cache
def contract_tables() -> dict[str, Table]:
    """The tables of the contract by name, in the order in which they are declared."""
    (source,) = read_yaml(project_file(SOURCES_FILE))["sources"]
    return {table["name"]: _table(table) for table in source["tables"]}


@cache
def landed_tables() -> dict[str, Table]:
    """All tables by name in the raw layer: those of the contract first, then those of vendors."""
    tables = list(contract_tables().values())
    for declared in _declared_sources():
        for source in declared["sources"]:
            if source["name"] not in (CONTRACT, LOAD_LOG):
                tables += [_stream(source["name"], table) for table in source["tables"]]
    return {table.raw_name: table for table in tables}


@cache
def load_log_tables() -> list[str]:
    """The tables of the load log that models read."""
    declared = read_yaml(project_file(STAGING / LOAD_LOG / f"_{LOAD_LOG}__sources.yml"))
    return [table["name"] for table in declared["sources"][0]["tables"]]


def _declared_sources() -> Iterator[dict[str, Any]]:
    """The contents of the files that declare sources, including those of accounts, by path."""
    roots = (SHIPPED,) if IS_CHECKOUT else (SHIPPED, PROJECT_ROOT)
    paths = {path.relative_to(root) for root in roots for path in (root / STAGING).glob(SOURCES)}
    accounts = sources_of_accounts({path: project_file(path) for path in paths}, account_names())
    for path in sorted(paths | accounts.keys()):
        yield yaml.safe_load(accounts[path]) if path in accounts else read_yaml(project_file(path))


def _stream(source_system: str, declared: dict[str, Any]) -> Table:
    """A table of a vendor: a stream with its own columns, or a copy of a contract table."""
    meta = declared["config"]["meta"]
    if shape := meta.get("contract"):
        return replace(contract_tables()[shape], source_system=source_system, is_needed=False)
    feeds = tuple(contract_tables()[name] for name in meta["feeds"])
    return Table(
        name=declared["name"],
        description=declared["description"],
        columns=tuple(_column(column) for column in declared["columns"]),
        is_needed=meta.get("needed", False),
        is_rule=meta.get("rule", False) or any(table.is_rule for table in feeds),
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
        is_strict=meta.get("strict", False),
        occurred=(occurred,) if isinstance(occurred, str) else tuple(occurred),
        parent=meta.get("parent"),
        references=tuple(chain.from_iterable(map(_references, declared["columns"]))),
        is_of_contract=True,
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
        is_harmless=meta.get("harmless", False),
        accepts_date=meta.get("accepts_date", False),
        accepted=tuple(meta.get("accepted", ())),
        is_compared_only=meta.get("compared_only", False),
        properties=tuple(meta.get("properties", ())),
        is_own=meta.get("own", False),
        accepts_own=meta.get("accepts_own", False),
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
    """The tables of the contract as Markdown, for docs/file-contract.md and the terminal."""
    return "\n".join(_table_markdown(table) for table in contract_tables().values())


def _table_markdown(table: Table) -> str:
    lines = [
        f"### {table.name}",
        "",
        table.description + (f" {STRICT}" if table.is_strict else ""),
        "",
        "| column | type | |",
        "| --- | --- | --- |",
    ]
    for column in table.columns:
        name = f"**{column.name}**" if column.is_key else column.name
        mark = " \\*" if column.is_required else ""
        values = f" One of {', '.join(column.accepted)}." if column.accepted else ""
        lines.append(f"| {name}{mark} | {column.data_type} | {column.description}{values} |")
    return "\n".join(lines) + "\n"
