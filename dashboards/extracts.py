"""Copies what the pages read from the published marts to files a browser can load.

A page's tables travel to the reader whole, so they hold only what it needs, and a small integer in
place of every key: short, and safe to set into SQL whatever characters the help desk's ids hold.
Numbers are DOUBLE and times TIMESTAMP because the browser knows no other (64-bit integers arrive as
objects it cannot add up).
"""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from dashboards.definitions import DATE_COLUMN, Definitions, Dimension, Report
from dashboards.errors import DashboardError

SOURCE = "desk"
CLOCK_TABLE = "build"
LARGE = 1_000_000
KINDS = {"TIMESTAMP": "date", "VARCHAR": "string"}


@dataclass(frozen=True)
class Table:
    """An extracted table."""

    name: str
    rows: int
    bytes: int
    path: Path


@dataclass(frozen=True)
class Span:
    """The days a reader may choose from, and how much happens on them."""

    first: date
    last: date
    rows: int
    recent_rows: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Extracts:
    """What was extracted."""

    tables: tuple[Table, ...]
    span: Span

    @property
    def empty(self) -> frozenset[str]:
        """Names of the tables without a row."""
        return frozenset(table.name for table in self.tables if not table.rows)

    @property
    def large(self) -> tuple[Table, ...]:
        """Tables that make the first click of a page slow."""
        return tuple(table for table in self.tables if table.rows > LARGE)


def filter_table(name: str) -> str:
    """The table of a filter's members."""
    return f"filter_{name}"


def series_table(report: Report) -> str:
    """The table of the members of a report's series."""
    return f"series_{report.slug}"


def write_extracts(marts: Path, definitions: Definitions, static: Path) -> Extracts:
    """Write the tables of all pages below `static`, the site's static folder.

    Raises DashboardError when the marts lack what the definitions name.
    """
    if not marts.is_file():
        raise DashboardError(f"{marts}: there are no published marts; run a build first.")
    shutil.rmtree(static / "data", ignore_errors=True)
    with duckdb.connect() as connection:
        _attach(connection, marts)
        try:
            span = _write_all(connection, definitions, static / "data" / SOURCE)
        except duckdb.Error as error:
            raise DashboardError(
                f"{marts}: the marts do not hold what the manifest says: {error}"
            ) from error
    tables = tuple(_table(path) for path in sorted((static / "data" / SOURCE).glob("*/*.parquet")))
    files = [f"static/{table.path.relative_to(static).as_posix()}" for table in tables]
    (static / "data" / "manifest.json").write_text(json.dumps({"renderedFiles": {SOURCE: files}}))
    return Extracts(tables, span)


def _attach(connection: duckdb.DuckDBPyConnection, marts: Path) -> None:
    # One thread: the same rows give the same bytes, which is what tells that nothing changed.
    connection.execute("set threads = 1")
    path = str(marts).replace("'", "''")
    connection.execute(f"attach '{path}' as marts_file (read_only)")
    connection.execute("use marts_file")


def _write_all(connection: duckdb.DuckDBPyConnection, definitions: Definitions, out: Path) -> Span:
    for item in definitions.filters:
        keys = " union ".join(
            f"select {item.column} as key from {report.relation.sql}"
            for report in definitions.reports
        )
        _number_filter_members(connection, filter_table(item.name), keys, item.dimension)
        _write(connection, out, filter_table(item.name), _members_sql(filter_table(item.name)))
    for report in definitions.reports:
        if report.series:
            keys = f"select distinct {report.series.column} as key from {report.relation.sql}"
            table = series_table(report)
            _number_series_members(connection, table, keys, report.series.dimension)
            _write(connection, out, table, _members_sql(table))
        _write(connection, out, report.relation.name, report_sql(report, definitions))
    span, clock = _clock(connection, definitions)
    _write(connection, out, CLOCK_TABLE, clock)
    return span


def _number_filter_members(
    connection: duckdb.DuckDBPyConnection, table: str, keys: str, dimension: Dimension
) -> None:
    """A number for each key in the data, in the order of the names: Group 2 before Group 10.

    Members that share a name are told apart by their key.
    """
    connection.execute(
        f"""create temp table {table} as
        with members as (
            select keys.key, coalesce(dimension.{dimension.name}, keys.key) as name
            from ({keys}) as keys
            left join {dimension.relation.sql} as dimension
                on keys.key = dimension.{dimension.key}
        )
        select
            key,
            row_number() over (
                order by
                    lower(regexp_extract(name, '^[^0-9]*')),
                    try_cast(regexp_extract(name, '[0-9]+') as bigint) nulls first,
                    lower(name), name, key
            ) as id,
            case when count(*) over (partition by name) > 1 then name || ' (' || key || ')'
                else name end as name
        from members"""
    )


