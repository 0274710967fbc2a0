"""Numbers the members of filters and breakdowns.

A small integer travels to the browser in place of every key: short, and safe to set into SQL
whatever characters the help desk's ids hold.
"""

from collections.abc import Iterable

import duckdb

from dashboards.definitions import Breakdown, Definitions, Dimension, Filter, Report

# About so many rows of a report, over its whole history, are in one file of a filter's members.
BUCKET_ROWS = 20_000
# What a text that is not there is called.
NOTHING = "(none)"


def filter_table(item: Filter) -> str:
    """Temporary table of a filter's members: key, id from 1, name, bucket."""
    return f"filter_{item.name}"


def breakdown_table(definitions: Definitions, report: Report, breakdown: Breakdown) -> str:
    """Temporary table of a breakdown's members: key, id from 1, name."""
    item = same_filter(definitions, breakdown)
    return filter_table(item) if item else f"members_{report.slug}_{breakdown.name}"


def same_filter(definitions: Definitions, breakdown: Breakdown) -> Filter | None:
    """The filter with the same members as a breakdown, numbered alike."""
    alike = [
        item
        for item in definitions.filters
        if breakdown.dimension and item.dimension == breakdown.dimension
    ]
    return alike[0] if alike else None


def number_members(connection: duckdb.DuckDBPyConnection, definitions: Definitions) -> None:
    """Create the tables of all members that are in the data."""
    for item in definitions.filters:
        columns = [
            (report, column)
            for report in definitions.reports
            for column in _columns_of(definitions, report, item)
        ]
        keys = " union all ".join(
            f"select {column} as key, count(*) as rows from {report.relation.sql} group by all"
            for report, column in columns
        )
        _number_filter(connection, filter_table(item), keys, item.dimension, len(columns))
    for report in definitions.reports:
        for breakdown in breakdowns_of(report):
            if not same_filter(definitions, breakdown):
                table = breakdown_table(definitions, report, breakdown)
                _number_breakdown(connection, table, report, breakdown)


def breakdowns_of(report: Report) -> tuple[Breakdown, ...]:
    """All breakdowns of a report, the one that is drawn first."""
    drawn = tuple(one for one in (report.series, report.axis) if one)
    return (*drawn, *report.breakdowns)


def _columns_of(definitions: Definitions, report: Report, item: Filter) -> Iterable[str]:
    """The columns of a report whose members are the filter's."""
    columns = [item.column] if item.name in report.filters else []
    alike = [one for one in breakdowns_of(report) if same_filter(definitions, one) == item]
    return dict.fromkeys([*columns, *(one.column for one in alike)])


def _number_filter(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    keys: str,
    dimension: Dimension,
    reports: int,
) -> None:
    """A number for each key in the data, in the order of the names: Group 2 before Group 10.

    Members that share a name are told apart by their key. Neighbours share a bucket.
    """
    connection.execute(
        f"""create temp table {table} as
        with counted as (select key, sum(rows) as rows from ({keys}) group by key),
        members as (
            select counted.key, counted.rows,
                coalesce(dimension.{dimension.name}, counted.key) as name
            from counted
            left join {dimension.relation.sql} as dimension
                on counted.key = dimension.{dimension.key}
        ),
        numbered as (
            select
                key, rows,
                row_number() over (
                    order by
                        lower(regexp_extract(name, '^[^0-9]*')),
                        try_cast(regexp_extract(name, '[0-9]+') as bigint) nulls first,
                        lower(name), name, key
                ) as id,
                case when count(*) over (partition by name) > 1 then name || ' (' || key || ')'
                    else name end as name
            from members
        )
        select key, id::integer as id, name,
            ((sum(rows) over (order by id) - rows) // {BUCKET_ROWS * max(reports, 1)})::integer
                as bucket
        from numbered"""
    )


def _number_breakdown(
    connection: duckdb.DuckDBPyConnection, table: str, report: Report, breakdown: Breakdown
) -> None:
    """A number for each name in the data: statuses of two pipelines that share one are one."""
    if dimension := breakdown.dimension:
        place = f"dimension.{dimension.order}" if dimension.order else "0"
        name = f"coalesce(dimension.{dimension.name}, keys.key)"
        join = (
            f"left join {dimension.relation.sql} as dimension "
            f"on keys.key = dimension.{dimension.key}"
        )
    else:
        # Scores come in the order of their numbers.
        place, join = "try_cast(keys.key as double)", ""
        named = "".join(
            f"when '{number}' then '{one.replace(chr(39), chr(39) * 2)}' "
            for number, one in enumerate(breakdown.names, 1)
        )
        told = f"case keys.key {named}else keys.key end" if named else "keys.key"
        name = f"coalesce({told}, '{NOTHING}')"
    connection.execute(
        f"""create temp table {table} as
        with members as (
            select keys.key, {name} as name, {place} as place
            from (select distinct {breakdown.column}::varchar as key from {report.relation.sql})
                as keys
            {join}
        ),
        places as (select name, min(place) as place from members group by name),
        numbered as (
            select name, row_number() over (order by place nulls last, name) as id from places
        )
        select members.key, numbered.id::integer as id, numbered.name
        from members inner join numbered on members.name = numbered.name"""
    )
