"""Numbers the members of filters and breakdowns.

The browser gets a small integer in place of every key. It is short, and safe in SQL whatever
characters the help desk's ids contain.
"""

from collections.abc import Iterable

import duckdb

from helpdesk.dashboards.definitions import DATE_COLUMN, Breakdown, Definitions, Filter, Report

# The approximate number of rows of a report in one file of a filter's members.
BUCKET_ROWS = 20_000
# The name of a missing text.
NOTHING = "No value"


def id_column(name: str) -> str:
    """The column with the number of a filter's or breakdown's member."""
    return f"{name}_id"


def row_column(breakdown: Breakdown) -> str:
    """The column of a row with the number of its member, or the list of its members' numbers."""
    return id_column(breakdown.name) + "s" * breakdown.is_several


def counts_table(report: Report) -> str:
    """Temporary table of a report's row counts by date and by each key: column_name, key, rows.

    A report is a view: all counts come from one scan.
    """
    return f"counted_{report.slug}"


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
        if item.dimension == breakdown.dimension
        and (item.dimension or item.column == breakdown.column)
    ]
    return alike[0] if alike else None


def sets_table(report: Report, breakdown: Breakdown) -> str:
    """Temporary table of the lists of values of a breakdown: key (a list), ids of its members."""
    return f"sets_{report.slug}_{breakdown.name}"


def number_members(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, with_dates: bool = True
) -> None:
    """Create the tables of all members that are in the data. `with_dates`: count dates too."""
    for report in definitions.reports:
        _count_rows(connection, definitions, report, with_dates)
    for item in definitions.filters:
        columns = [
            (report, column)
            for report in definitions.reports
            for column in columns_of(definitions, report, item)
        ]
        keys = " union all ".join(
            f"select key, rows from {counts_table(report)} where column_name = '{column}'"
            for report, column in columns
        )
        _number_filter(connection, item, keys, len(columns))
    for report in definitions.reports:
        for breakdown in breakdowns_of(report):
            if not same_filter(definitions, breakdown):
                table = breakdown_table(definitions, report, breakdown)
                _number_breakdown(connection, table, report, breakdown)
                if breakdown.is_several:
                    _number_sets(connection, table, report, breakdown)


def _count_rows(
    connection: duckdb.DuckDBPyConnection,
    definitions: Definitions,
    report: Report,
    with_dates: bool,
) -> None:
    filters = [item.column for item in definitions.filters if item.name in report.filters]
    breakdowns = [one.column for one in breakdowns_of(report) if not one.is_several]
    dates = [DATE_COLUMN] if with_dates else []
    table = counts_table(report)
    connection.execute(f"create temp table {table} (column_name varchar, key varchar, rows bigint)")
    if columns := list(dict.fromkeys([*dates, *filters, *breakdowns])):
        connection.execute(f"insert into {table} {_counts(report, columns)}")
    for one in breakdowns_of(report):
        if one.is_several:
            connection.execute(
                f"""insert into {table}
                select '{one.column}', key, count(*)
                from (select {_each(one)} as key from {report.relation.sql}) group by key"""
            )


def _counts(report: Report, columns: list[str]) -> str:
    """The SQL of the row counts of each column's values, in one scan."""
    name, key = (
        " ".join(f"when grouping({column}) = 0 then {value}" for column, value in values.items())
        for values in (
            {column: f"'{column}'" for column in columns},
            {column: f"{column}::varchar" for column in columns},
        )
    )
    sets = ", ".join(f"({column})" for column in columns)
    return f"""select case {name} end as column_name, case {key} end as key, count(*) as rows
        from {report.relation.sql} group by grouping sets ({sets})"""


def _each(breakdown: Breakdown) -> str:
    """The SQL of a row for each value of a list, and one for an empty list."""
    column = breakdown.column
    return f"unnest(case when len({column}) > 0 then {column} else [null] end)"


def breakdowns_of(report: Report) -> tuple[Breakdown, ...]:
    """All breakdowns of a report; the one in the chart comes first."""
    in_chart = tuple(one for one in (report.series, report.axis) if one)
    return (*in_chart, *report.breakdowns)


