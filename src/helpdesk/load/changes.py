"""The change log: the rows that changed since the last complete run of the models.

The loader logs each row that was added, deleted or changed. For a table whose rows belong to one
ticket it logs the ticket, for a table that tickets reference it logs the key of the row. Tables of
rules (`rule` in the contract) have a signature instead, because a change in them affects every
ticket. The log is kept until every model and test has passed, so a refresh after a failed one
misses nothing.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from helpdesk.contract.tables import Table, contract_tables, landed_tables
from helpdesk.core import sql
from helpdesk.load.own_fields import own_fields

# The table of own fields, and the columns that hold the id of a field in it and in its streams.
FIELDS = "ticket_fields"
FIELD_IDS = ("field_id", "id", "key", "name")
# The table of changes, and the column with them in a stream of tickets. A tool may leave it empty.
HISTORY, HISTORY_COLUMN = "ticket_field_history", "propertiesWithHistory"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the change log. `landing.modelled` has a row after the first run."""
    connection.execute(
        """create table if not exists landing.changes (
            source_system varchar, table_name varchar, ticket_id varchar, row_key varchar)"""
    )
    connection.execute(
        "create table if not exists landing.reordered (source_system varchar, table_name varchar)"
    )
    connection.execute(
        """create table if not exists landing.revisits (
            source_system varchar, ticket_id varchar, table_name varchar, row_key varchar,
            revisit_at timestamp)"""
    )
    connection.execute(
        """create table if not exists landing.modelled (
            build_id varchar, as_of timestamp, is_whole boolean, state json)"""
    )


def last_modelled(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, dict[str, Any]] | None:
    """The as_of (UTC) and the state of the last complete run; None if the models are incomplete."""
    row = connection.execute("select as_of, state from landing.modelled where is_whole").fetchone()
    return (row[0].replace(tzinfo=UTC), json.loads(row[1])) if row else None


def mark_started(connection: duckdb.DuckDBPyConnection) -> None:
    """Mark the models as incomplete, until `mark_whole`."""
    connection.execute("update landing.modelled set is_whole = false")


def mark_whole(
    connection: duckdb.DuckDBPyConnection,
    state: dict[str, Any],
    revisits: str = "intermediate.int_tickets_to_revisit",
) -> None:
    """Mark the models as complete and clear the change log: every model and test has passed.

    `revisits`: the relation with the tickets that the next refresh models again in any case.
    """
    connection.execute("begin")
    # A refresh reads the rows of changed tickets alone. Entries of other tickets stay until due.
    connection.execute(
        """delete from landing.revisits using landing.builds as builds
        where builds.previous_as_of is null or table_name is null or row_key is not null
            or revisit_at <= builds.as_of"""
    )
    columns = "source_system, ticket_id, table_name, row_key, revisit_at"
    connection.execute(
        f"""insert into landing.revisits by name
        select {columns} from {revisits} except select {columns} from landing.revisits"""
    )
    connection.execute("delete from landing.modelled")
    connection.execute(
        f"""insert into landing.modelled
        select build_id, as_of, true, {sql.text(json.dumps(state))} from landing.builds"""
    )
    connection.execute("truncate landing.changes")
    connection.execute("truncate landing.reordered")
    # After this, a manual run of dbt models all tickets.
    connection.execute("update landing.builds set previous_as_of = null")
    connection.execute("commit")


@contextmanager
def logged(connection: duckdb.DuckDBPyConnection, table: Table, file: str) -> Iterator[None]:
    """Log the changes that the enclosed statements make to a file's rows in the raw layer."""
    entries = [(feed, _log_columns(table, feed)) for feed in table.feeds]
    entries = [(feed, columns) for feed, columns in entries if columns]
    if not entries or not last_modelled(connection):
        yield
        return
    values = ", ".join(map(sql.name, _modelled_columns(table)))
    rows = f"select {values} from raw.{table.raw_name} where _file = {sql.text(file)}"
    is_known = sql.number(
        connection,
        f"""select count(*) from landing.files
        where table_name = {sql.text(table.raw_name)} and file = {sql.text(file)}""",
    )
    if is_known:
        connection.execute(f"create or replace temp table former_rows as {rows}")
    yield
    changed = f"({rows})"
    if is_known:
        former = "select * from former_rows"
        changed = f"(({former} except all ({rows})) union all (({rows}) except all {former}))"
    for feed, columns in entries:
        source_and_feed = f"{sql.text(table.source_system)}, {sql.text(feed)}"
        connection.execute(
            f"""insert into landing.changes
            select distinct {source_and_feed}, {columns} from {changed}"""
        )
        if is_known:
            # A rewritten file has a new position in the order of files, and new line numbers.
            connection.execute(f"insert into landing.reordered values ({source_and_feed})")
    connection.execute("drop table if exists former_rows")


def _modelled_columns(table: Table) -> list[str]:
    """The columns that are compared. Own fields may be in columns outside the contract."""
    has_own = any(column.is_own for column in table.columns) and own_field_ids()
    return [*table.column_names, *(["_extra"] if has_own else [])]


