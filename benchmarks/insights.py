"""The number of insights on many dates, for the data of existing builds.

The models of the insights are compiled once and run for each date on the reports of the build, with
`as_of` set to 18:00 of that date. The reports are those of the build's own `as_of`: a ticket has
its last owner, and a clock that was late later is late already. Counted are unusual findings:
notable changes, their drivers, unusual days and weeks.

    python -m benchmarks.insights OUTPUT [OUTPUT ...]
"""

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from helpdesk.core.paths import OutputPaths
from helpdesk.transform.dbt_results import read_results
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.runner import run_dbt

STEP_DAYS = 7
# With fewer days of data there is no year before to compare with.
FIRST_DAYS = 90
# The dates of as_of are literals in the SQL.
LITERAL = re.compile(r"date '(\d{4}-\d\d-\d\d)'")
STEPS = (
    "int_report_headlines",
    "int_report_days",
    "int_report_changes",
    "int_report_drivers",
    "int_report_anomalies",
)
FOUND = {
    "change": "select report_id, null, null, score from {int_report_changes} where is_notable",
    "driver": "select report_id, dimension, member_key, share from {int_report_drivers}",
    "unusual": "select report_id, unit || coalesce(' ' || dimension, ''), member_key, score "
    "from {int_report_anomalies}",
}


class Found(NamedTuple):
    """An unusual finding; `what` is a dimension, or day or week with one."""

    kind: str
    report: str
    what: str | None
    member: str | None
    score: float


def main(outputs: list[Path]) -> None:
    for output in outputs:
        counts: Counter[str] = Counter()
        dates = 0
        for day, found in found_at(OutputPaths(output)):
            dates += 1
            counts.update(kind for kind, *_ in found)
            for kind, report, what, member, score in found:
                print(output.name, day, kind, report, what or "", member or "", f"{score:.1f}")
        counted = ", ".join(f"{counts[kind] / max(dates, 1):.2f} {kind}" for kind in FOUND)
        print(f"{output.name}: {dates} dates, each date has {counted}")


def found_at(paths: OutputPaths, days: Sequence[date] = ()) -> Iterator[tuple[date, list[Found]]]:
    """The unusual findings of the insights for each date or week."""
    statements = _compiled(paths.root)
    with duckdb.connect() as connection:
        # As dbt names them.
        connection.execute(f"attach '{paths.candidate}' as helpdesk (read_only)")
        connection.execute(f"attach '{paths.warehouse}' as work (read_only)")
        connection.execute("use helpdesk")
        for day in days or _weekly(connection):
            yield day, _at(connection, statements, day)


def _weekly(connection: duckdb.DuckDBPyConnection) -> list[date]:
    ((first, last),) = connection.execute(
        "select min(report_date), max(report_date) from marts.rpt_tickets_created"
    ).fetchall()
    steps = ((last - first).days - FIRST_DAYS) // STEP_DAYS + 1
    return [first + timedelta(FIRST_DAYS + STEP_DAYS * step) for step in range(steps)]


def _at(
    connection: duckdb.DuckDBPyConnection, statements: dict[str, str], day: date
) -> list[Found]:
    connection.execute(
        "create or replace temp table dim_comparison_times as select 'as_of' as comparison_time, "
        f"timestamp '{day} 18:00:00' as compared_at, date '{day}' as compared_date"
    )
    as_of = "select compared_date from marts.dim_comparison_times where comparison_time = 'as_of'"
    ((built,),) = connection.execute(as_of).fetchall()
    for name, sql in statements.items():
        moved = LITERAL.sub(lambda found: _moved(found[1], day - built), sql)
        connection.execute(f"create or replace temp table {name} as {moved}")
    names = {name: f"temp.{name}" for name in STEPS}
    return [
        Found(kind, *row)
        for kind, sql in FOUND.items()
        for row in connection.execute(sql.format(**names)).fetchall()
    ]


def _moved(literal: str, by: timedelta) -> str:
    return f"date '{date.fromisoformat(literal) + by}'"


def _compiled(output: Path) -> dict[str, str]:
    """The SQL of the models, with as_of and previous models in temporary tables."""
    with tempfile.TemporaryDirectory() as folder:
        run_dbt("compile", "--select", *STEPS, folder=Path(folder), warehouse=output)
        compiled = {node.name: node.compiled_code for node in read_results(Path(folder))}
    models = json.loads(ensure_manifest().read_text())["nodes"].values()
    relations = {node["name"]: node["relation_name"] for node in models if "relation_name" in node}
    statements = {}
    for name in STEPS:
        sql = compiled[name] or ""
        for read in ("dim_comparison_times", *STEPS):
            # An ephemeral model has no relation.
            if relation := relations[read]:
                sql = sql.replace(relation, f"temp.{read}")
        statements[name] = sql
    return statements


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
