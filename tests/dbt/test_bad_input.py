"""Bad input, all at once: every column of every table spoilt in every way, landed and modelled.

No row is lost, each that is rejected says why and is kept as it came, and its neighbours are modelled.
"""

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from helpdesk.contract.tables import Table, contract_tables
from helpdesk.core.errors import GateError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.transform.dbt_results import what_failed
from helpdesk.transform.engines.duckdb import DuckDB
from helpdesk.transform.project import dbt_project
from tests.dbt import bad_rows
from tests.dbt.bad_rows import (
    AS_OF,
    DEFERRED,
    DUPLICATE,
    MODELLED,
    QUARANTINED,
    SUPERSEDED,
    UNDECLARED,
    Case,
    Record,
)
from tests.working_warehouse import land_and_model, modelled

TABLES = contract_tables()
CASES = bad_rows.all_cases()
FIRST, LATER = "1.csv", "2.jsonl"
NOT_UTF8 = (
    "line: invalid unicode (byte sequence mismatch) detected. this file is not utf-8 encoded."
)
NO_OBJECT = "line: not a JSON object"


def later_cases(table: Table) -> list[Case]:
    """Rows of a second file: an equal twin of the first one's last row, a newer version of its second,
    one without any value, and where there is history a change from before its ticket was created."""
    cases = [Case(CASES[table.name][-1].record, "equal twin")]
    if changed := bad_rows.changed_row(table, CASES[table.name][1].record):
        cases.append(Case(changed, "newer"))
    empty: Record = dict.fromkeys(table.column_names)
    reason = f"{table.required_names[0]}: missing"
    cases.append(Case(empty, "empty", QUARANTINED, reason))
    if table.name == "ticket_field_history":
        early = bad_rows.sound_row(table, 1) | {"changed_at": "2023-12-31T23:59:59Z", "value": "2"}
        cases.append(Case(early, "early"))
    return cases


def broken_lines(table: Table) -> dict[str, dict[bytes, str]]:
    """Lines that are not records, and why, by file: they come behind the records."""
    width = len(table.columns)
    miscounted = f"line: expected number of columns: {width} found: "
    first = {
        b"M\xfcller" + b"," * (width - 1): NOT_UTF8,
        b"x" + b",x" * width: f"{miscounted}{width + 1}",
    }
    if width > 2:
        first[b"x,y"] = f"{miscounted}2"
    later = dict.fromkeys((b"{", b"[1]", b'{"a": "\0"}', b'{"a": "\\ud800"}'), NO_OBJECT)
    return {FIRST: first, LATER: later | {b'{"\xff": 1}': NOT_UTF8}}


def write_landing(landing: Path) -> None:
    for table in TABLES.values():
        folder = landing / table.name
        folder.mkdir(parents=True)
        with (folder / FIRST).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(table.column_names)
            for case in CASES[table.name]:
                writer.writerow("" if value is None else value for value in case.record.values())
        later = [json.dumps(case.record) + "\n" for case in later_cases(table)]
        (folder / LATER).write_text("".join(later))
        for day, (name, lines) in enumerate(broken_lines(table).items(), start=1):
            with (folder / name).open("ab") as file:
                file.write(b"".join(line + b"\n" for line in lines))
            os.utime(folder / name, (day * 86400, day * 86400))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    """A desk that holds all cases, after a run of every model and of the test on its rows."""
    folder = tmp_path_factory.mktemp("bad_input")
    write_landing(folder / "landing")
    with pytest.raises(RuntimeError):
        land_and_model(folder / "landing", folder / "output", AS_OF, tested="rows_are_usable")
    return OutputPaths(folder / "output")


