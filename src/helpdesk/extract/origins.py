"""The places of another tool's tables: a DuckDB file, Parquet files or a Postgres database.

Names match regardless of case. A view counts as a table.
"""

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
from psycopg import sql as postgres

from helpdesk.core import sql
from helpdesk.core.errors import ConfigError, IngestError, near
from helpdesk.core.redaction import keep_secret

# Columns that `read_parquet` adds. They determine which of two copies of a row is newer.
FILE, FILE_ROW = "_origin_file", "file_row_number"
# DuckDB uses these names for its internal databases.
RESERVED = ("memory", "system", "temp")
# With more keys, reading the whole table once is cheaper for the server.
MOST_KEYS = 20_000


@dataclass(frozen=True)
class Relation:
    """A table of the origin: the SQL to read it, and the SQL of the order of its rows."""

    query: str
    order: str = ""


Relations = dict[str, Relation]


class Origin:
    """The tables of the layout that exist, by their names in lower case."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relations: Relations) -> None:
        self.connection, self.relations = connection, relations

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table with their types."""
        described = self.connection.execute(
            f"describe select * from {self.relations[table].query}"
        ).fetchall()
        return {name: kind for name, kind, *_ in described if name not in (FILE, FILE_ROW)}

    def since(self, table: str, synced: str, watermark: str) -> Relation:
        """The table, possibly limited to rows that were synced at the watermark or later."""
        return self.relations[table]

    def of_keys(self, table: str, column: str, keys: str) -> Relation:
        """The table, possibly limited to rows with one of the keys in table `keys`."""
        return self.relations[table]


def open_origin(
    connection: duckdb.DuckDBPyConnection, origin: str, wanted: list[str], stack: ExitStack
) -> Origin:
    """The origin with the `wanted` tables. Raises ConfigError and IngestError.

    `origin` is duckdb:PATH, parquet:FOLDER or postgres:VARIABLE. VARIABLE is an environment
    variable with the connection string, as that contains a password. A # and a schema may follow.
    `stack` closes the connections.
    """
    kind, _, place = origin.partition(":")
    place, schema = _place_and_schema(place)
    kinds: dict[str, Callable[[], Origin]] = {
        "duckdb": lambda: Origin(connection, _duckdb(connection, place, schema, wanted)),
        "parquet": lambda: Origin(connection, _parquet(place, wanted)),
        "postgres": lambda: Postgres(connection, place, schema, wanted, stack),
    }
    if kind not in kinds or not place:
        raise ConfigError(
            f"--from {origin!r}: write duckdb:PATH, parquet:FOLDER or postgres:VARIABLE, where "
            "VARIABLE is an environment variable with the connection string"
            f"{near(kind, kinds) if kind not in kinds else ''}"
        )
    return kinds[kind]()


def _place_and_schema(place: str) -> tuple[str, str]:
    """Split at the last #, unless it is part of an existing path."""
    if "#" not in place or Path(place).exists():
        return place, ""
    before, _, schema = place.rpartition("#")
    return before, schema


def _duckdb(
    connection: duckdb.DuckDBPyConnection, place: str, schema: str, wanted: list[str]
) -> Relations:
    if not Path(place).is_file():
        raise ConfigError(f"--from duckdb:{place}: this file does not exist.")
    # The views in the file may refer to the database by its name.
    stem = Path(place).stem
    database = "origin" if stem.lower() in RESERVED else stem
    connection.execute(
        f"attach {sql.text(Path(place).absolute())} as {sql.name(database)} (read_only)"
    )
    found = connection.execute(
        """select schema_name, table_name, true from duckdb_tables()
        where database_name = $1 and list_contains($2, lower(table_name))
        union all
        select schema_name, view_name, false from duckdb_views()
        where database_name = $1 and not internal and list_contains($2, lower(view_name))
        order by all""",
        [database, wanted],
    ).fetchall()
    is_table = {(of, name): kind for of, name, kind in found}
    return {
        name.lower(): Relation(
            f"{sql.name(database)}.{sql.name(of)}.{sql.name(name)}",
            "rowid" if is_table[of, name] else "",
        )
        for of, name in _in_schema(place, schema, [*is_table])
    }