def columns_of(definitions: Definitions, report: Report, item: Filter) -> Iterable[str]:
    """The columns of a report whose members are the filter's."""
    columns = [item.column] if item.name in report.filters else []
    alike = [one for one in breakdowns_of(report) if same_filter(definitions, one) == item]
    return dict.fromkeys([*columns, *(one.column for one in alike)])


def _number_filter(
    connection: duckdb.DuckDBPyConnection, item: Filter, keys: str, reports: int
) -> None:
    """A number for each key in the data, in the order of the names: Group 2 before Group 10.

    Members with the same name get their key in brackets. Neighbours share a bucket.
    """
    table = filter_table(item)
    if dimension := item.dimension:
        name = f"coalesce(dimension.{dimension.name}, counted.key)"
        join = (
            f"left join {dimension.relation.sql} as dimension "
            f"on counted.key = dimension.{dimension.key}"
        )
    else:
        # A whole number is written 3.0 as text. Values of own fields are shown as they are.
        text = r"regexp_replace(counted.key, '\.0$', '')" if item.is_number else "counted.key"
        name, join = f"coalesce({text}, '{NOTHING}')", ""
    connection.execute(
        f"""create temp table {table} as
        with counted as (select key, sum(rows) as rows from ({keys}) group by key),
        members as (
            select counted.key, counted.rows, {name} as name
            from counted
            {join}
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
                case when count(*) over (partition by name) > 1 and key is not null
                    then name || ' (' || key || ')' else name end as name
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
    """A number for each name in the data: two statuses with the same name are one member."""
    if dimension := breakdown.dimension:
        place = f"dimension.{dimension.order}" if dimension.order else "0"
        name = f"coalesce(dimension.{dimension.name}, keys.key)"
        join = (
            f"left join {dimension.relation.sql} as dimension "
            f"on keys.key = dimension.{dimension.key}"
        )
    else:
        # Scores are in numeric order.
        place, join = "try_cast(keys.key as double)", ""
        named = "".join(
            f"when '{number}' then '{one.replace(chr(39), chr(39) * 2)}' "
            for number, one in enumerate(breakdown.names, 1)
        )
        text = _shown(report, breakdown)
        label = f"case keys.key {named}else {text} end" if named else text
        # Values that are alike as text stay apart.
        name = f"""case when keys.key is null then '{NOTHING}'
            when count(*) over (partition by {label}) > 1 then keys.key else {label} end"""
    connection.execute(
        f"""create temp table {table} as
        with members as (
            select keys.key, {name} as name, {place} as place
            from {counts_table(report)} as keys
            {join}
            where keys.column_name = '{breakdown.column}'
        ),
        places as (select name, min(place) as place from members group by name),
        numbered as (
            select name, row_number() over (order by place nulls last, name) as id from places
        )
        select members.key, numbered.id::integer as id, numbered.name
        from members inner join numbered on members.name = numbered.name"""
    )


def _shown(report: Report, breakdown: Breakdown) -> str:
    """The SQL of a value as text: how_to is How to, and a score, which is 3.0 as text, is 3.

    Tags are shown as they are.
    """
    if breakdown.is_several:
        return "keys.key"
    if report.histogram and breakdown.name == report.histogram.values.name:
        return r"regexp_replace(keys.key, '\.0$', '')"
    return (
        "case when regexp_full_match(keys.key, '[a-z][a-z0-9]*(_[a-z0-9]+)*')"
        " then upper(keys.key[1]) || replace(keys.key[2:], '_', ' ') else keys.key end"
    )


def _number_sets(
    connection: duckdb.DuckDBPyConnection, table: str, report: Report, breakdown: Breakdown
) -> None:
    """The numbers of the values of each list in the data."""
    connection.execute(
        f"""create temp table {sets_table(report, breakdown)} as
        with listed as (
            select distinct {breakdown.column} as key, {_each(breakdown)} as value
            from {report.relation.sql}
        )
        select listed.key, list(distinct members.id order by members.id) as ids
        from listed inner join {table} as members on listed.value is not distinct from members.key
        group by listed.key"""
    )