@pytest.fixture(scope="module")
def warehouse(output: OutputPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every layer of the desk."""
    with modelled(output.root) as connection:
        yield connection


def expected(name: str) -> dict[tuple[str, int], Case]:
    """The expected result of each record, by file and row, after a later file."""
    first = {(f"{name}/{FIRST}", row): case for row, case in enumerate(CASES[name], start=1)}
    later = {
        (f"{name}/{LATER}", row): case
        for row, case in enumerate(later_cases(TABLES[name]), start=1)
    }
    overruled = {len(CASES[name]): DUPLICATE}
    if any(case.changed == "newer" for case in later.values()):
        overruled[2] = SUPERSEDED
    for row, disposition in overruled.items():
        key = f"{name}/{FIRST}", row
        first[key] = replace(first[key], disposition=disposition)
    return first | later


def rejected_model(name: str) -> str:
    """The model that lists a table's rejected rows."""
    models = {path.stem for path in (dbt_project() / "models").rglob("int_*_rejected.sql")}
    own = f"int_{name}_rejected"
    return own if own in models else "int_reference_rows_rejected"


@pytest.mark.parametrize("name", TABLES)
def test_each_row_has_its_disposition_and_reason(name: str, warehouse) -> None:
    rejected = {
        (file, row): (disposition, issue)
        for file, row, disposition, issue in warehouse.execute(
            f"""select landed_file, landed_row, row_disposition, row_issue
            from intermediate.{rejected_model(name)} where starts_with(landed_file, '{name}/')"""
        ).fetchall()
    }
    # A row of an undeclared field is left out, and is in no list of rejected rows.
    cases = {key: one for key, one in expected(name).items() if one.disposition != UNDECLARED}
    found = {key: rejected.pop(key, (MODELLED, None)) for key in cases}
    assert {
        (key, case.changed): found[key]
        for key, case in cases.items()
        if found[key] != (case.disposition, case.reason)
    } == {}
    assert rejected == {}


@pytest.mark.parametrize("name", TABLES)
def test_quarantine_has_each_bad_row_as_landed(name: str, warehouse) -> None:
    quarantine = {
        (file, row): (reason, raw)
        for file, row, reason, raw in warehouse.execute(
            """select landed_file, landed_row, reason, raw_row from marts.quarantine
            where table_name = ? and not starts_with(reason, 'line: ')""",
            [name],
        ).fetchall()
    }
    cases = {key: case for key, case in expected(name).items() if case.disposition == QUARANTINED}
    assert quarantine.keys() == cases.keys()
    # Which of them are masked, test_personal_data says.
    hidden = {column.name for column in TABLES[name].columns if column.is_personal}
    own = {column.name for column in TABLES[name].columns if column.is_own}
    for key, case in cases.items():
        reason, raw = quarantine[key]
        shown = json.loads(raw)
        expected_row = {
            column: "(masked)"
            if value and (column in hidden or shown[column] == "(masked)")
            else value
            for column, value in case.record.items()
            if column not in own
        }
        assert (reason, shown) == (case.reason, expected_row), (key, case.changed)


@pytest.mark.parametrize("name", TABLES)
def test_lines_that_are_not_records_are_quarantined(name: str, warehouse) -> None:
    found = warehouse.execute(
        """select landed_file, reason, raw_row is null from marts.quarantine
        where table_name = ? and starts_with(reason, 'line: ') order by all""",
        [name],
    ).fetchall()
    assert found == sorted(
        (f"{name}/{file}", reason, True)
        for file, lines in broken_lines(TABLES[name]).items()
        for reason in lines.values()
    )


@pytest.mark.parametrize("name", TABLES)
def test_every_row_read_is_accounted_for(name: str, warehouse) -> None:
    cases = Counter(case.disposition for case in expected(name).values())
    lines = sum(map(len, broken_lines(TABLES[name]).values()))
    assert warehouse.execute(
        """select is_configured, rows_read, rows_modelled, rows_quarantined, rows_duplicate,
            rows_superseded, rows_held_back, rows_undeclared
        from marts.reconciliation where table_name = ?""",
        [name],
    ).fetchall() == [
        (
            True,
            cases.total() + lines,
            cases[MODELLED],
            cases[QUARANTINED] + lines,
            cases[DUPLICATE] + cases[SUPERSEDED],
            cases[SUPERSEDED],
            cases[DEFERRED],
            cases[UNDECLARED],
        )
    ]
    assert warehouse.execute(
        """select rows_checked, rows_failing, severity from marts.data_quality
        where check_id = ?""",
        [f"quarantined:{name}"],
    ).fetchall() == [(cases.total() + lines, cases[QUARANTINED] + lines, "error")]


# Reasons that include the remedy: a number or an end out of its bounds.
BOUNDS = (
    "below zero",
    "negative",
    "over a hundred years",
    "before ",
    "off the scale",
    "not above",
    " to 7",
    " to 1440",
)


def test_each_reason_has_a_remedy(warehouse) -> None:
    found = warehouse.execute("select distinct reason, remedy from marts.quarantine").fetchall()
    plain = {
        reason for reason, remedy in found if remedy.startswith("Correct the value at the source")
    }
    assert len(found) > 60
    assert {reason for reason in plain if not any(words in reason for words in BOUNDS)} == set()


def test_the_gate_stops_at_a_row_of_a_strict_table_and_at_half_of_any(output: OutputPaths) -> None:
    """Counted from the cases: of lines that are not records and of rows that break the contract together."""
    failing = {}
    for name, table in TABLES.items():
        cases = expected(name).values()
        lines = sum(map(len, broken_lines(table).values()))
        bad = lines + sum(case.disposition == QUARANTINED for case in cases)
        if 2 * bad > len(cases) + lines or table.is_strict:
            failing[name] = f"{name}: {bad} of {len(cases) + lines} rows unusable"
    assert 5 < len(failing) < len(TABLES)
    failure = what_failed(output.dbt_target, DuckDB(output, Settings()).connect)
    assert isinstance(failure, GateError)
    lines = [line.strip() for line in str(failure).splitlines()[1:]]
    heads = [
        line.partition("unusable")[0] + "unusable" for line in lines if " rows unusable" in line
    ]
    assert heads == [failing[name] for name in sorted(failing)]
    # A file, a row, the column with what is wrong, and what to do.
    timezone = "timezone: no IANA time zone, first in business_hours/1.csv, row "
    [line] = [line for line in lines if timezone in line]
    assert re.search(
        r"row \d+ \(key .+\)\. Write the name of an IANA time zone, such as Europe/Berlin\.$", line
    )


@pytest.mark.parametrize("name", TABLES)
def test_valid_neighbours_are_modelled_as_landed(name: str, warehouse) -> None:
    own = bad_rows.own_column(TABLES[name]).name
    texts = [
        column.name
        for column in TABLES[name].columns
        if column.data_type == "string" and not column.is_own
    ]
    columns = ", ".join(f'"{column}"' for column in texts)
    first, *_, last = CASES[name]
    for case in (first, last):
        value = case.record[own]
        found = warehouse.execute(
            f"""select {columns} from intermediate.int_{name}_valid
            where "{own}" = '{value}' and {" and ".join(f'"{text}" is not distinct from ?' for text in texts)}""",
            [case.record[text] for text in texts],
        ).fetchall()
        assert found == [tuple(case.record[text] for text in texts)]


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.references])
def test_orphan_references_are_kept_and_counted(name: str, warehouse) -> None:
    """Counted here from the cases alone: a reference is an orphan if no modelled row has its id."""
    modelled = {
        table: [case.record for case in expected(table).values() if case.disposition == MODELLED]
        for table in TABLES
    }
    counted = {}
    for reference in TABLES[name].references:
        key = next(column.name for column in TABLES[reference.to].columns if column.is_key)
        known = {record[key] for record in modelled[reference.to]}
        column = f"{reference.column}:{reference.value}" if reference.by else reference.column
        counted[f"orphan_reference:{name}.{column}"] = [
            record[reference.column] not in known
            for record in modelled[name]
            if record[reference.column] is not None
            and (
                reference.by is None
                or (record[reference.by] or "").strip().lower() == reference.value
            )
            # A recorded target needs no landed policy.
            and not (
                reference.column == "policy_id"
                and (record.get("goal_seconds") or "").strip()
                and name == "ticket_sla_applied"
            )
        ]
    found = warehouse.execute(
        """select check_id, rows_checked, rows_failing from marts.data_quality
        where kind = 'orphan_reference' and table_name = ?""",
        [name],
    ).fetchall()
    assert {check: (checked, failing) for check, checked, failing in found} == {
        check: (len(orphans), sum(orphans)) for check, orphans in counted.items()
    }


def test_an_orphan_reference_does_not_reject_the_ticket(warehouse) -> None:
    (orphan,) = [case for case in CASES["tickets"] if case.changed == "agent_id='nobody'"]
    assert warehouse.execute(
        "select agent_key from marts.fct_tickets where ticket_id = ?", [orphan.record["ticket_id"]]
    ).fetchall() == [("unknown",)]


def test_history_before_its_ticket_counts_at_creation_and_is_checked(warehouse) -> None:
    assert warehouse.execute(
        "select rows_failing from marts.data_quality where kind = 'early_history'"
    ).fetchall() == [(1,)]
    assert warehouse.execute(
        """select status_id, entered_at = timestamp '2024-01-01' from marts.fct_ticket_status_history
        where ticket_key = 'generic:1' and interval_number = 1"""
    ).fetchall() == [("2", True)]
