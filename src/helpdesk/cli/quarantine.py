"""`helpdesk quarantine`: the rejected rows of a build, with reasons and remedies."""

import csv
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.explain.words import counted

if TYPE_CHECKING:
    from helpdesk.explain.rejected import RejectedRow

HEADER = ("table", "file", "row", "key", "value", "reason", "remedy", "as_landed")


def quarantine(
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    table: Annotated[
        str, typer.Argument(help="A table of the contract, such as messages. Default: all.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="Rows to show of each reason.")] = 5,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Write every row as CSV to standard output.")
    ] = False,
) -> None:
    """Show the rows that the last build rejected: file, row, value, reason and remedy.

    This works for a build that stopped, too. A rejected row breaks the file contract and is in no
    model; correct it and load it again. Values of personal columns are masked: look them up by file
    and row. Row numbers count the records of a file, without the header. Examples:

    helpdesk quarantine --output warehouse

    helpdesk quarantine messages --output warehouse --csv > messages_to_correct.csv
    """
    from helpdesk.core.paths import OutputPaths
    from helpdesk.explain.rejected import rejected_rows

    with failures_explained():
        rejected = rejected_rows(OutputPaths(output.resolve()), table)
        if as_csv:
            _write_csv(rejected.rows)
            return
        of_table = f" of {table}" if table else ""
        count = f"{counted(len(rejected.rows), 'rejected row')}{of_table}"
        console.print(f"{count} in {rejected.build}", soft_wrap=True)
        for name, rows in groupby(rejected.rows, key=lambda row: row.table):
            _show_table(name, list(rows), limit)


def _show_table(name: str, rows: list["RejectedRow"], limit: int) -> None:
    """Print the reasons, the most frequent first, each with its remedy and some rows."""
    console.print(f"\n{name}: {counted(len(rows), 'row')}")
    from helpdesk.transform.build_report import quoted

    reasons = [list(group) for _, group in groupby(rows, key=lambda row: row.reason)]
    for group in sorted(reasons, key=len, reverse=True):
        _print(f"  {len(group):,}  {group[0].reason}")
        _print(f"     {group[0].remedy}")
        for row in group[:limit]:
            value = "" if row.value is None else f": {quoted(row.value)}"
            key = f" (key {row.row_key})" if row.row_key else ""
            _print(f"       {row.place}{key}{value}")
        if group[limit:]:
            _print(f"       and {len(group) - limit:,} more; --limit shows more of them")


def _write_csv(rows: list["RejectedRow"]) -> None:
    from helpdesk.reports.table import plain

    writer = csv.writer(sys.stdout)
    writer.writerow(HEADER)
    for row in rows:
        cells = (row.table, row.landed_file, row.landed_row, row.row_key, row.value, row.reason,
                 row.remedy, row.raw_row)  # fmt: skip
        writer.writerow(map(plain, cells))


def _print(line: str) -> None:
    console.print(visible(line), soft_wrap=True)
