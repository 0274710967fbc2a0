"""Bad input, all at once: every column of every table spoilt in every way, landed and modelled.

No row is lost, each that is refused says why and is kept as it came, and its neighbours stand.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from ingestion.contract import Table, contract_tables
from tests.dbt import bad_rows
from tests.dbt.bad_rows import (
    AS_OF,
    DUPLICATE,
    HELD_BACK,
    MODELLED,
    QUARANTINED,
    SUPERSEDED,
    Case,
    Record,
)
from tests.working_warehouse import land_and_model

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
    """Lines that are no record, and why, by file: they come behind the records."""
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
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working warehouse of a desk that holds all cases, after a run of every model."""
    folder = tmp_path_factory.mktemp("bad_input")
    write_landing(folder / "landing")
    database = folder / "warehouse.duckdb"
    land_and_model(folder / "landing", database, AS_OF, tested="marts.quality")
    with duckdb.connect(database, read_only=True) as connection:
        yield connection


def expected(name: str) -> dict[tuple[str, int], Case]:
    """What becomes of each record, by file and row, now that a later file came."""
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


@pytest.mark.parametrize("name", TABLES)
def test_each_row_is_disposed_of_for_its_reason(name: str, warehouse) -> None:
    refused = {
        (file, row): (disposition, issue)
        for file, row, disposition, issue in warehouse.execute(
            f"""select landed_file, landed_row, row_disposition, row_issue
            from intermediate.int_{name}_refused"""
        ).fetchall()
    }
    cases = expected(name)
    found = {key: refused.pop(key, (MODELLED, None)) for key in cases}
    assert {
        (key, case.changed): found[key]
        for key, case in cases.items()
        if found[key] != (case.disposition, case.reason)
    } == {}
    assert refused == {}


@pytest.mark.parametrize("name", TABLES)
def test_quarantine_holds_each_bad_row_as_it_came(name: str, warehouse) -> None:
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
    masked = {column.name for column in TABLES[name].columns if column.is_personal}
    for key, case in cases.items():
        shown = {
            column: "(masked)" if column in masked and value else value
            for column, value in case.record.items()
        }
        reason, raw = quarantine[key]
        assert (reason, json.loads(raw)) == (case.reason, shown), (key, case.changed)


@pytest.mark.parametrize("name", TABLES)
def test_lines_that_are_no_record_are_quarantined(name: str, warehouse) -> None:
    found = warehouse.execute(
        """select landed_file, reason, raw_row is null from marts.quarantine
        where table_name = ? and starts_with(reason, 'line: ') order by all""",
        [name],
    ).fetchall()
    is_masked = any(column.is_personal for column in TABLES[name].columns)
    assert found == sorted(
        (f"{name}/{file}", reason, is_masked)
        for file, lines in broken_lines(TABLES[name]).items()
        for reason in lines.values()
    )


@pytest.mark.parametrize("name", TABLES)
def test_every_row_read_is_accounted_for(name: str, warehouse) -> None:
    cases = Counter(case.disposition for case in expected(name).values())
    lines = sum(map(len, broken_lines(TABLES[name]).values()))
    assert warehouse.execute(
        """select is_configured, rows_read, rows_modelled, rows_quarantined, rows_duplicate,
            rows_superseded, rows_held_back
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
            cases[HELD_BACK],
        )
    ]
    assert warehouse.execute(
        """select rows_checked, rows_failing, severity from marts.data_quality
        where check_id = ?""",
        [f"quarantined:{name}"],
    ).fetchall() == [(cases.total() + lines, cases[QUARANTINED] + lines, "error")]


@pytest.mark.parametrize("name", TABLES)
def test_sound_neighbours_are_modelled_as_they_came(name: str, warehouse) -> None:
    own = bad_rows.own_column(TABLES[name]).name
    texts = [column.name for column in TABLES[name].columns if column.data_type == "string"]
    columns = ", ".join(f'"{column}"' for column in texts)
    first, *_, last = CASES[name]
    for case in (first, last):
        value = case.record[own]
        found = warehouse.execute(
            f"""select {columns} from intermediate.int_{name}_unioned
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
            and (reference.by is None or record[reference.by] == reference.value)
        ]
    found = warehouse.execute(
        """select check_id, rows_checked, rows_failing from marts.data_quality
        where kind = 'orphan_reference' and table_name = ?""",
        [name],
    ).fetchall()
    assert {check: (checked, failing) for check, checked, failing in found} == {
        check: (len(orphans), sum(orphans)) for check, orphans in counted.items()
    }


def test_an_orphan_reference_does_not_cost_the_ticket(warehouse) -> None:
    (orphan,) = [case for case in CASES["tickets"] if case.changed == "agent_id='nobody'"]
    assert warehouse.execute(
        "select agent_key from marts.fct_tickets where ticket_id = ?", [orphan.record["ticket_id"]]
    ).fetchall() == [("unknown",)]


def test_history_from_before_its_ticket_is_clamped_and_counted(warehouse) -> None:
    assert warehouse.execute(
        "select rows_failing from marts.data_quality where kind = 'early_history'"
    ).fetchall() == [(1,)]
    assert warehouse.execute(
        """select status_id, entered_at = timestamp '2024-01-01' from marts.fct_ticket_status_spells
        where ticket_key = 'generic:1' and spell_number = 1"""
    ).fetchall() == [("2", True)]
