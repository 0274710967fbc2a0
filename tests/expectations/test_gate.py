"""The gate on raw files: passes, failures, skipped tables, and messages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest

from helpdesk.gate.run import GateError, GateResult, load_suites, run_gate

REPOSITORY = Path(__file__).parents[2]
SUITES = load_suites()

Row = Mapping[str, str]
Desk = dict[str, list[dict[str, str]]]
Build = Callable[[Mapping[str, Sequence[Row]]], Path]


def core(desk: Desk) -> Desk:
    """The two required tables, for fast tests that need no other table."""
    return {table: desk[table] for table in ("tickets", "statuses")}


def failures(results: Sequence[GateResult]) -> set[tuple[str, str, str]]:
    """The failures as table, description and observed counts."""
    return {(one.table, one.description, one.observed) for one in results if not one.success}


def shift_columns(row: Row) -> dict[str, str]:
    """Move every value one column to the right, like a missing separator."""
    values = list(row.values())
    return dict(zip(row, [values[-1], *values[:-1]], strict=True))


def test_a_good_desk_passes_every_expectation_of_every_suite(build: Build, desk: Desk) -> None:
    results = run_gate(build(desk))

    assert failures(results) == set()
    assert [(one.table, one.description) for one in results] == [
        (suite.table, expectation.description)
        for suite in SUITES
        for expectation in suite.expectations
    ]
    assert {suite.table for suite in SUITES} == desk.keys()


def test_one_bad_row_of_three_passes(build: Build, desk: Desk) -> None:
    desk = core(desk)
    desk["tickets"][2] |= {
        "ticket_id": "",
        "created_at": "yesterday",
        "updated_at": "02/03/2026",
        "status_id": "gone",
        "is_spam": "maybe",
        "is_deleted": "maybe",
    }
    results = run_gate(build(desk))

    assert failures(results) == set()
    observed = {one.description: one.observed for one in results if one.table == "tickets"}
    assert observed["at least one row landed"] == "3 rows"
    assert observed["ticket_id is filled"] == "1 of 3 rows unusable"


def test_exactly_half_of_the_rows_may_be_bad(build: Build, desk: Desk) -> None:
    desk["statuses"] += [{"status_id": "a", "state": "?", "pauses_sla": "?"}]
    desk["statuses"][1] |= {"pauses_sla": "?"}
    desk["statuses"][0] |= {"pauses_sla": "1"}
    desk["statuses"] += [{"status_id": "", "state": "", "pauses_sla": "0"}]

    assert failures(run_gate(build(core(desk)))) == set()


@pytest.mark.parametrize("table", ["tickets", "statuses"])
def test_an_empty_required_table_fails(build: Build, desk: Desk, table: str) -> None:
    desk[table] = []

    assert (table, "at least one row landed", "0 rows") in failures(run_gate(build(desk)))


def test_a_required_table_that_was_never_loaded_fails(build: Build) -> None:
    assert failures(run_gate(build({}))) == {
        ("statuses", "at least one row landed", "0 rows"),
        ("tickets", "at least one row landed", "0 rows"),
    }


@pytest.mark.parametrize(
    "written",
    ["03/02/2026 09:00", "2026-03-02", "2026-03-02T09:00:00", "2026-13-02T09:00:00Z", "1772442000"],
)
def test_times_in_another_format_fail_by_table_and_column(
    build: Build, desk: Desk, written: str
) -> None:
    for ticket in desk["tickets"][:2]:
        ticket["created_at"] = written

    assert failures(run_gate(build(core(desk)))) == {
        (
            "tickets",
            "created_at is an ISO 8601 time with an offset or Z",
            "2 of 3 rows unusable",
        )
    }


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02 09:00:00 +0000",
        "2026-03-02 09:00:00 UTC",
        "20260302T090000z",
        " 2026-03-02t09:00:00,5+01 ",
        "2026-03-02T09Z",
    ],
)
def test_values_pass_as_staging_reads_them(build: Build, desk: Desk, written: str) -> None:
    for ticket in desk["tickets"]:
        ticket |= {"created_at": written, "is_spam": " False", "is_outbound": "0.0"}
    for status in desk["statuses"]:
        status["state"] = f" {status['state'].upper()} "
    for message in desk["messages"]:
        message |= {"direction": message["direction"].capitalize(), "author_type": "Unknown"}

    assert failures(run_gate(build(desk))) == set()


def test_times_without_an_offset_pass_where_the_settings_name_their_zone(
    build: Build, desk: Desk
) -> None:
    for ticket in desk["tickets"]:
        ticket["created_at"] = "2026-03-02 09:00:00"
    database = build(core(desk))

    assert failures(run_gate(database)) == {
        ("tickets", "created_at is an ISO 8601 time with an offset or Z", "3 of 3 rows unusable")
    }
    assert failures(run_gate(database, source_timezone="Europe/Oslo")) == set()


def test_unknown_values_on_most_rows_fail(build: Build, desk: Desk) -> None:
    desk["messages"] = [
        desk["messages"][0] | {"message_id": str(number), "direction": direction}
        for number, direction in enumerate(["in", "in", "incoming", ""])
    ]

    assert failures(run_gate(build(desk))) == {
        (
            "messages",
            "direction is a value of the contract (incoming, outgoing)",
            "2 of 3 rows unusable",
        )
    }


def test_references_into_another_desk_fail(build: Build, desk: Desk) -> None:
    desk["ticket_field_history"] = [
        {**change, "ticket_id": f"other-{change['ticket_id']}", "value": "Done"}
        for change in desk["ticket_field_history"]
    ]

    assert failures(run_gate(build(desk))) == {
        ("ticket_field_history", "ticket_id is known in tickets", "2 of 2 rows unusable"),
        (
            "ticket_field_history",
            "value of a status change is known in statuses",
            "1 of 1 rows unusable",
        ),
    }


def test_shifted_columns_fail_and_no_value_is_reported(build: Build, desk: Desk) -> None:
    desk["tickets"] = [shift_columns(ticket) for ticket in desk["tickets"]]
    results = run_gate(build(core(desk)))

    assert {description for table, description, _ in failures(results) if table == "tickets"} >= {
        "status_id is known in statuses",
        "created_at is an ISO 8601 time with an offset or Z",
    }
    assert "Secret" not in repr(results)


def test_optional_tables_that_were_never_loaded_are_skipped(build: Build, desk: Desk) -> None:
    kept = {table: desk[table] for table in ("tickets", "statuses", "messages")}

    assert {one.table for one in run_gate(build(kept))} == kept.keys()


def test_an_empty_optional_table_passes(build: Build, desk: Desk) -> None:
    empty: Desk = {table: [] for table in desk if table not in ("tickets", "statuses")}

    assert failures(run_gate(build(desk | empty))) == set()


def test_the_file_can_be_written_right_after(build: Build, desk: Desk) -> None:
    database = build(core(desk))
    run_gate(database)

    with duckdb.connect(str(database)) as connection:
        connection.execute("insert into raw.tickets (ticket_id) values ('4')")
    # Another process can write too.
    command = f"import duckdb; duckdb.connect({str(database)!r}).execute('drop schema raw cascade')"
    subprocess.run([sys.executable, "-c", command], check=True)


@pytest.mark.parametrize("name", ["raw.duckdb", "tickets.duckdb", 'it\'s $a "b".duckdb'])
def test_any_file_name_works(build: Build, desk: Desk, tmp_path: Path, name: str) -> None:
    database = build(core(desk)).rename(tmp_path / name)

    assert failures(run_gate(database)) == set()


def test_nothing_is_printed_or_logged(
    build: Build,
    desk: Desk,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk["tickets"][0]["created_at"] = desk["tickets"][1]["created_at"] = "yesterday"
    run_gate(build(core(desk)))

    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


def test_great_expectations_is_not_imported_before_it_is_needed() -> None:
    command = "import sys, helpdesk.gate.run; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True, cwd=REPOSITORY)


ENTRY = "expectations: [{type: %s, kwargs: {%s}, counts: %s, meta: {description: x}}]"
SHARE = "expect_column_max_to_be_between"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("expectations: [", "not valid YAML"),
        ("- type: x", "list of `expectations`"),
        ("expected: []\nexpectations: []", "unknown keys: expected"),
        ("required: maybe\nexpectations: []", "true or false"),
        (
            "expectations: [{type: x}]",
            "expectation 1: write exactly the keys `type`, `kwargs`, `counts` and `meta`",
        ),
        (ENTRY.replace("description: x", "") % (SHARE, "", "rows"), "write a `description`"),
        (ENTRY % ("expect_luck", "", "rows"), "expect_luck"),
        (ENTRY % (SHARE, "luck: 1", "rows"), "luck"),
        (ENTRY % (SHARE, "max_value: 0.5", "luck"), "`counts` must be `rows`, or"),
        (ENTRY % (SHARE, "max_value: 0.5", "{among: ticket_id = '1'}"), "`counts` must be"),
        (ENTRY % (SHARE, "max_value: 0.5", "{unusable: 1}"), "`counts` must be"),
        (ENTRY % (SHARE, "max_value: 0.5", "{unusable: luck is null}"), '"luck"'),
        (ENTRY % (SHARE, "max_value: 0.5", "{unusable: luck luck}"), "syntax error"),
        (ENTRY % (SHARE, "max_value: 0.5", "{not_of_contract: subject}"), "lists no values"),
    ],
)
def test_an_invalid_suite_is_an_error_with_its_file(
    build: Build, desk: Desk, tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites/tickets.yml").write_text(content, encoding="utf-8")
    database = build(core(desk))

    with pytest.raises(GateError, match=r"suites/tickets\.yml") as raised:
        run_gate(database, tmp_path / "suites")
    assert complaint in str(raised.value)
    # An error closes the connection too.
    duckdb.connect(str(database)).close()


def test_a_folder_without_suites_is_an_error(build: Build, desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(GateError, match="there is no suite"):
        run_gate(build(core(desk)), tmp_path)


def test_a_missing_raw_layer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="there is no raw layer"):
        run_gate(tmp_path / "raw.duckdb")
    duckdb.connect(str(tmp_path / "raw.duckdb")).close()
    with pytest.raises(GateError, match=r"landing\.tables"):
        run_gate(tmp_path / "raw.duckdb")


def test_a_missing_raw_table_is_an_error(build: Build, desk: Desk) -> None:
    database = build(core(desk))
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table raw.tickets")

    with pytest.raises(GateError, match="no table tickets"):
        run_gate(database)