def _log_columns(table: Table, feed: str) -> str:
    """The SQL of `ticket_id` and `row_key` in the change log, for a contract table.

    Empty if changes of the table are not logged.
    """
    fed = contract_tables()[feed]
    row_key = sql.name(table.row_key) if table.row_key else "null"
    if feed == "deletions" and table.ticket is None:
        # Staging normalizes the name of the table in the same way.
        name = "lower(trim(\"table\", ' ' || chr(9) || chr(10) || chr(13) || chr(160)))"
        return f"case when {name} = 'tickets' then coalesce(\"key\", '') end, null"
    if table.ticket:
        # Rows without a ticket are invalid. They are checked together, under an empty id.
        return f"coalesce({sql.name(table.ticket)}, ''), {row_key}"
    if feed in _pointed_to_by_tickets() and not fed.is_rule:
        return f"null, {row_key}"
    return ""


def _pointed_to_by_tickets() -> set[str]:
    tables = [table for table in contract_tables().values() if table.is_of_tickets]
    return {reference.to for table in tables for reference in table.references}


def landed_signatures(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest per table of its files. Tables without files are left out."""
    return dict(
        connection.execute(
            """select table_name, md5(string_agg(
                concat_ws('|', file, size_bytes, modified_ns, rows_read), '|' order by file))
            from landing.files group by table_name"""
        ).fetchall()
    )


def rule_signatures(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest per rule table of its rows, independent of the files that contain them.

    It covers every version of each key, in the order in which they replace one another. Loading the
    same rows again does not change it. Two facts about other tables affect every ticket too: once a
    target of a metric is recorded on any ticket, no ticket has the help desk's own clocks of that
    metric; once a change of an own field is loaded, every ticket has a value of it at creation.
    """
    tables = landed_tables().values()
    rules = {table.raw_name: _signature(connection, table) for table in tables if table.is_rule}
    recorded = [
        table.raw_name for table in tables if table.column_names == _applied_targets().column_names
    ]
    recorded_metrics = {name: _recorded_metrics(connection, name) for name in recorded}
    return rules | recorded_metrics | {HISTORY: _fields_with_history(connection)}


def _fields_with_history(connection: duckdb.DuckDBPyConnection) -> str:
    """The own fields with loaded changes, and the streams of tickets with their history.

    Without changes, earlier values are unknown.
    """
    if not (declared := own_field_ids(is_dated=True)):
        return ""
    # No parameter of the statement: to bind one, DuckDB imports pandas.
    found = connection.execute(
        f"""select distinct field from raw.{HISTORY}
        where list_contains({sql.texts(sorted(declared))}, field)"""
    ).fetchall()
    streams = [
        table.raw_name
        for table in landed_tables().values()
        if {"tickets", HISTORY} <= {*table.feeds} and HISTORY_COLUMN in table.column_names
    ]
    with_history = [
        name
        for name in streams
        if connection.execute(
            f"select 1 from raw.{name} where {sql.name(HISTORY_COLUMN)} is not null limit 1"
        ).fetchone()
    ]
    return json.dumps([*sorted(field for (field,) in found), *with_history])


def own_field_ids(is_dated: bool = False) -> set[str]:
    """The ids of declared own fields. `is_dated`: only those with columns for earlier values."""
    fields = [one for one in own_fields() if one["at"] or not is_dated]
    return {named["field"] for one in fields for named in one["sources"]}


def _applied_targets() -> Table:
    return contract_tables()["ticket_sla_applied"]


def _recorded_metrics(connection: duckdb.DuckDBPyConnection, raw_name: str) -> str:
    """The metrics with a target that the help desk recorded on any ticket."""
    rows = connection.execute(
        f"""select distinct lower(trim(metric)) as metric from raw.{raw_name}
        where goal_seconds is not null and metric is not null order by metric"""
    ).fetchall()
    return ", ".join(metric for (metric,) in rows)


def _signature(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    condition = "true"
    if FIELDS in table.feeds:
        # Only declared fields count: a help desk has hundreds of others.
        named = [name for name in FIELD_IDS if name in table.column_names]
        # Zendesk's brands are options of one field, so their table has no column of field ids.
        if named:
            ids = sql.texts(own_field_ids())
            condition = " or ".join(f"list_contains({ids}, raw.{sql.name(name)})" for name in named)
    values = ", ".join(f"raw.{sql.name(name)}" for name in table.column_names)
    key_names = table.key_names or [table.row_key or table.column_names[0]]
    keys = ", ".join(f"raw.{sql.name(name)}" for name in key_names)
    rows = connection.execute(
        f"""with versions as (
            select row({keys}) as key, row({values}) as version,
                max(row(files.modified_ns, files.file, -raw._row)) as place
            from raw.{table.raw_name} as raw
            inner join landing.files as files
                on files.table_name = {sql.text(table.raw_name)} and raw._file = files.file
            where {condition}
            group by all
        )
        select to_json(list(version order by place))::varchar
        from versions group by key order by key
        """
    ).fetchall()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
