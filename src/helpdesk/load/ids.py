"""Repairs ids that spreadsheets and data frames changed: `3.0` is 3, and `3.6E+11` is an error.

A data frame turns a column of integers with an empty cell into one of floats, and writes `3.0`. A
spreadsheet shows a long number as `3.6E+11` and saves it in this form.
"""

import re
from functools import cache

import duckdb

from helpdesk.contract.tables import Reference, Table
from helpdesk.core import sql

# Floating-point types, with the first integer that they may round.
INEXACT = {"DOUBLE": 2**53, "FLOAT": 2**24}
# The exponent has a sign, or the number has a fraction: `12E4` may be a real id.
SCIENTIFIC = re.compile(r"[+-]?(\d([.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+)")


@cache
def id_columns(table: Table) -> tuple[str, ...]:
    """The columns of a contract table with ids, of its own rows or of other tables."""
    if not table.is_of_contract:
        return ()
    pointing = {reference.column for reference in table.references}
    return tuple(
        column.name
        for column in table.columns
        if column.data_type == "string" and (column.name.endswith("_id") or column.name in pointing)
    )


def whole(table: Table, column: str) -> str:
    """The SQL of an id, without the `.0` of a whole number."""
    value = sql.name(column)
    number = f"suffix({value}, '.0') and regexp_full_match({value}, '[+-]?[0-9]+[.]0')"
    if ids_only := _rows_of_ids(table, column):
        number = f"{ids_only} and {number}"
    return f"case when {number} then left({value}, -2) else {value} end"


def inexact_as_text(name: str, kind: str) -> str:
    """A float as text, in scientific notation if it is an integer that may be rounded."""
    value = sql.name(name)
    exponent = f"format('{{:E}}', {value}::double)"
    is_long = f"isfinite({value}) and abs({value}) >= {INEXACT[kind]}"
    return f"case when {is_long} then {exponent} else {value}::varchar end"


def rounded(
    connection: duckdb.DuckDBPyConnection, table: Table, files: list[str]
) -> list[tuple[str, str, int, int]]:
    """Ids in scientific notation in these files: file, column, first row, number of ids."""
    columns = id_columns(table)
    if not columns:
        return []
    conditions = {column: _is_rounded(table, column) for column in columns}
    counted = ", ".join(
        f"min(_row) filter ({condition}), count(*) filter ({condition})"
        for condition in conditions.values()
    )
    found = connection.execute(
        f"""select _file, {counted} from raw.{table.raw_name}
        where list_contains({sql.texts(files)}, _file) and ({" or ".join(conditions.values())})
        group by _file order by _file"""
    ).fetchall()
    return [
        (file, column, counts[2 * place], counts[2 * place + 1])
        for file, *counts in found
        for place, column in enumerate(columns)
        if counts[2 * place + 1]
    ]


def _is_rounded(table: Table, column: str) -> str:
    value = sql.name(column)
    # The cheap test first: there may be tens of millions of ids.
    condition = (
        f"(contains({value}, '+') or contains({value}, '.')) "
        f"and regexp_full_match({value}, {sql.text(SCIENTIFIC.pattern)})"
    )
    if ids_only := _rows_of_ids(table, column):
        condition = f"{ids_only} and {condition}"
    return f"({condition})"


def _rows_of_ids(table: Table, column: str) -> str:
    """The condition for rows in which a column is an id, if another column names its table."""
    by: list[Reference] = [each for each in table.references if each.column == column and each.by]
    if not by or column.endswith("_id"):
        return ""
    listed = ", ".join(sql.text(each.value) for each in by)
    return f"lower(trim({sql.name(str(by[0].by))})) in ({listed})"
