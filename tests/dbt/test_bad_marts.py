"""Wrong rows of marts, planted: a contract's constraint or a data test catches each, and nothing else."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import GateError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.transform.dbt_results import failing_rows_logged, read_results, what_failed
from helpdesk.transform.engines.duckdb import DuckDB
from helpdesk.transform.runner import dbt_vars, run_dbt

PLANTED = -424_242
DATA_TESTS = ("keys_are_unique", "keys_lead_to_rows")
# A key of each fact that a refresh changes; the test adds it a second time.
REPEATED = {
    "fct_messages": {"source_system": "generic", "message_id": "m"},
    "fct_response_cycles": {"ticket_key": "generic:2", "cycle_number": 1},
    "fct_sla_clocks": {"ticket_key": "generic:2", "metric": "next_response", "occurrence": 1},
    "fct_ticket_open_intervals": {"ticket_key": "generic:2", "interval_number": 7},
    "fct_ticket_status_history": {"ticket_key": "generic:2", "interval_number": 7},
    "fct_tickets": {"ticket_key": "generic:2"},
}


@pytest.fixture(scope="module")
def built(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    """The builder's own files after a full build: a refresh leaves too little to run a fact alone."""
    root = tmp_path_factory.mktemp("built")
    shutil.copytree(first_build / "output" / ".work", root / ".work")
    return OutputPaths(root)


def spoilt(built: OutputPaths, root: Path, sql: str) -> OutputPaths:
    """A copy of both files after these statements."""
    shutil.copytree(built.work, root / ".work")
    paths = OutputPaths(root)
    with duckdb.connect(paths.candidate) as connection:
        connection.execute(f"attach '{paths.warehouse}' as work")
        connection.execute("use marts")
        # One statement a transaction: it may write to one of the files alone.
        for statement in sql.split(";"):
            connection.execute(statement)
    return paths


def dbt(paths: OutputPaths, *command: str) -> None:
    run_dbt(*command, *dbt_vars(Settings()), folder=paths.dbt_target, warehouse=paths.root)


@pytest.mark.parametrize(
    ("sql", "mart", "message"),
    [
        (
            f"update work.intermediate.int_ticket_lifecycles set time_open_seconds = {PLANTED}",
            "fct_tickets",
            ("CHECK constraint failed", "time_open_seconds, 0) >= 0"),
        ),
        (
            """update work.intermediate.int_ticket_status_history set entered_at = null
            where interval_number = 1""",
            "fct_ticket_status_history",
            ("NOT NULL constraint failed", "entered_at"),
        ),
    ],
)
def test_a_broken_constraint_is_a_gate_that_names_it_without_a_value(
    built: OutputPaths, tmp_path: Path, sql: str, mart: str, message: tuple[str, str]
) -> None:
    paths = spoilt(built, tmp_path, sql)
    with pytest.raises(RuntimeError):
        dbt(paths, "run", "--select", mart)
    failure = what_failed(paths.dbt_target)
    assert isinstance(failure, GateError)
    (line,) = (line.strip() for line in str(failure).splitlines()[1:])
    assert line.startswith(f"{mart}: {message[0]}")
    assert message[1] in line
    assert str(PLANTED) not in str(failure)
    assert "generic:" not in str(failure)


def row(values: dict[str, object]) -> str:
    return "select " + ", ".join(f"{value!r} as {name}" for name, value in values.items())


# Copies of tables without their constraints take rows of which the key alone is filled.
PLANT = ";".join(
    [f"create or replace table {fact} as from {fact}" for fact in (*REPEATED, "fct_calls")]
    + [
        f"insert into {fact} by name {row({'ticket_key': 'generic:2', **key})}"
        for fact, key in REPEATED.items()
        for _ in range(1 if fact == "fct_tickets" else 2)
    ]
    # A null needs no row; the ticket of a call can be unknown.
    + [
        "update fct_tickets set agent_key = 'generic:gone' where ticket_id in ('1', '3')",
        "update fct_tickets set created_date = '1999-01-01', team_key = null where ticket_id = '3'",
        "update fct_sla_clocks set sla_target_key = 'generic:gone'",
        *(f"insert into fct_calls by name {row({'ticket_key': f'{key}'})}"
          for key in ("generic:lost", "unknown")),
        # A refresh that has changed ticket 2 alone; ticket 1 is there twice as well.
        "insert into fct_tickets select * from fct_tickets where ticket_id = '1'",
    ]
)  # fmt: skip
REFRESHING = """
    update work.landing.builds set previous_as_of = as_of;
    insert into work.intermediate.int_changed_tickets by name
        select 'generic' as source_system, '2' as ticket_id, 'generic:2' as ticket_key
        from range(2)
"""
TWICE = {
    f"mart={fact}, repeated_key={', '.join(map(str, key.values()))}, row_count=2"
    for fact, key in REPEATED.items()
}
LISTED_TWICE = "mart=int_changed_tickets, repeated_key=generic:2, row_count=2"
FIRST_TWICE = "mart=fct_tickets, repeated_key=generic:1, row_count=2"
LEADS_NOWHERE = {
    "mart=fct_tickets, column_name=agent_key, missing_value=generic:gone, "
    "missing_from=dim_agents, row_count=3",
    "mart=fct_tickets, column_name=created_date, missing_value=1999-01-01, "
    "missing_from=dim_dates, row_count=1",
    "mart=fct_sla_clocks, column_name=sla_target_key, missing_value=generic:gone, "
    "missing_from=dim_sla_targets, row_count=2",
    "mart=fct_calls, column_name=ticket_key, missing_value=generic:lost, "
    "missing_from=fct_tickets, row_count=1",
}


