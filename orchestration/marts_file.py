"""`marts.duckdb` of a build: the file of the build before, brought up to date in place.

Rows that differ are found by a hash of all their columns, deleted and inserted; where many differ
in the same few columns only those are written. Of a table of which every fifth row has a later
clock that costs a quarter of writing it anew. What was changed is read back and must have the
content of the working warehouse.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from orchestration.part_files import copy_file
from orchestration.parts import Base, Mart, contents, row_hash

FILE = Path("marts.duckdb")
# DuckDB writes a table in groups of so many rows, so a smaller one is written anew as soon as any
# row of it changes.
ROW_GROUP = 122_880
# Of so many of its rows at least it pays to find out which columns differ; a bit for each.
MANY = 0.01
BITS = 126
# A file that has grown by half over what a fresh one was is written afresh.
GROWTH = 1.5


def usable(base: Base | None) -> bool:
    """Whether the next file can start from that of `base`: as published, and not grown by much."""
    return bool(
        base and base.has(FILE) and base.files[FILE.as_posix()][0] <= GROWTH * base.fresh_bytes
    )


def start_copy(pool: ThreadPoolExecutor, base: Base, folder: Path) -> Future[None]:
    """Begin to copy the file of `base` and to flush it, while something else goes on."""

    def copy() -> None:
        copy_file(base.folder / FILE, folder / FILE)
        sync(folder / FILE)

    return pool.submit(copy)


def sync(path: Path) -> None:
    """Have a file or a folder's entries on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_marts(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    before: dict[str, Mart],
    marts: list[Mart],
    keys: dict[str, list[str]],
) -> None:
    """Bring the file in `folder`, which holds the marts `before`, to the marts of `work`."""
    connection.execute(f"attach {sql.text(folder / FILE)} as published")
    connection.execute("create schema if not exists published.marts")
    for gone in before.keys() - {mart.name for mart in marts}:
        connection.execute(f"drop table published.marts.{sql.name(gone)}")
    for mart in marts:
        old = before.get(mart.name)
        if old != mart:
            connection.execute("begin")
            _bring_up(connection, old, mart, keys.get(mart.name, []))
            connection.execute("commit")


def write_comments(connection: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]]) -> None:
    """Every description as a comment, where it is not there already; then the file is closed."""
    found = connection.execute(
        """select table_name, '', comment from duckdb_tables() where database_name = 'published'
        union all
        select table_name, column_name, comment from duckdb_columns()
        where database_name = 'published'"""
    ).fetchall()
    known = {(table, column): comment for table, column, comment in found}
    connection.execute("begin")
    for node in nodes:
        mart = f"published.marts.{sql.name(node['name'])}"
        for column, described in [("", node), *node["columns"].items()]:
            comment = described["description"].strip()
            if known.get((node["name"], column)) != comment:
                what = f"column {mart}.{sql.name(column)}" if column else f"table {mart}"
                connection.execute(f"comment on {what} is {sql.text(comment)}")
    connection.execute("commit")
    connection.execute("detach published")


def _bring_up(
    connection: duckdb.DuckDBPyConnection, old: Mart | None, mart: Mart, key: list[str]
) -> None:
    if old and mart.has_shape_of(old) and mart.rows > ROW_GROUP:
        parts = [
            part
            for part in sorted({*old.parts, *mart.parts})
            if old.parts.get(part) != mart.parts.get(part)
        ]
        if _update(connection, mart, key, parts):
            # Read back: two rows alike, or a key that is none, would leave the file wrong.
            found = contents(connection, "published", mart, mart.condition(parts))
            if found == {part: mart.parts[part] for part in parts if part in mart.parts}:
                return
    _replace(connection, mart)


def _replace(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    name = f"marts.{sql.name(mart.name)}"
    connection.execute(f"drop table if exists published.{name}")
    rows = sql.number(connection, f"create table published.{name} as from work.{name}")
    if rows != mart.rows:
        raise RuntimeError(f"{mart.name}: {rows} rows written of {mart.rows}")


def _update(
    connection: duckdb.DuckDBPyConnection, mart: Mart, key: list[str], parts: list[str]
) -> bool:
    """Make the rows of these parts those of `work`; false, and nothing done, where most differ."""
    name = f"published.marts.{sql.name(mart.name)}"
    rows = _find_differing(connection, mart, parts)
    if rows > mart.rows:
        return False
    if key and len(mart.columns) <= BITS and rows > MANY * mart.rows:
        _change_in_place(connection, mart, key)
    connection.execute(
        f"""delete from {name} where rowid in (
            select "old row" from differing where "old row" is not null)"""
    )
    connection.execute(
        f"""insert into {name} select {", ".join(map(sql.name, mart.columns))}
        from differing where "new hash" is not null"""
    )
    return True


def _find_differing(connection: duckdb.DuckDBPyConnection, mart: Mart, parts: list[str]) -> int:
    """Table `differing`: places of the rows that are to go, and the rows that are to come.

    Rows are the same where their hashes are. Gives the number of both, and stops where they are
    more than the mart has rows: then half of it or more has changed.
    """
    row = row_hash(mart.columns)
    source = f"marts.{sql.name(mart.name)} where {mart.condition(parts)}"
    connection.execute(
        f"""create or replace temp table differing as
        select old."old row", new.*
        from (
            select rowid as "old row", {row} as "old hash" from published.{source}
        ) as old
        full join (select {row} as "new hash", * from work.{source}) as new
        on old."old hash" = new."new hash"
        where old."old hash" is null or new."new hash" is null
        limit {mart.rows + 1}"""
    )
    return sql.number(connection, "select count(*) from differing")


def _change_in_place(connection: duckdb.DuckDBPyConnection, mart: Mart, key: list[str]) -> None:
    """Where many rows differ in the same columns, write those alone, and take them off `differing`.

    That is what a later clock does to the durations of all that goes on.
    """
    columns = [sql.name(column) for column in mart.columns]
    name = f"published.marts.{sql.name(mart.name)}"
    connection.execute(
        f"""create or replace temp table paired as
        select old.rowid as old_row, new.rowid as new_row, {_differences(columns)} as columns
        from differing as gone
        inner join {name} as old on old.rowid = gone."old row"
        inner join differing as new on {_equal(key)} and new."new hash" is not null"""
    )
    connection.execute(
        f"""create or replace temp table often as
        from paired where columns in (
            select columns from paired group by columns having count(*) > {MANY * mart.rows}
        )"""
    )
    for (bits,) in connection.execute("select distinct columns from often").fetchall():
        changed = [column for i, column in enumerate(columns) if bits >> i & 1]
        connection.execute(
            f"""update {name} as old
            set {", ".join(f"{column} = new.{column}" for column in changed)}
            from often inner join differing as new on new.rowid = often.new_row
            where old.rowid = often.old_row and often.columns = {bits}"""
        )
    connection.execute(
        """delete from differing where rowid in (select new_row from often)
        or "old row" in (select old_row from often)"""
    )


def _differences(columns: list[str]) -> str:
    """SQL of a number that has a bit for each column in which `old` and `new` differ."""
    return " | ".join(
        f"((old.{column} is distinct from new.{column})::hugeint << {i})"
        for i, column in enumerate(columns)
    )


def _equal(key: list[str]) -> str:
    return " and ".join(f"old.{column} = new.{column}" for column in map(sql.name, key))
