"""The data report of a build: a line per table, a line per check, and where to find details.

The console prints these lines, and Dagster logs them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from logging import INFO, WARNING
from typing import Any

import duckdb

from helpdesk.core.build import Build, LogFn, opened
from helpdesk.transform.dbt_results import Outcome, place, read_results, table_label
from helpdesk.transform.engines.base import Engine

# The quarantine shows this in place of a personal value.
MASKED = "(masked)"
LONGEST_VALUE = 40
# Duplicates are reported from this share of a table's rows on, as files were probably loaded twice.
DUPLICATES_NOTED = 0.1
# A check of kind `inferred_...` counts rows that are missing in the history and were inferred.
INFERRED = "inferred"
# The consequence if no row of a table is modelled.
EMPTY = {
    "messages": "no figures of responses",
    "sla_policies": "no SLA figures",
    "sla_targets": "no SLA figures",
}
TABLES = """
    select source_system, table_name, rows_read, rows_quarantined, rows_held_back, rows_undeclared,
        rows_superseded, rows_duplicate - rows_superseded as rows_equal, empty_because
    from marts.reconciliation
    where is_configured and build_id = '{0}'
    order by table_name, source_system
"""
# The first row of each reason. `place` has its file and its number, padded for sorting as text.
REASONS = """
    select source_system, table_name, reason, count(*) as row_count,
        min(place) as first_place, min_by(raw_row, place) as raw_row
    from (
        select *, concat(landed_file, ':', lpad(cast(landed_row as string), 18, '0')) as place
        from marts.quarantine where build_id = '{0}'
    ) as placed
    group by source_system, table_name, reason
    order by row_count desc, reason
"""
CHECKS = """
    select check_id, kind, table_name, column_name, rows_checked, rows_failing, severity,
        description
    from marts.data_quality
    where rows_failing > 0 and build_id = '{0}'
    order by check_id
"""
FAILING = "select check_id from marts.data_quality where rows_failing > 0"

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line, and its level of the logging module."""

    level: int
    text: str


def log_data_lines(build: Build, engine: Engine, report: LogFn) -> None:
    """Log the data report, from the quality marts that dbt has built."""
    for line in data_lines(build, engine):
        report(line.level, line.text)


def data_lines(build: Build, engine: Engine) -> list[Line]:
    """The lines of the data report; none if there is nothing to report."""
    made = {
        result.name
        for result in read_results(build.paths.dbt_target)
        if result.kind == "model" and result.outcome is Outcome.PASSED
    }
    if not {"reconciliation", "quarantine"} <= made:
        return []
    with engine.connect() as cursor:
        tables = _rows(cursor, TABLES.format(build.build_id))
        reasons = _rows(cursor, REASONS.format(build.build_id))
        checks = _rows(cursor, CHECKS.format(build.build_id)) if "data_quality" in made else []
    lines = [*table_lines(tables, reasons, checks), *check_lines(checks, _failing_before(build))]
    if lines:
        is_rejected = any(table["rows_quarantined"] for table in tables)
        command = f"`helpdesk quarantine --output {build.output}`, " if is_rejected else ""
        lines.append(Line(INFO, f"details: {command}the page Data quality, the mart data_quality"))
    return lines


def table_lines(
    tables: Iterable[Row], reasons: Iterable[Row], checks: Iterable[Row]
) -> Iterable[Line]:
    """A line per table with rejected, deferred or replaced rows, or without any row."""
    worst: dict[tuple[str, str], Row] = {}
    for reason in reasons:
        worst.setdefault((reason["source_system"], reason["table_name"]), reason)
    inferred: dict[str, int] = defaultdict(int)
    for check in checks:
        if check["kind"].startswith(INFERRED):
            inferred[check["table_name"]] += check["rows_failing"]
    for table in tables:
        commonest = worst.get((table["source_system"], table["table_name"]))
        # Checks have no source system, so the first source of a table gets the count.
        parts = list(_parts(table, commonest, inferred.pop(table["table_name"], 0)))
        if because := table["empty_because"]:
            parts.append(f"{EMPTY.get(table['table_name'], 'no row is modelled')}: {because}")
        if parts:
            read = f"{table['rows_read']:,} rows read"
            label = table_label(table["source_system"], table["table_name"])
            level = WARNING if table["rows_quarantined"] or because else INFO
            yield Line(level, f"{label}: {', '.join([read, *parts])}")


def _parts(table: Row, reason: Row | None, inferred: int) -> Iterable[str]:
    if count := table["rows_quarantined"]:
        yield f"{count:,} rejected" + (f" ({_example(reason)})" if reason else "")
    if count := table["rows_held_back"]:
        yield f"{count:,} deferred, dated after as_of"
    if count := table["rows_undeclared"]:
        yield f"{count:,} of fields that the settings do not declare (`fields`)"
    if count := table["rows_superseded"]:
        yield f"{count:,} replaced by newer ones"
    if (count := table["rows_equal"]) and count >= DUPLICATES_NOTED * table["rows_read"]:
        yield f"{count:,} exact duplicates"
    if inferred:
        yield f"{inferred:,} inferred"


def _example(reason: Row) -> str:
    """The most common reason, with the place of a row and its value unless it is masked."""
    file, _, row = reason["first_place"].rpartition(":")
    value = shown_value(reason["reason"], reason["raw_row"])
    found = "" if value is None else f" {quoted(value)}"
    return (
        f"{reason['row_count']:,} for {reason['reason']}, such as{found} in "
        f"{place(file, int(row), reason['reason'])}"
    )


def shown_value(reason: str, raw_row: str | None) -> str | None:
    """The value that a reason refers to; None if it is masked or there is none."""
    try:
        row = json.loads(raw_row or "null")
    except ValueError:
        return None
    value = row.get(reason.partition(":")[0]) if isinstance(row, dict) else None
    if value is None or value == MASKED:
        return None
    return str(value)


def quoted(value: str) -> str:
    """A value in quotes, shortened for a line."""
    return f'"{value}"' if len(value) <= LONGEST_VALUE else f'"{value[:LONGEST_VALUE]}..."'


def check_lines(checks: Iterable[Row], failing_before: set[str] | None) -> Iterable[Line]:
    """A line per check that is an error, or a warning that is new since the published build."""
    known = failing_before or set()
    new = "" if failing_before is None else "new "
    for check in checks:
        # The line of the table reports rejected rows.
        if check["kind"] == "quarantined":
            continue
        is_new = check["severity"] == "warning" and check["check_id"] not in known
        if check["severity"] == "error" or is_new:
            what = ".".join(name for name in (check["table_name"], check["column_name"]) if name)
            meaning = check["description"].partition(". ")[0].rstrip(".")
            yield Line(
                WARNING,
                f"{new if is_new else ''}{check['severity']} {check['kind']}: {what}: "
                f"{check['rows_failing']:,} of {check['rows_checked']:,}. {meaning}.",
            )


def _failing_before(build: Build) -> set[str] | None:
    """The failing checks of the published build; None without one, or if it is too old."""
    if not build.paths.published.exists():
        return None
    try:
        with opened(build.paths.published, read_only=True) as connection:
            return {check for (check,) in connection.execute(FAILING).fetchall()}
    except duckdb.CatalogException:
        return None


def _rows(cursor: Any, select: str) -> list[Row]:
    cursor.execute(select)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
