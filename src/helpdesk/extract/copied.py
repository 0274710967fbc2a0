"""Fetches a vendor's data from tables that Fivetran or Airbyte has synced.

It writes only objects with a row that was synced since the last run. It finds the keys of these
objects first, then builds the objects from the rows with these keys in all tables. It does so in
batches, so the memory does not grow with the account. `Synced` stores the progress of each table
next to the files.
"""

import logging
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from helpdesk.contract.tables import landed_tables
from helpdesk.core import sql
from helpdesk.core.build import LogFn
from helpdesk.core.errors import IngestError
from helpdesk.core.limits import Limits, machine_limits
from helpdesk.core.paths import private_folder
from helpdesk.extract.declared import NONE, Declared
from helpdesk.extract.origins import Origin, Relation, open_origin
from helpdesk.extract.pipeline import Ingested
from helpdesk.extract.synced import Synced
from helpdesk.extract.tables import Layout, Stream, Table, copied_vendors, load_layout
from helpdesk.load.readers import typed_as_text

__all__ = ["copied_vendors", "copy_tables", "load_layout"]

# Objects per batch: the updates of 50,000 tickets take some 300 MB.
BATCH = 50_000
SECONDS_BETWEEN_LINES = 10


def copy_tables(
    vendor: str,
    tool: str,
    origin: str,
    landing: Path,
    report: LogFn,
    limits: Limits | None = None,
    account: str = "",
    declared: Declared = NONE,
) -> Ingested:
    """Fetch new rows of the tables at `origin`. Raises ConfigError and IngestError.

    `account`: the name of one of several accounts, each of which is a source. `declared`: the own
    fields whose history is fetched too.
    """
    layout = load_layout(vendor, tool)
    try:
        with ExitStack() as stack:
            spill = Path(stack.enter_context(TemporaryDirectory()))
            config = (limits or machine_limits()).config(spill)
            connection = stack.enter_context(duckdb.connect(config=config))
            connection.execute("set timezone = 'UTC'")
            opened = open_origin(connection, origin, [*layout.tables], stack)
            folder = landing / (f"{vendor}_{account}" if account else vendor)
            return _Copy(connection, layout, opened, origin, folder, report, declared).run()
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise IngestError(f"{vendor}: {origin} cannot be read ({reason}).") from error


