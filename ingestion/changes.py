"""What has landed since the models were last whole: the list that a refresh goes by.

The loader notes each row that came, went or changed: for tables whose rows are of one ticket the
ticket, for tables that tickets point to the row's key. Tables that hold rules (`rule` in the
contract) have a signature instead, for a change there touches every ticket. The notes are kept
until every model and test has passed on them, so a refresh that failed loses nothing.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from helpdesk import sql
from ingestion.contract import Table, contract_tables, landed_tables


def create_books(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of this module. `landing.modelled` has a row once the models were whole."""
    connection.execute(
        """create table if not exists landing.changes (
            source_system varchar, table_name varchar, ticket_id varchar, row_key varchar)"""
    )
    connection.execute(
        "create table if not exists landing.reordered (source_system varchar, table_name varchar)"
    )
    connection.execute(
        """create table if not exists landing.modelled (
            build_id varchar, as_of timestamp, is_whole boolean, state json)"""
    )


def last_modelled(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, dict[str, Any]] | None:
    """The as_of (UTC) and the state that the models were last whole with; None if they are not."""
    row = connection.execute("select as_of, state from landing.modelled where is_whole").fetchone()
    return (row[0].replace(tzinfo=UTC), json.loads(row[1])) if row else None


def mark_started(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on, until `mark_whole`, the models may be half written."""
    connection.execute("update landing.modelled set is_whole = false")


def mark_whole(connection: duckdb.DuckDBPyConnection, state: dict[str, Any]) -> None:
    """Every model and test has passed: what had changed is modelled."""
    connection.execute("begin")
    connection.execute("delete from landing.modelled")
    connection.execute(
        "insert into landing.modelled select build_id, as_of, true, ? from landing.builds",
        [json.dumps(state)],
    )
    connection.execute("truncate landing.changes")
    connection.execute("truncate landing.reordered")
    # What was only a refresh is not done twice: dbt by hand models everything it is asked for.
    connection.execute("update landing.builds set previous_as_of = null")
    connection.execute("commit")


@contextmanager
def noted(connection: duckdb.DuckDBPyConnection, table: Table, file: str) -> Iterator[None]:
    """Notes what the enclosed statements do to the rows of a file in the raw layer."""
    notes = [(feed, _noted_columns(table, feed)) for feed in table.feeds]
    notes = [(feed, columns) for feed, columns in notes if columns]
    if not notes or not last_modelled(connection):
        yield
        return
    values = ", ".join(map(sql.name, table.column_names))
    rows = f"select {values} from raw.{table.raw_name} where _file = {sql.text(file)}"
    is_known = sql.number(
        connection,
        "select count(*) from landing.files where table_name = ? and file = ?",
        *(table.raw_name, file),
    )
    if is_known:
        connection.execute(f"create or replace temp table former_rows as {rows}")
    yield
    changed = f"({rows})"
    if is_known:
        former = "select * from former_rows"
        changed = f"(({former} except all ({rows})) union all (({rows}) except all {former}))"
    for feed, columns in notes:
        source_and_feed = f"{sql.text(table.source_system)}, {sql.text(feed)}"
        connection.execute(
            f"""insert into landing.changes
            select distinct {source_and_feed}, {columns} from {changed}"""
        )
        if is_known:
            # A file written anew has another place in the order of files, and other line numbers.
            connection.execute(f"insert into landing.reordered values ({source_and_feed})")
    connection.execute("drop table if exists former_rows")


def _noted_columns(table: Table, feed: str) -> str:
    """The SQL of `ticket_id` and `row_key` in a note of what a table of the contract is fed.

    Empty for one that is not noted.
    """
    fed = contract_tables()[feed]
    row_key = sql.name(table.row_key) if table.row_key else "null"
    if feed == "deletions" and table.ticket is None:
        return "case when \"table\" = 'tickets' then coalesce(\"key\", '') end, null"
    if table.ticket:
        # Rows without a ticket are bad, and are looked at together, under the empty id.
        return f"coalesce({sql.name(table.ticket)}, ''), {row_key}"
    if feed in _pointed_to_by_tickets() and not fed.is_rule:
        return f"null, {row_key}"
    return ""


def _pointed_to_by_tickets() -> set[str]:
    tables = [table for table in contract_tables().values() if table.is_of_tickets]
    return {reference.to for table in tables for reference in table.references}


def landed_signatures(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest per table of the files that its rows come from; tables without one are not named."""
    return dict(
        connection.execute(
            """select table_name, md5(string_agg(
                concat_ws('|', file, size_bytes, modified_ns, rows_read), '|' order by file))
            from landing.files group by table_name"""
        ).fetchall()
    )


def rule_signatures(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest per rule table of what its rows say, whichever files they came in.

    It covers, for each key, every version in the order in which they replace one another; to land
    the same rows once more changes nothing.
    """
    return {
        table.raw_name: _signature(connection, table)
        for table in landed_tables().values()
        if table.is_rule
    }


def _signature(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    values = ", ".join(f"raw.{sql.name(name)}" for name in table.column_names)
    keys = ", ".join(f"raw.{sql.name(name)}" for name in table.key_names)
    rows = connection.execute(
        f"""with versions as (
            select row({keys}) as key, row({values}) as version,
                max(row(files.modified_ns, files.file, -raw._row)) as place
            from raw.{table.raw_name} as raw
            inner join landing.files as files
                on files.table_name = {sql.text(table.raw_name)} and raw._file = files.file
            group by all
        )
        select to_json(list(version order by place))::varchar
        from versions group by key order by key
        """
    ).fetchall()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
