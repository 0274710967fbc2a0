"""How often insights speak up: at many dates of desks that a build has left.

The models of the insights are compiled once and run for each date over the reports of the build,
with the clock set to 18:00 of that date. Reports are those of the build's own clock: a ticket has
its last owner, and a clock that was late later is late already. What is counted is what a sentence
would say is out of the ordinary: notable changes, their drivers, unusual days and weeks.

    python -m benchmarks.insights OUTPUT [OUTPUT ...]
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from helpdesk.paths import OutputPaths
from orchestration.dbt_project import run_dbt

STEP_DAYS = 7
# Before that many days a desk has no year behind it that could be compared.
FIRST_DAYS = 90
STEPS = (
    "int_reports_declared",
    "int_report_days_listed",
    "int_report_changes_measured",
    "int_report_drivers_found",
    "int_report_days_judged",
)
FOUND = {
    "change": "select report_id, null, null, score from {int_report_changes_measured} "
    "where is_notable",
    "driver": "select report_id, dimension, member_key, share from {int_report_drivers_found}",
    "unusual": "select report_id, unit || coalesce(' ' || dimension, ''), member_key, score "
    "from {int_report_days_judged}",
}


class Found(NamedTuple):
    """Something out of the ordinary; `what` is a dimension, or day or week with one."""

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
        said = ", ".join(f"{counts[kind] / max(dates, 1):.2f} {kind}" for kind in FOUND)
        print(f"{output.name}: {dates} dates, a date has {said}")


def found_at(paths: OutputPaths, days: Sequence[date] = ()) -> Iterator[tuple[date, list[Found]]]:
    """For each date, or each week of the desk, what the insights find out of the ordinary."""
    statements = _compiled(paths.warehouse)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.warehouse}' as warehouse (read_only)")
        connection.execute("use warehouse")
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
        "create or replace temp table dim_moments as select 'as_of' as moment, "
        f"timestamp '{day} 18:00:00' as moment_at, date '{day}' as moment_date"
    )
    for name, sql in statements.items():
        connection.execute(f"create or replace temp table {name} as {sql}")
    names = {name: f"temp.{name}" for name in STEPS}
    return [
        Found(kind, *row)
        for kind, sql in FOUND.items()
        for row in connection.execute(sql.format(**names)).fetchall()
    ]


def _compiled(warehouse: Path) -> dict[str, str]:
    """The models' SQL, with the clock and the steps before read from temporary tables."""
    with tempfile.TemporaryDirectory() as folder:
        run_dbt("compile", "--select", *STEPS, folder=Path(folder), warehouse=warehouse)
        nodes = json.loads(Path(folder, "manifest.json").read_text())["nodes"]
    by_name = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
    statements = {}
    for name in STEPS:
        sql = by_name[name]["compiled_code"]
        for read in ("dim_moments", *STEPS):
            sql = sql.replace(by_name[read]["relation_name"], f"temp.{read}")
        statements[name] = sql
    return statements


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
