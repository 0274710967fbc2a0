"""Writes the data of the pages from the published marts to files that a browser can load.

A browser loads whole files, so each is small. A page loads them by the choices of its reader:

- without an owner or a company: rows by date, team, channel account and pipeline, split by month
  if there are many;
- with some: all detail, from the files with the rows of those owners or companies.

So every figure is exact under any filter and needs only a few small files. `desk.json` lists the
files, the members by number, and the build's `as_of`. Numbers are DOUBLE and times TIMESTAMP,
because 64-bit integers reach the browser as objects that cannot be added.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.audiences.cut import cut
from helpdesk.audiences.rules import withheld
from helpdesk.core.settings import Audience, Goal
from helpdesk.core.sql import is_damage
from helpdesk.dashboards.clock import clock_and_defaults
from helpdesk.dashboards.definitions import DATE_COLUMN, Breakdown, Definitions, Report
from helpdesk.dashboards.goals import goals_by_report
from helpdesk.dashboards.inputs import SLICED
from helpdesk.dashboards.members import (
    breakdown_table,
    breakdowns_of,
    filter_table,
    id_column,
    number_members,
    row_column,
    same_filter,
    sets_table,
)
from helpdesk.dashboards.pages import list_pages
from helpdesk.dashboards.widgets import write_widgets
from helpdesk.dashboards.widgets.insights import Reword
from helpdesk.dashboards.widgets.kinds import Widgets
from helpdesk.reports.errors import DashboardError, lacking

CATALOGUE = "desk.json"
# A table with more rows is split into months.
LARGEST = 50_000
WHOLE = "all"


@dataclass(frozen=True)
class Kind:
    """One of a report's tables in the browser: its SQL over the numbered rows."""

    name: str
    columns: tuple[str, ...]
    sql: str


def write_extracts(
    marts: Path,
    definitions: Definitions,
    widgets: Widgets,
    out: Path,
    reword: Reword | None = None,
    goals: Iterable[Goal] = (),
    report: Callable[[str], None] = lambda line: None,
    audience: Audience | None = None,
) -> dict[str, Any]:
    """Write the data of all pages into the folder `out`; returns the content of its `desk.json`.

    Raises DashboardError if the marts lack a table or column of the definitions, and ConfigError
    for a goal that no report can have.
    """
    with open_published(marts, audience, report) as connection:
        try:
            number_members(connection, definitions)
            configured = configured_tables(connection, definitions)
            empty = empty_tables(connection, definitions)
            catalogue = {
                "folder": out.name.removesuffix(".partial"),
                **clock_and_defaults(connection, definitions),
                # The values that limit what this data has; none if it has everything.
                "audience": [one for values in audience.limits.values() for one in values]
                if audience
                else [],
                "pages": list_pages(definitions),
                "filters": {
                    item.name: {
                        "label": item.label,
                        "field": item.field,
                        "is_own": item.dimension is None,
                        **filter_members(connection, filter_table(item)),
                    }
                    for item in definitions.filters
                },
                "reports": {
                    report.slug: {
                        "missing": [table for table in report.requires if table not in configured],
                        "empty": [
                            {"table": table, "because": empty[table]}
                            for table in report.requires
                            if table in empty
                        ],
                        "sql": report.sql.strip(),
                        **_write_report(connection, definitions, report, out),
                    }
                    for report in definitions.reports
                },
            }
            write_widgets(
                connection, widgets, out, reword, withheld=withheld(audience) if audience else ()
            )
        except duckdb.Error as error:
            raise lacking(marts, error) from error
    teams = catalogue["filters"].get("team", {})
    for slug, found in goals_by_report(goals, definitions, teams, report).items():
        catalogue["reports"][slug]["goals"] = found
    (out / CATALOGUE).write_text(json.dumps(catalogue, ensure_ascii=False), encoding="utf-8")
    return catalogue