def _in_schema(place: str, schema: str, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The tables of the given schema, or of the schema with the most of them."""
    folded = {of.lower(): of for of, _ in found}
    schema = folded.get(schema.lower(), schema)
    schemas = [of for of, _ in found]
    listed = ", ".join(sorted(set(schemas)))
    if schema and schema not in schemas:
        raise ConfigError(
            f"--from: {place} has no table of the layout in schema {schema!r}; "
            f"schemas with such tables: {listed or 'none'}{near(schema, schemas)}"
        )
    most = max(map(schemas.count, schemas), default=0)
    best = sorted({of for of in schemas if schemas.count(of) == most})
    if not schema and len(best) > 1:
        raise ConfigError(
            f"--from: {place} has tables of the layout in {' and in '.join(best)}; choose a "
            "schema, as in --from duckdb:PATH#SCHEMA."
        )
    return [(of, name) for of, name in found if of == (schema or best[0])]


def _parquet(place: str, wanted: list[str]) -> Relations:
    folder = Path(place)
    if not folder.is_dir():
        raise ConfigError(f"--from parquet:{place}: this folder does not exist.")
    entries: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        if path.is_dir():
            inside = [each for each in path.rglob("*") if each.suffix.lower() == ".parquet"]
            entries.setdefault(path.name.lower(), []).extend(inside)
        elif path.suffix.lower() == ".parquet":
            entries.setdefault(path.stem.lower(), []).append(path)
    relations = {}
    for table in wanted:
        if files := entries.get(table):
            listed = ", ".join(sql.text(_literal(path)) for path in sorted(files))
            relations[table] = Relation(
                f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false, "
                f"filename = '{FILE}', file_row_number = true)",
                f"{FILE}, file_row_number",
            )
    return relations


def _literal(path: Path) -> str:
    """A path with DuckDB's pattern characters escaped."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path.absolute()))


class Postgres(Origin):
    """Tables of a Postgres database.

    DuckDB's Postgres extension would have to be downloaded. Instead, the requested rows are copied
    into temporary files.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        place: str,
        schema: str,
        wanted: list[str],
        stack: ExitStack,
    ) -> None:
        super().__init__(connection, {})
        self._place = place
        address = os.environ.get(place, "")
        keep_secret(place)
        if not address:
            raise ConfigError(
                f"--from postgres:{place}: the environment variable {place} is not set."
            )
        try:
            self._database = stack.enter_context(psycopg.connect(address))
            self._database.execute("set timezone to 'UTC'")
            # information_schema does not list materialized views.
            found = self._database.execute(
                """select namespace.nspname, class.relname
                from pg_class as class
                inner join pg_namespace as namespace on class.relnamespace = namespace.oid
                where class.relkind in ('r', 'p', 'v', 'm', 'f')
                    and namespace.nspname not in ('pg_catalog', 'information_schema')
                    and lower(class.relname) = any(%s) order by 1, 2""",
                [wanted],
            ).fetchall()
        except psycopg.Error as error:
            raise self._unreadable(error) from None
        self._tables = {name.lower(): (of, name) for of, name in _in_schema(place, schema, found)}
        self.relations = {table: Relation(table) for table in self._tables}
        self._folder = Path(stack.enter_context(TemporaryDirectory()))
        self._kinds: dict[str, dict[str, str]] = {}
        self._copies = 0
        self._whole: dict[str, Relation] = {}

    def columns(self, table: str) -> dict[str, str]:
        """The columns, all as text: Postgres formats values like the vendor's API."""
        return dict.fromkeys(self._types(table), "VARCHAR")

    def since(self, table: str, synced: str, watermark: str) -> Relation:
        if not watermark:
            return self._all(table)
        (column,) = (name for name in self._types(table) if name.lower() == synced)
        condition = postgres.SQL("{} >= {}::{}").format(
            postgres.Identifier(column),
            postgres.Literal(watermark),
            postgres.SQL(self._types(table)[column]),
        )
        return self._copied(table, condition)

    def of_keys(self, table: str, column: str, keys: str) -> Relation:
        if table in self._whole or not column:
            return self._all(table)
        found = self.connection.execute(f"select key from {keys} limit {MOST_KEYS + 1}").fetchall()
        if len(found) > MOST_KEYS:
            return self._all(table)
        (name,) = (one for one in self._types(table) if one.lower() == column.lower())
        condition = postgres.SQL("{} = any({}::{}[])").format(
            postgres.Identifier(name),
            postgres.Literal([key for (key,) in found]),
            postgres.SQL(self._types(table)[name]),
        )
        return self._copied(table, condition)

    def _types(self, table: str) -> dict[str, str]:
        if table not in self._kinds:
            try:
                self._kinds[table] = dict(
                    self._database.execute(
                        """select attname, format_type(atttypid, atttypmod) from pg_attribute
                        where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass
                            and attnum > 0 and not attisdropped order by attnum""",
                        self._tables[table],
                    ).fetchall()
                )
            except psycopg.Error as error:
                raise self._unreadable(error) from None
        return self._kinds[table]

    def _all(self, table: str) -> Relation:
        if table not in self._whole:
            self._whole[table] = self._copied(table, postgres.SQL("true"))
        return self._whole[table]

    def _copied(self, table: str, condition: postgres.Composable) -> Relation:
        """Copy the rows that match the condition into a file, every value as text."""
        query = postgres.SQL(
            "copy (select {} from {} where {}) to stdout (format csv, header)"
        ).format(
            postgres.SQL(", ").join(_as_text(*each) for each in self._types(table).items()),
            postgres.Identifier(*self._tables[table]),
            condition,
        )
        self._copies += 1
        path = self._folder / f"{self._copies}.csv"
        try:
            with self._database.cursor().copy(query) as rows, path.open("wb") as file:
                for block in rows:
                    file.write(block)
        except psycopg.Error as error:
            raise self._unreadable(error) from None
        packed = path.with_suffix(".parquet")
        self.connection.execute(
            f"""copy (
                from read_csv({sql.text(path)}, all_varchar = true, header = true, quote = '"',
                    escape = '"', delim = ',', nullstr = '', allow_quoted_nulls = false)
            ) to {sql.text(packed)}"""
        )
        path.unlink()
        return Relation(
            f"read_parquet({sql.text(packed)}, file_row_number = true)", "file_row_number"
        )

    def _unreadable(self, error: psycopg.Error) -> IngestError:
        # The server's message is safe. The driver's may contain parts of the connection string
        # with the password, which is also why callers raise `from None`.
        reason = error.diag.message_primary or (
            f"{type(error).__name__}: check the connection string, and whether the server answers"
        )
        return IngestError(f"the database in {self._place} cannot be read ({reason})")


def _as_text(name: str, kind: str) -> postgres.Composable:
    """A column as text in the format of the vendor's API. A time without a zone is UTC."""
    column = postgres.Identifier(name)
    if kind.startswith("timestamp"):
        text = postgres.SQL('to_char({}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')').format(column)
    elif kind.endswith("[]"):
        text = postgres.SQL("to_jsonb({})::text").format(column)
    else:
        text = postgres.SQL("{}::text").format(column)
    return postgres.SQL("{} as {}").format(text, column)