@pytest.mark.parametrize("is_refresh", [False, True], ids=["full", "refresh"])
def test_the_data_tests_find_repeated_keys_and_keys_that_lead_nowhere(
    built: OutputPaths, tmp_path: Path, is_refresh: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.transform.dbt_results.ROWS_SHOWN", 20)
    paths = spoilt(built, tmp_path, PLANT + (f";{REFRESHING}" if is_refresh else ""))
    connect = DuckDB(paths, Settings()).connect
    logged: list[str] = []
    with (
        pytest.raises(RuntimeError),
        failing_rows_logged(paths.dbt_target, connect, logged.append),
    ):
        dbt(paths, "test", "--select", *DATA_TESTS)
    rows = {name: set[str]() for name in DATA_TESTS}
    for line in logged:
        test, _, found = line.partition(": ")
        rows[test.partition(" ")[0]].add(found)
    assert rows == {
        "keys_are_unique": TWICE | {LISTED_TWICE if is_refresh else FIRST_TWICE},
        "keys_lead_to_rows": LEADS_NOWHERE,
    }
    failure = what_failed(paths.dbt_target)
    assert isinstance(failure, GateError)
    assert all(name in str(failure) for name in DATA_TESTS)
    # The rows belong in the run's log alone.
    assert "generic:" not in str(failure)


# The generic tests, which own models and Spark use, and what each finds in the planted rows.
GENERIC = {
    "not_null_columns(ref('fct_tickets'), ['team_key', 'ticket_key'])": {("team_key", 2)},
    "accepted_values_columns(ref('fct_calls'), {'ticket_key': ['unknown']})": {
        ("ticket_key", "generic:lost", 1)
    },
    """relationships_columns(ref('fct_tickets'), [
        {'column': 'agent_key', 'to': ref('dim_agents'), 'field': 'agent_key'},
        {'column': 'created_date', 'to': ref('dim_dates'), 'field': 'date_day',
         'where': 'not is_excluded'},
    ])""": {("agent_key", "generic:gone", "dim_agents.agent_key", 3)},
    "expressions_are_true(ref('fct_calls'), {'has_ticket': \"ticket_key <> 'unknown'\"})": {
        ("has_ticket",)
    },
    "unique_combination_of_columns(ref('fct_tickets'), ['ticket_key'])": {
        ("generic:1",),
        ("generic:2",),
    },
    """totals_match(ref('fct_calls'), [
        {'fact': ref('fct_tickets'), 'fact_where': "ticket_id = '1'", 'sums': [
            {'measure': '1', 'fact_measure': 'count(*)'},
            {'measure': '4', 'fact_measure': 'count(*)'},
        ]},
    ])""": {("4", "", 8, "fct_tickets", 2)},
}


def test_the_generic_tests_find_planted_rows(built: OutputPaths, tmp_path: Path) -> None:
    paths = spoilt(built, tmp_path, PLANT)
    calls = ", ".join(f"test_{call}" for call in GENERIC)
    dbt(paths, "compile", "--inline", "{{ [" + calls + "] | tojson }}")
    (compiled,) = read_results(paths.dbt_target)
    statements = json.loads(compiled.compiled_code)
    with DuckDB(paths, Settings()).connect() as connection:
        for (call, expected), sql in zip(GENERIC.items(), statements, strict=True):
            found = connection.execute(sql).fetchall()
            width = len(next(iter(expected)))
            assert {one[:width] for one in found} == expected, call