class _Copy:
    """A run that turns the tables of one origin into the streams of one layout."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layout: Layout,
        origin: Origin,
        place: str,
        folder: Path,
        report: LogFn,
        declared: Declared,
    ) -> None:
        self.connection, self.layout, self.origin = connection, layout, origin
        self.folder, self.report = folder, report
        self._report_missing(place)
        self.tables = {name: self._table(name) for name in layout.tables}
        self.done = Synced(connection, folder, layout.tool)
        self.declared = declared
        self._logged_at = time.monotonic()
        self._shown: dict[str, str] = {}

    def run(self) -> Ingested:
        private_folder(self.folder)
        ingested = Ingested()
        self.done.read()
        for table in self._found():
            self._find_new_rows(table)
        for stream in self.layout.streams:
            if stream.reads_declared:
                self._show_declared()
            if rows := self._fetch(stream):
                ingested.rows[stream.name] = rows
                self.report(logging.DEBUG, f"{self.layout.vendor}: {rows:,} {stream.name}")
        # After the rows: an interrupted run fetches them again, which changes nothing.
        for table in self._found():
            self.done.note(table, _new_rows(table.name))
        self.done.note_streams(self.layout.streams, self.declared)
        self.done.write()
        return ingested

    def _found(self) -> list[Table]:
        return [table for table in self.tables.values() if table.kinds]

    def _report_missing(self, place: str) -> None:
        layout = self.layout
        found = self.origin.relations.keys()
        missing = [table for table in layout.tables if table not in found]
        needed = [table for table in missing if table in layout.needed]
        if needed:
            raise IngestError(
                f"{place}: found no table {', '.join(needed)} of {layout.tool}; name the database "
                f"or folder that {layout.tool} writes to."
            )
        explained = [
            missed
            for missed in layout.missed
            if found.isdisjoint(missed["absent"]) and found >= {*missed.get("present", [])}
        ]
        for missed in explained:
            self.report(
                logging.WARNING,
                f"{layout.vendor}: {place} has no table {', '.join(missed['absent'])} of "
                f"{layout.tool}: {missed['means']}",
            )
        if layout.never:
            self.report(logging.INFO, f"{layout.vendor}: {layout.never}")
        reported = {table for missed in explained for table in missed["absent"]}
        if missing := [table for table in missing if table not in reported]:
            self.report(
                logging.INFO,
                f"{layout.vendor}: {place} has no table {', '.join(missing)} of {layout.tool}; "
                "their data is left out",
            )

    def _table(self, name: str) -> Table:
        kinds = self.origin.columns(name) if name in self.origin.relations else {}
        if kinds and self.layout.synced not in {column.lower() for column in kinds}:
            raise IngestError(
                f"table {name} has no column {self.layout.synced}, in which {self.layout.tool} "
                "writes the time of a sync; name the database or folder that it writes to."
            )
        return Table(self.layout, name, kinds)

    def _find_new_rows(self, table: Table) -> None:
        """Create `new_<table>` with the keys, sync time and digest of each new row."""
        watermark = self.done.watermark(table.name)
        relation = self.origin.since(table.name, self.layout.synced, watermark)
        keys = ", ".join(
            f"{table.key(column)} as {sql.name(column)}, "
            for column in self._key_columns(table.name)
        ).replace(", , ", ", ")
        # In the first run all rows are new, so a view is enough.
        kind, since = "view", "true"
        if watermark:
            kind = "table"
            since = f"""{table.synced()} >= {table.as_synced(watermark)} and not exists (
                from {self.done.digests} as seen
                where seen.table_name = {sql.text(table.name)} and seen.digest = {table.digest()}
            )"""
        self.connection.execute(
            f"""create temp {kind} {_new_rows(table.name)} as
            select {keys} {table.synced()} as synced_at, {table.digest()} as digest
            from {relation.query} where {since}"""
        )

    def _key_columns(self, table: str) -> list[str]:
        """The columns of a table that are keys of the objects of any stream."""
        columns: dict[str, None] = {}
        for stream in self.layout.streams:
            key = stream.keys.get(table)
            if isinstance(key, str):
                columns[key] = None
            elif key:
                columns |= dict.fromkeys(key)
        return [*columns]

    def _fetch(self, stream: Stream) -> int:
        """Write the objects of a stream that have a new row; returns their number."""
        is_whole = not self.done.has_stream(stream, self.declared)
        if not is_whole and not any(self._has_new_rows(table) for table in stream.tables):
            return 0
        if not stream.is_declared:
            return self._fetch_undeclared(stream, is_whole)
        is_simple = not stream.parts and not any(
            self.tables[table].is_versioned for table in stream.tables
        )
        if is_whole and is_simple:
            for table in stream.tables:
                self._show(table, self.tables[table].selected(self._all(table), with_gone=True))
            return self._write(stream, 0, is_streamed=True)
        objects = self._find_keys(stream, is_whole)
        since = self._oldest_new_row(stream) if stream.only_new and not is_whole else ""
        rows = 0
        started = time.monotonic()
        for number, first in enumerate(range(0, objects, BATCH)):
            self.connection.execute(
                f"""create or replace temp table batch as select key from changed_keys
                where number >= {first} and number < {first + BATCH}"""
            )
            self._show_batch(stream)
            rows += self._write(stream, number, since)
            self._log_progress(stream, min(first + BATCH, objects), objects, started)
        return rows

    def _has_new_rows(self, table: str) -> bool:
        if not self.tables[table].kinds:
            return False
        return bool(self.connection.execute(f"from {_new_rows(table)} limit 1").fetchall())

    def _find_keys(self, stream: Stream, is_whole: bool) -> int:
        """Create `changed_keys`, numbered in the likely order of the rows in files."""
        found = ["select null::varchar as key"]
        for name, key in stream.keys.items():
            table = self.tables[name]
            if not table.kinds:
                continue
            if isinstance(key, str):
                found.append(self._keys_of(table, key, is_whole))
            elif self._has_new_rows(name) and not is_whole:
                found.append(self._keys_through(stream, name, key))
        self.connection.execute(
            f"""create or replace temp table changed_keys as
            select key, row_number() over (order by try_cast(key as bigint), key) - 1 as number
            from (select distinct key from ({" union all ".join(found)}) where key is not null)"""
        )
        return sql.number(self.connection, "select count(*) from changed_keys")

    def _keys_of(self, table: Table, key: str, is_whole: bool) -> str:
        if is_whole and self.done.watermark(table.name):
            # The rows were fetched before, but with another query.
            return f"select {table.key(key)} as key from {self._all(table.name).query}"
        return f"select {sql.name(key)} as key from {_new_rows(table.name)}"

    def _oldest_new_row(self, stream: Stream) -> str:
        """The oldest sync time of the stream's new rows."""
        times = []
        for table in (self.tables[name] for name in stream.tables if self.tables[name].kinds):
            oldest = typed_as_text("oldest", table.kinds[table.synced_name])
            times += self.connection.execute(
                f"""select {oldest}
                from (select min(synced_at) as oldest from {_new_rows(table.name)})"""
            ).fetchall()
        return min((str(time) for (time,) in times if time), default="")

    def _keys_through(self, stream: Stream, name: str, key: dict[str, str]) -> str:
        """The keys of the objects that new rows of a table reference through another table."""
        ((column, through),) = key.items()
        other, _, by = through.partition(".")
        table = self.tables[other]
        its_key = stream.keys[other]
        if not table.kinds or not isinstance(its_key, str):
            return "select null::varchar as key"
        keys = sql.name(f"keys_of_{name}")
        self.connection.execute(
            f"""create or replace temp table {keys} as
            select distinct {sql.name(column)} as key from {_new_rows(name)}"""
        )
        relation = self.origin.of_keys(other, by, keys)
        return f"""select {table.key(its_key)} as key from {relation.query}
            where {table.has_key(by, keys)}"""

    def _show_batch(self, stream: Stream) -> None:
        """Create a temporary table per table of the layout, with the rows of the batch."""
        own = [name for name, key in stream.keys.items() if isinstance(key, str)]
        for name in own:
            self._take(stream, name, str(stream.keys[name]), "batch")
        for name, key in stream.keys.items():
            if isinstance(key, dict):
                ((column, through),) = key.items()
                other, _, by = through.partition(".")
                keys = sql.name(f"keys_of_{name}")
                self.connection.execute(
                    f"""create or replace temp table {keys} as
                    select distinct {sql.name(by)} as key from {sql.name(other)}"""
                )
                self._take(stream, name, column, keys)
        for name in stream.lookups:
            self._show(name, self.tables[name].selected(self._all(name), with_gone=True))

    def _take(self, stream: Stream, name: str, column: str, keys: str) -> None:
        table = self.tables[name]
        relation, condition = Relation(""), ""
        if table.kinds:
            is_column = column.lower() in table.found
            relation = self.origin.of_keys(name, column if is_column else "", keys)
            condition = table.has_key(column, keys)
        rows = table.selected(
            relation, condition, with_gone=name in stream.objects or name in stream.with_gone
        )
        self._show(name, rows, "table")

    def _show(self, name: str, rows: str, kind: str = "view") -> None:
        """Create a temporary table or view of these rows, for the SQL of a stream."""
        if shown := self._shown.pop(name, ""):
            self.connection.execute(f"drop {shown} temp.{sql.name(name)}")
        self.connection.execute(f"create temp {kind} {sql.name(name)} as {rows}")
        self._shown[name] = kind

    def _all(self, name: str) -> Relation:
        there = self.tables[name].kinds
        return self.origin.since(name, self.layout.synced, "") if there else Relation("")

    def _fetch_undeclared(self, stream: Stream, is_whole: bool) -> int:
        """Build all objects of a stream that declares no keys of its tables."""
        marks = [self.done.watermark(table) for table in stream.tables]
        for name in stream.tables:
            self._show(name, self.tables[name].selected(self._all(name)))
        return self._write(stream, 0, since="" if is_whole else min(marks, default=""))

    def _write(
        self, stream: Stream, number: int, since: str = "", is_streamed: bool = False
    ) -> int:
        """Run the SQL of a stream on the temporary tables, and write its rows to a file."""
        self._show_fetched(stream)
        query = f"select * from ({stream.query}) as made"
        if since:
            query += f" where synced_at >= {sql.text(since)}"
        described = self.connection.execute(f"describe {query}").fetchall()
        kinds = {name: kind for name, kind, *_ in described}
        columns = self._marked(stream, kinds)
        gone = ""
        if stream.objects and any("gone." in value for value in columns.values()):
            rows = " union all ".join(
                f"""select {self._key_in_view(table, key)} as gone_key, max(_gone_at) as gone_at
                from {sql.name(table)} where _gone_at is not null group by all"""
                for table, key in stream.objects.items()
            )
            gone = f"left join ({rows}) as gone on made.id = gone.gone_key"
        listed = ", ".join(f"{value} as {sql.name(name)}" for name, value in columns.items())
        # The name starts with the time, as for files from the API, so the newest file counts.
        into = self.folder / stream.name / f"{time.time():.6f}.{number:04d}.copied.parquet"
        into.parent.mkdir(parents=True, exist_ok=True)
        hidden = into.with_name(f".{into.name}")
        order = "" if is_streamed else "order by synced_at, id"
        written = self.connection.execute(
            f"""copy (select {listed} from ({query}) as made {gone} {order})
            to {sql.text(hidden)} (format parquet, compression zstd)"""
        ).fetchone()
        rows_written = int(written[0]) if written else 0
        if rows_written:
            hidden.replace(into)
        else:
            hidden.unlink(missing_ok=True)
        return rows_written

    def _key_in_view(self, table: str, key: str) -> str:
        is_column = key.lower() in (name.lower() for name in self.layout.tables[table])
        return sql.name(key) if is_column else key

    def _marked(self, stream: Stream, kinds: dict[str, str]) -> dict[str, str]:
        """The columns of a file, each with its SQL. Deleted objects get the mark that the vendor's
        stream declares."""
        columns = {
            name: typed_as_text(name, kind) for name, kind in kinds.items() if name != "synced_at"
        }
        declared = landed_tables().get(f"{self.layout.vendor}_{stream.name}")
        names = {*declared.column_names} if declared else set()
        if "_gone_at" not in names:
            columns.pop("_gone_at", None)
        elif "_gone_at" not in columns and stream.objects:
            columns["_gone_at"] = "gone.gone_at"
        if "archived" in names and stream.objects:
            kept = columns.get("archived", "'false'")
            columns["archived"] = f"case when gone.gone_at is not null then 'true' else {kept} end"
            if "archivedAt" in names:
                at = columns.get("archivedAt", "null::varchar")
                columns["archivedAt"] = f"coalesce({at}, gone.gone_at)"
        return columns

    def _show_declared(self) -> None:
        """Create `declared_fields` with the own fields of the settings. The list of the source's
        fields has been fetched before."""
        self.declared = self.declared.with_landed(self.folder.name, self.folder.parent)
        self.connection.execute(
            "create or replace temp table declared_fields (object varchar, field varchar)"
        )
        for each in self.declared.listed:
            self.connection.execute("insert into declared_fields values (?, ?)", each)

    def _show_fetched(self, stream: Stream) -> None:
        """Create `landed`, a view of the stream's files, for SQL that reads it."""
        if "landed" not in stream.query:
            return
        files = sorted((self.folder / stream.name).glob("*.copied.parquet"))
        listed = ", ".join(sql.text(path) for path in files)
        none = ", ".join(f"null::varchar as {name}" for name in ("id", "ticket_id", "event"))
        rows = f"select {none} where false"
        if files:
            rows = f"from read_parquet([{listed}], union_by_name = true)"
        self.connection.execute(f"create or replace temp view landed as {rows}")

    def _log_progress(self, stream: Stream, done: int, objects: int, started: float) -> None:
        now = time.monotonic()
        if now - self._logged_at < SECONDS_BETWEEN_LINES or done == objects:
            return
        self._logged_at = now
        left = (now - started) / done * (objects - done)
        self.report(
            logging.INFO,
            f"{self.layout.vendor}: {stream.name}: {done:,} of {objects:,} objects, "
            f"about {left:,.0f} seconds left",
        )


def _new_rows(table: str) -> str:
    return sql.name(f"new_{table}")