def _number_series_members(
    connection: duckdb.DuckDBPyConnection, table: str, keys: str, dimension: Dimension
) -> None:
    """A number for each name in the data: statuses of two pipelines that share one are one."""
    order = f"dimension.{dimension.order}" if dimension.order else "0"
    connection.execute(
        f"""create temp table {table} as
        with members as (
            select keys.key, coalesce(dimension.{dimension.name}, keys.key) as name,
                {order} as place
            from ({keys}) as keys
            left join {dimension.relation.sql} as dimension
                on keys.key = dimension.{dimension.key}
        ),
        places as (select name, min(place) as place from members group by name),
        numbered as (
            select name, row_number() over (order by place nulls last, name) as id from places
        )
        select members.key, numbered.id, numbered.name
        from members inner join numbered on members.name = numbered.name"""
    )


def _members_sql(table: str) -> str:
    return f"select distinct id::integer as id, name::varchar as name from {table} order by id"


def report_sql(report: Report, definitions: Definitions) -> str:
    """A report's extract: date, numbered keys, and the columns its measures need."""
    names = [item.name for item in definitions.filters]
    links = [(item.name, filter_table(item.name), item.column) for item in definitions.filters]
    keys = [f"{name}.id::integer as {name}_id" for name in names]
    if report.series:
        links.append(("series", series_table(report), report.series.column))
        keys.append("series.id::integer as series_id")
    joins = [
        f"inner join {table} as {name} on facts.{column} = {name}.key"
        for name, table, column in links
    ]
    sums = [f"sum(facts.{column})::double as {column}" for column in report.measure_columns]
    return "\n".join(
        [
            "select",
            ",\n".join([f"facts.{DATE_COLUMN}::timestamp as {DATE_COLUMN}", *keys, *sums]),
            f"from {report.relation.sql} as facts",
            *joins,
            "group by all order by all",
        ]
    )


def _clock(connection: duckdb.DuckDBPyConnection, definitions: Definitions) -> tuple[Span, str]:
    found = connection.execute(
        f"select build_id, as_of, as_of_date, report_timezone from {definitions.clock.sql}"
    ).fetchone()
    if found is None:
        raise DashboardError(f"{definitions.clock.name} is empty: the marts were never built.")
    build_id, as_of, as_of_date, zone = found
    span = _span(connection, definitions, as_of_date)
    local = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    values = [
        build_id,
        f"{local:%-d %B %Y, %H:%M}",
        zone,
        _midnight(span.first),
        _midnight(span.last),
    ]
    connection.execute(
        "create temp table clock (build_id varchar, as_of varchar, report_timezone varchar,"
        " first_date timestamp, last_date timestamp)"
    )
    connection.execute("insert into clock values (?, ?, ?, ?, ?)", values)
    return span, "select * from clock"


def _span(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, as_of_date: date
) -> Span:
    """From the first day with data to the last, but not beyond the build's today."""
    days = " union all ".join(
        f"select {DATE_COLUMN} as day from {report.relation.sql}" for report in definitions.reports
    )
    ((first, last, rows),) = connection.execute(
        f"select min(day), max(day), count(*) from ({days})"
    ).fetchall()
    if not rows:
        return Span(as_of_date, as_of_date, 0, 0)
    last = min(last, as_of_date) if as_of_date >= first else last
    ((recent,),) = connection.execute(
        f"select count(*) from ({days}) where day between ? and ?",
        [last - timedelta(days=89), last],
    ).fetchall()
    return Span(first, last, rows, recent)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _write(connection: duckdb.DuckDBPyConnection, out: Path, name: str, select: str) -> None:
    folder = out / name
    folder.mkdir(parents=True)
    columns = connection.execute(f"describe {select}").fetchall()
    schema = [
        {"name": column, "evidenceType": KINDS.get(kind, "number"), "typeFidelity": "precise"}
        for column, kind, *_ in columns
    ]
    (folder / f"{name}.schema.json").write_text(json.dumps(schema))
    target = str(folder / f"{name}.parquet").replace("'", "''")
    connection.execute(f"copy ({select}) to '{target}' (format parquet, compression zstd)")


def _table(path: Path) -> Table:
    ((rows,),) = duckdb.execute("select count(*) from read_parquet(?)", [str(path)]).fetchall()
    return Table(path.stem, rows, path.stat().st_size, path)