@contextmanager
def open_published(
    marts: Path,
    audience: Audience | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that uses the published marts, those of an audience if there is one.

    Raises DashboardError where there are none.
    """
    path = str(existing(marts)).replace("'", "''")
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach '{path}' as marts_file (read_only)")
        except duckdb.Error as error:
            if is_damage(str(error)):
                raise lacking(marts, error) from error
            raise DashboardError(f"{marts}: the marts cannot be read: {error}") from error
        if audience:
            found = cut(connection, "marts_file", audience)
            for one in found.lacking:
                report(f"the build has no {one}, which the audience names")
            if found.withheld:
                report(
                    f"its readers see no rows of {', '.join(found.withheld)}: a mart without "
                    "ticket_key cannot be cut"
                )
            if found.alone:
                report(f"its readers see none of {found.alone} calls without a ticket")
        else:
            connection.execute("use marts_file")
        yield connection


def existing(marts: Path) -> Path:
    """The file of published marts. Raises DashboardError where it is not there."""
    if not marts.is_file():
        raise DashboardError(f"{marts}: there are no published marts; run `helpdesk build` first.")
    return marts


def configured_tables(connection: duckdb.DuckDBPyConnection, definitions: Definitions) -> set[str]:
    """The contract tables that are configured."""
    found = connection.execute(
        f"select table_name from {definitions.loads.sql} where is_configured"
    ).fetchall()
    return {table for (table,) in found}


def empty_tables(connection: duckdb.DuckDBPyConnection, definitions: Definitions) -> dict[str, str]:
    """Why a configured contract table has no usable row, by table name."""
    found = connection.execute(
        f"select table_name, any_value(empty_because) from {definitions.loads.sql} "
        "where is_configured group by table_name having count(*) = count(empty_because)"
    ).fetchall()
    return dict(found)


def filter_members(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, list[Any]]:
    """Keys, names and buckets of the members, in the order of their numbers from 1.

    The key of a missing value is the empty text, which no value is.
    """
    rows = connection.execute(
        f"select coalesce(key, ''), name, bucket from {table} order by id"
    ).fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return dict(zip(("keys", "names", "buckets"), map(list, columns), strict=True))


def _write_report(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, report: Report, out: Path
) -> dict[str, Any]:
    number_rows(connection, definitions, report)
    tables = {kind.name: _write_table(connection, report, kind, out) for kind in kinds_of(report)}
    detail = _detail_columns(report)
    slices = {
        name: _write_cut(connection, "facts", detail, f"{name}_bucket", out / report.slug / name)
        for name in SLICED
        if name in report.filters
    }
    rows = connection.execute("select count(*) from facts").fetchone()
    connection.execute("drop table facts")
    return {
        "filters": list(report.filters),
        "rows": rows[0] if rows else 0,
        "tables": tables,
        "slices": slices,
        "detail": list(detail),
        "lists": lists_of(report),
        "left_out": left_out_of(connection, definitions, report),
        "scale": scale_of(connection, report),
        "members": {
            breakdown.name: names_of(connection, definitions, report, breakdown.name)
            for breakdown in breakdowns_of(report)
            if not same_filter(definitions, breakdown)
        },
        "values": values_of(connection, definitions, report),
        "filter_of": {
            breakdown.name: item.name
            for breakdown in breakdowns_of(report)
            if (item := same_filter(definitions, breakdown))
        },
    }


def lists_of(report: Report) -> dict[str, list[str]]:
    """The lists in the detail, by the table that has a row for each item: column, and its name."""
    values = {f"values_{one.name}": [one.values, "value"] for one in report.measures if one.values}
    members = {
        f"by_{one.name}": [row_column(one), id_column(one.name)]
        for one in report.breakdowns
        if one.is_several
    }
    return values | members


def left_out_of(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, report: Report
) -> list[int]:
    """The numbers of the series' members that a chart of shares leaves out."""
    if not report.left_out or not report.series or not report.series.dimension:
        return []
    dimension, (column, value) = report.series.dimension, report.left_out
    members = breakdown_table(definitions, report, report.series)
    # Members of the same name are one: it is left out if each of them is.
    found = connection.execute(
        f"select members.id from {members} as members "
        f"left join {dimension.relation.sql} as dimension "
        f"on members.key = dimension.{dimension.key} "
        f"group by 1 having bool_and(dimension.{column} is not distinct from ?) order by 1",
        [value],
    ).fetchall()
    return [number for (number,) in found]


def scale_of(connection: duckdb.DuckDBPyConnection, report: Report) -> list[float] | None:
    """The ends of the scales of the surveys that the report counts."""
    if not report.histogram or not report.histogram.scale.dimension:
        return None
    scale, dimension = report.histogram.scale, report.histogram.scale.dimension
    ends = connection.execute(
        f"select min(scale_min), max(scale_max) from {dimension.relation.sql} "
        f"where {dimension.key} in (select {scale.column} from {report.relation.sql})"
    ).fetchone()
    return list(ends) if ends and None not in ends else None


def names_of(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, report: Report, name: str
) -> list[str]:
    (breakdown,) = [one for one in breakdowns_of(report) if one.name == name]
    table = breakdown_table(definitions, report, breakdown)
    found = connection.execute(f"select distinct id, name from {table} order by id").fetchall()
    return [member for _, member in found]


def values_of(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, report: Report
) -> dict[str, list[list[str | None]]]:
    """The values of each member of the breakdowns that are no filters, for lists of tickets.

    Members of the same name are one, with the values of all.
    """
    found = {}
    for breakdown in breakdowns_of(report):
        if breakdown.is_several or same_filter(definitions, breakdown):
            continue
        table = breakdown_table(definitions, report, breakdown)
        rows = connection.execute(
            f"select list(key order by key) from {table} group by id order by id"
        ).fetchall()
        found[breakdown.name] = [values for (values,) in rows]
    return found


def number_rows(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, report: Report
) -> None:
    """Table `facts`: the report's rows with numbers in place of keys."""
    chosen = [item for item in definitions.filters if item.name in report.filters]
    columns = [f"facts.{DATE_COLUMN}::timestamp as {DATE_COLUMN}"]
    joins = []
    for item in chosen:
        columns.append(f"{item.name}.id as {id_column(item.name)}")
        joins.append(
            f"inner join {filter_table(item)} as {item.name} "
            f"on facts.{item.column}::varchar is not distinct from {item.name}.key"
        )
        if item.name in SLICED:
            columns.append(f"{item.name}.bucket as {item.name}_bucket")
    for breakdown in breakdowns_of(report):
        if breakdown.is_several:
            sets = f"of_{breakdown.name}"
            columns.append(f"{sets}.ids as {row_column(breakdown)}")
            joins.append(
                f"inner join {sets_table(report, breakdown)} as {sets} "
                f"on facts.{breakdown.column} is not distinct from {sets}.key"
            )
        elif id_column(breakdown.name) not in _filter_ids(report):
            table, name = breakdown_table(definitions, report, breakdown), f"of_{breakdown.name}"
            columns.append(f"{name}.id as {id_column(breakdown.name)}")
            joins.append(
                f"inner join {table} as {name} "
                f"on facts.{breakdown.column}::varchar is not distinct from {name}.key"
            )
    columns += [f"facts.{column}::double as {column}" for column in report.measure_columns]
    columns += [f"facts.{column}::double[] as {column}" for column in report.value_columns]
    connection.execute(
        f"create temp table facts as select {', '.join(columns)} "
        f"from {report.relation.sql} as facts {' '.join(joins)}"
    )


def _filter_ids(report: Report) -> list[str]:
    return [id_column(name) for name in report.filters]


def kinds_of(report: Report) -> list[Kind]:
    """The tables without owner and company: sums, sums by breakdown, and single values."""
    keys = [DATE_COLUMN, *(id_column(n) for n in report.filters if n not in SLICED)]
    series = [id_column(report.series.name)] if report.series else []
    axis = [id_column(one.name) for one in (report.axis, report.rows) if one]
    kinds = [_sums("main", list(dict.fromkeys([*keys, *series])), report)]
    for breakdown in (*((report.axis,) if report.axis else ()), *report.breakdowns):
        more = axis if breakdown == report.axis else [id_column(breakdown.name)]
        own = list(dict.fromkeys([*keys, *more]))
        rows = _unnested(breakdown) if breakdown.is_several else "facts"
        kinds.append(_sums(f"by_{breakdown.name}", own, report, rows))
    for measure in report.measures:
        if measure.values:
            columns = (*dict.fromkeys([*keys, *series, *axis]), "value")
            selected = ", ".join([*columns[:-1], f"unnest({measure.values}) as value"])
            kinds.append(
                Kind(
                    f"values_{measure.name}", columns, f"select {selected} from facts order by all"
                )
            )
    return kinds


def _unnested(breakdown: Breakdown) -> str:
    """The facts with a row for each member of a row."""
    return f"(select *, unnest({row_column(breakdown)}) as {id_column(breakdown.name)} from facts)"


def _sums(name: str, keys: list[str], report: Report, rows: str = "facts") -> Kind:
    sums = [f"sum({column}) as {column}" for column in report.measure_columns]
    # A percentile of several rows comes from the single values of all.
    lists = list(
        dict.fromkeys(one.values for one in report.measures if one.values and one.quantile)
    )
    sums += [
        f"flatten(list({column}) filter (where {column} is not null)) as {column}"
        for column in lists
    ]
    sql = f"select {', '.join([*keys, *sums])} from {rows} group by all order by {', '.join(keys)}"
    return Kind(name, (*keys, *report.measure_columns, *lists), sql)


def _detail_columns(report: Report) -> tuple[str, ...]:
    """The columns of a file with all rows of some members of a filter."""
    ids = dict.fromkeys([*_filter_ids(report), *(row_column(one) for one in breakdowns_of(report))])
    return (DATE_COLUMN, *ids, *report.measure_columns, *report.value_columns)


def _write_table(
    connection: duckdb.DuckDBPyConnection, report: Report, kind: Kind, out: Path
) -> dict[str, Any]:
    """Write a table without owner and company: one file, or one for each month."""
    connection.execute(f"create temp table extract as {kind.sql}")
    found = connection.execute("select count(*) from extract").fetchone()
    month = f"strftime({DATE_COLUMN}, '%Y%m')" if found and found[0] > LARGEST else f"'{WHOLE}'"
    folder = out / report.slug / kind.name
    files = _write_cut(connection, "extract", kind.columns, month, folder)
    connection.execute("drop table extract")
    # Ranked dots have single values of the period compared with, too.
    is_compared = kind.name == f"values_{report.measures[0].name}" and report.chart == "dots"
    is_sum = not kind.name.startswith("values_")
    return {"columns": list(kind.columns), "files": files, "is_compared": is_sum or is_compared}


def _write_cut(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    cut: str,
    folder: Path,
) -> list[str]:
    """Write one file for each value of the SQL expression `cut`, named by it; returns the names."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    target = str(folder).replace("'", "''")
    connection.execute(
        f"copy (select {', '.join(columns)}, {cut} as cut from {table} order by {DATE_COLUMN}) "
        f"to '{target}' (format parquet, compression zstd, partition_by (cut))"
    )
    names = []
    for part in sorted(folder.iterdir()):
        name = part.name.partition("=")[2]
        (written,) = part.iterdir()
        written.rename(folder / f"{name}.parquet")
        part.rmdir()
        names.append(name)
    return names
