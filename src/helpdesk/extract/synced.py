"""The progress in each table of a tool, stored next to the fetched files.

The watermark of a table is its last sync time. More rows with the same time may follow, so a
Parquet file has a digest of each row that was read at this time. The next run reads from the
watermark on and skips these rows. A stream whose SQL has changed is fetched completely again.
"""

import hashlib
import json
import time
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.extract.declared import Declared
from helpdesk.extract.tables import Stream, Table
from helpdesk.load.readers import typed_as_text


class Synced:
    """`digests`: the relation with the digests of rows at each table's watermark."""

    digests = "synced_before"

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, tool: str) -> None:
        self._connection, self._folder, self._tool = connection, folder, tool
        self._file = folder / f"_copied_{tool}.json"
        self._watermarks: dict[str, str] = {}
        self._streams: dict[str, str] = {}

    def read(self) -> None:
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        digests = self._folder / str(known.get("digests", ""))
        rows = "select null::varchar as table_name, null::ubigint as digest where false"
        # Without digests, the progress is of an older version: everything is fetched again.
        if digests.is_file():
            self._watermarks, self._streams = known["tables"], known["streams"]
            rows = f"from {sql.text(digests)}"
        self._connection.execute(f"create temp table {self.digests} as {rows}")

    def watermark(self, table: str) -> str:
        return self._watermarks.get(table, "")

    def has_stream(self, stream: Stream, declared: Declared) -> bool:
        return self._streams.get(stream.name) == _signature(stream, declared)

    def note_streams(self, streams: list[Stream], declared: Declared) -> None:
        self._streams = {stream.name: _signature(stream, declared) for stream in streams}

    def note(self, table: Table, new_rows: str) -> None:
        """Move a table's watermark past the rows of `new_rows` (`synced_at`, `digest`)."""
        newest = typed_as_text("newest", table.kinds[table.synced_name])
        row = self._connection.execute(
            f"select {newest} from (select max(synced_at) as newest from {new_rows})"
        ).fetchone()
        if not row or not row[0]:
            return
        if row[0] != self.watermark(table.name):
            self._connection.execute(
                f"delete from {self.digests} where table_name = ?", [table.name]
            )
        self._watermarks[table.name] = row[0]
        self._connection.execute(
            f"""insert into {self.digests}
            select ?, digest from {new_rows} where synced_at >= {table.as_synced(row[0])}""",
            [table.name],
        )

    def write(self) -> None:
        digests = self._folder / f"_copied_{self._tool}.{time.time():.6f}.parquet"
        self._connection.execute(f"copy {self.digests} to {sql.text(digests)} (format parquet)")
        hidden = self._file.with_name(f".{self._file.name}")
        kept = {
            "tables": self._watermarks,
            "streams": self._streams,
            "digests": digests.name,
        }
        hidden.write_text(json.dumps(kept, indent=1))
        hidden.replace(self._file)
        for older in self._folder.glob(f"_copied_{self._tool}.*.parquet"):
            if older != digests:
                older.unlink()


def _signature(stream: Stream, declared: Declared) -> str:
    own = [declared.listed] if stream.reads_declared and declared.listed else []
    definition = json.dumps([stream.query, stream.objects, stream.parts, *own])
    return hashlib.sha256(definition.encode()).hexdigest()[:16]
