"""The published build and the definitions, opened for one call of a tool."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from helpdesk.reports.catalogue import Catalogue, Field, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.live import CONTACTS
from helpdesk.reports.report import SavedReport
from helpdesk.serve.answers import Answers, of_build
from helpdesk.serve.definitions import Definitions, Reader
from helpdesk.serve.options import Options
from helpdesk.serve.warehouse import SERVED, Build, Warehouse

Row = dict[str, Any]
# A longer text of the data is cut in rows.
LONGEST_TEXT = 500


@dataclass(frozen=True)
class Opened:
    """What a tool answers from."""

    definitions: Definitions
    build: Build
    answers: Answers

    @property
    def catalogue(self) -> Catalogue:
        return self.definitions.catalogue

    def rows(self, sql: str) -> list[Row]:
        """The rows of a statement on the marts."""
        with self.answers.warehouse.session(self.build) as cursor:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def described(self, mart: str) -> str:
        """The definition of a mart, as the build has it."""
        found = self.rows(
            "select comment from duckdb_tables() "
            f"where database_name = '{SERVED}' and schema_name = 'marts' "
            f"and table_name = '{mart}'"
        )
        return found[0]["comment"] or "" if found else ""

    def source(self, name: str) -> Source:
        """A source with measures. Raises ReportError."""
        if name not in self.catalogue.primary:
            raise ReportError(
                f"source: there is no {name!r}{nearest(name, self.catalogue.primary)}"
            )
        return self.catalogue.sources[name]

    def report(self, name: str) -> SavedReport:
        """A report by its name or id. Raises ReportError."""
        wanted = name.lower()
        for one in self.definitions.reports:
            if wanted in (one.name, one.id.lower()):
                return one
        if wanted in self.definitions.broken:
            raise ReportError(f"report: {self.definitions.broken[wanted]}")
        known = [one.name for one in self.definitions.reports]
        raise ReportError(f"report: there is no {name!r}{nearest(name, known)}")

    def members(self, field: Field) -> Source | None:
        """The source with the names of a key's members, where these may be shown."""
        if not field.is_key:
            return None
        target = self.catalogue.source_of_key(field.name)
        is_shown = self.answers.with_people or target.name != CONTACTS
        return target if target.has_name and is_shown else None

    def missing(self, tables: set[str]) -> list[str]:
        """The tables of the contract that the data does not have: a count of their rows is 0."""
        found = self.rows(
            "select table_name from marts.reconciliation group by all "
            "having not bool_or(is_configured) order by all"
        )
        return [row["table_name"] for row in found if row["table_name"] in tables]

    def head(self) -> Row:
        """The build that every answer names."""
        return of_build(self.build)


class Answering:
    """Opens the warehouse for tools."""

    def __init__(self, options: Options) -> None:
        self.warehouse = Warehouse(options)
        self.reader = Reader(options.reports)
        self.answers = Answers(self.warehouse)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """What is published now. Runs in a thread.

        No tool has another way to the data: what a client may not see has to be cut here.
        """
        definitions = self.reader.definitions()
        with self.warehouse.build() as build:
            yield Opened(definitions, build, self.answers)


def cut(row: Row) -> Row:
    """A row without overlong texts."""
    return {
        name: f"{value[:LONGEST_TEXT]} ..."
        if isinstance(value, str) and len(value) > LONGEST_TEXT
        else value
        for name, value in row.items()
    }
