"""Runs the queries of the pages on their data, for the choices of a reader.

A host of plain files leaves this to the database in the browser, which takes seconds to start. The
SQL is that of the site's data, and its inputs are numbers and dates, by the same code as a build's.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.core.sql import text
from helpdesk.dashboards.inputs import readings
from helpdesk.dashboards.pages import REPORTS, bind, run_query
from helpdesk.serve.guard import Refusal
from helpdesk.serve.options import Options

FOLDER = re.compile(r"[0-9a-f]{12}")
SLUG = re.compile(r"[a-z][a-z0-9_]{0,49}")
# Choices with one value; the others are filters.
SINGLE = ("period", "start", "end", "compare", "grain")
# The queries of a report on a page with others, and the further ones of its own page.
PARTS = {"shared": "queries", "own": "own_queries"}
ONLY = "only"
# The data of a page is small. A query has one thread, and several run at once.
MEMORY = "1GB"
CONFIG: dict[str, Any] = {
    "memory_limit": MEMORY,
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
# The present data, and that of pages which are still open.
KEPT = 2
GONE = "The data of this page was replaced: reload the page."


class Pages:
    """The data of a site, which a build may replace at any time."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.data = options.site / "data"
        self._desks: dict[str, dict[str, Any]] = {}
        self._databases: dict[str, duckdb.DuckDBPyConnection] = {}
        self._lock = threading.Lock()

    def results(
        self, folder: str, slug: str, part: str, choices: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        """The rows of each query, by kind. Runs in a thread. Raises Refusal.

        `folder`: the data that the page was loaded with; `choices`: as in the page's address, and
        `only` with the kinds that the page lacks.
        """
        if not FOLDER.fullmatch(folder) or not SLUG.fullmatch(slug) or part not in PARTS:
            raise Refusal(404, "There is no such part of a page.")
        data = self.data / folder
        texts = self._read(data / REPORTS / f"{slug}.json")[PARTS[part]]
        if only := {value for name, value in choices if name == ONLY}:
            texts = {kind: sql for kind, sql in texts.items() if kind in only}
        try:
            inputs = readings(self._desk(data), by_name([one for one in choices if one[0] != ONLY]))
            bound = {kind: bind(sql, inputs) for kind, sql in texts.items()}
        except (ValueError, OverflowError) as error:
            raise Refusal(400, "The choices have a value that no page offers.") from error
        return self._run(data, bound)

    def current(self) -> str:
        """The folder of the present data. Raises Refusal."""
        try:
            found = json.loads((self.data / "current.json").read_text(encoding="utf-8"))
            return str(found["folder"])
        except (OSError, ValueError, KeyError) as error:
            raise Refusal(404, "The pages have no data yet.") from error

    def desk(self, folder: str) -> dict[str, Any]:
        """The content of `desk.json` in a folder of data. Raises Refusal."""
        if not FOLDER.fullmatch(folder):
            raise Refusal(404, "There is no such folder of data.")
        return self._desk(self.data / folder)

    def _desk(self, data: Path) -> dict[str, Any]:
        desk = self._desks.get(data.name)
        if desk is None:
            desk = self._read(data / "desk.json")
            # One assignment, because other threads read it meanwhile.
            self._desks = dict([(data.name, desk), *self._desks.items()][:KEPT])
        return desk

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise Refusal(410, GONE) from error
        return found

    def _run(self, data: Path, statements: Mapping[str, str]) -> dict[str, Any]:
        seconds = self.options.query_seconds
        connection = self._database(data).cursor()
        is_late = threading.Event()

        def interrupt() -> None:
            is_late.set()
            connection.interrupt()

        def rows(sql: str) -> list[dict[str, Any]]:
            # Between two queries there is nothing to interrupt.
            if is_late.is_set():
                raise duckdb.InterruptException("late")
            return _rows(connection, data, sql)

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        timer.start()
        try:
            return {kind: rows(sql) for kind, sql in statements.items()}
        except duckdb.InterruptException as error:
            raise Refusal(503, f"The page took longer than {seconds:g} s.") from error
        except duckdb.OutOfMemoryException as error:
            raise Refusal(503, f"The page needs more than {MEMORY}.") from error
        except duckdb.IOException as error:
            raise Refusal(410, GONE) from error
        finally:
            timer.cancel()
            connection.close()

    def _database(self, data: Path) -> duckdb.DuckDBPyConnection:
        """A database that reads the files of a folder and nothing else.

        To start one takes longer than most queries, and it keeps what it knows of each file.
        """
        with self._lock:
            found = self._databases.get(data.name)
            if found is None:
                found = duckdb.connect(config=CONFIG)
                found.execute(f"set allowed_directories = [{text(str(data))}]")
                found.execute("set enable_external_access = false")
                found.execute("set parquet_metadata_cache = true")
                # A database that is left out ends after its last query.
                self._databases = dict([(data.name, found), *self._databases.items()][:KEPT])
            return found


def by_name(choices: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """A filter of several keys is given several times. Raises ValueError for another choice."""
    single = dict(one for one in choices if one[0] in SINGLE)
    filters: dict[str, list[str]] = {}
    for name, value in choices:
        if name not in SINGLE:
            filters.setdefault(name, []).append(value)
    if len(single) + sum(map(len, filters.values())) < len(choices):
        raise ValueError("a choice is given twice")
    return {**single, **filters}


def _rows(connection: duckdb.DuckDBPyConnection, data: Path, sql: str) -> list[dict[str, Any]]:
    result = run_query(connection, data, sql)
    names = [name for name, *_ in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
