"""`helpdesk build` as a process: the published marts."""

import json
import re
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.conftest import published, run_helpdesk
from tests.small_desk import AS_OF, DESK, write_desk

pytestmark = pytest.mark.slow


def rows(output: Path, sql: str) -> list[tuple]:
    with published(output) as connection:
        return connection.execute(sql).fetchall()


def test_the_facts_follow_the_rules(output: Path) -> None:
    found = rows(
        output,
        """select ticket_id, created_date, status_state, closed_at, first_closed_at,
            time_to_close_seconds, first_time_to_close_seconds, time_open_seconds,
            time_to_assign_seconds, reopen_count, exclusion_reason
        from marts.fct_tickets order by ticket_id""",
    )
    day = 86_400
    assert found == [
        (
            "1",
            date(2024, 1, 1),
            "closed",
            datetime(2024, 1, 4),
            datetime(2024, 1, 2),
            3 * day,
            day,
            2 * day,
            3600,
            1,
            None,
        ),
        (
            "2",
            date(2024, 1, 2),
            "open",
            None,
            None,
            None,
            None,
            29 * day + 14 * 3600,
            None,
            0,
            None,
        ),
        (
            "3",
            date(2024, 1, 2),
            "closed",
            # Without a history the time is unknown.
            None,
            None,
            None,
            None,
            None,
            None,
            0,
            "spam",
        ),
        (
            "5",
            date(2024, 1, 3),
            "closed",
            datetime(2024, 1, 31),
            datetime(2024, 1, 31),
            28 * day,
            28 * day,
            28 * day,
            None,
            0,
            None,
        ),
        ("6", date(2024, 1, 3), "open", None, None, None, None, 29 * day, None, 0, "deleted"),
    ]


def test_references_join_and_unknown_ones_are_the_unknown_member(output: Path) -> None:
    assert rows(
        output,
        """select ticket_id, agents.name, teams.name, companies.name, accounts.name, pipelines.name
        from marts.fct_tickets
        join marts.dim_agents agents using (agent_key)
        join marts.dim_teams teams on teams.team_key = fct_tickets.team_key
        join marts.dim_companies companies using (company_key)
        join marts.dim_channel_accounts accounts using (channel_account_key)
        join marts.dim_pipelines pipelines using (pipeline_key)
        where not is_excluded order by ticket_id""",
    ) == [
        ("1", "Ann", "First", "<script>alert(1)</script>", "No channel account", "Support"),
        ("2", "Unassigned", "Second", "No company", "No channel account", "Support"),
        ("5", "Unassigned", "No team", "No company", "Inbox", "No pipeline"),
    ]


def test_reports_count_the_right_tickets(output: Path) -> None:
    assert rows(
        output,
        "select report_date, sum(ticket_count)::int from marts.rpt_tickets_created group by 1 order by 1",
    ) == [
        (date(2024, 1, 1), 1),
        (date(2024, 1, 2), 1),
        (date(2024, 1, 3), 1),
    ]
    assert rows(
        output,
        "select report_date, ticket_count, time_to_close_seconds from marts.rpt_time_to_close order by 1",
    ) == [
        (date(2024, 1, 4), 1, 3 * 86_400),
        (date(2024, 1, 31), 1, 28 * 86_400),
    ]
    assert rows(
        output,
        """select name, sum(spell_count)::int, sum(ended_spell_count)::int, sum(ended_duration_seconds)::int / 86400
        from marts.rpt_time_in_status join marts.dim_statuses using (status_key) group by 1 order by 1""",
    ) == [("New", 3, 2, 29.0), ("Waiting", 1, 1, 1.0)]


def test_the_catalogue_is_published_next_to_the_file(output: Path) -> None:
    catalogue = json.loads((output / "catalogue.json").read_text())
    models = {model["name"]: model for model in catalogue["models"]}
    assert models["rpt_time_to_close"]["report"] == "R7"
    with published(output) as connection:
        relations = connection.execute(
            """select table_name, 'table' from duckdb_tables() where schema_name = 'marts'
            union all select view_name, 'view' from duckdb_views() where schema_name = 'marts'"""
        ).fetchall()
        assert dict(relations) == {name: model["kind"] for name, model in models.items()}
        for name, model in models.items():
            described = connection.execute(f"describe marts.{name}").fetchall()
            assert [(column["name"], column["type"].upper()) for column in model["columns"]] == [
                (column, kind) for column, kind, *_ in described
            ]
            assert all(column["description"] for column in model["columns"])
            (in_file,) = connection.execute(f"select count(*) from marts.{name}").fetchone()
            assert model["rows"] == (in_file if model["kind"] == "table" else None)
        uncommented = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'warehouse' and schema_name = 'marts' and comment is null"
        ).fetchall()
        assert uncommented == []
        personal = connection.execute(
            "select count(*) from marts.dim_agents where columns(*)::varchar like '%ann@%'"
        ).fetchone()
        assert personal == (0,)


def test_a_second_build_of_the_same_data_is_the_same_and_readers_keep_the_first(
    landing: Path, output: Path
) -> None:
    queries = {
        name: f"from marts.{name} order by all"
        for name in ("fct_tickets", "fct_ticket_status_history", "rpt_time_in_status", "dim_dates")
    }
    before = {name: rows(output, sql) for name, sql in queries.items()}
    build_id = "select build_id from marts.build_log"
    with published(output) as reader:
        first = reader.execute(build_id).fetchone()
        run_helpdesk(
            "build", "--landing", landing, "--output", output, "--as-of", AS_OF, "--full-refresh"
        )
        assert reader.execute(build_id).fetchone() == first
    assert rows(output, build_id) != [first]
    assert {name: rows(output, sql) for name, sql in queries.items()} == before


BAD_ROWS = {
    "tickets": [
        {
            "ticket_id": "bad-time",
            "created_at": "2024-01-01T00:00:00",
            "status_id": "new",
            "subject": "my secret",
        },
        {"ticket_id": "1", "created_at": "2024-01-01T00:00:00Z", "status_id": "new"},
        DESK["tickets"][1],
        {"ticket_id": None, "created_at": "2024-01-01T00:00:00Z", "status_id": "new"},
    ],
    "ticket_field_history": [
        {
            "ticket_id": "99",
            "field": "status",
            "changed_at": "2024-01-01T00:00:00Z",
            "seq": 1,
            "value": "new",
        }
    ],
}


def test_bad_rows_are_quarantined_and_counted(output: Path, tmp_path: Path) -> None:
    desk = {table: records + BAD_ROWS.get(table, []) for table, records in DESK.items()}
    folder = write_desk(tmp_path / "landing", desk)
    with open(folder / "agents.jsonl", "a") as agents:
        agents.write('{"agent_id": "cut')
    target = tmp_path / "output"
    run_helpdesk("build", "--landing", folder, "--output", target, "--as-of", AS_OF)
    found = rows(
        target,
        "select table_name, row_key, reason, raw_row from marts.quarantine order by table_name, reason",
    )
    assert [row[:3] for row in found] == [
        ("agents", None, "line: not a JSON object"),
        (
            "ticket_field_history",
            "99|status|2024-01-01 00:00:00|1",
            "ticket_id: no such row in its table",
        ),
        (
            "tickets",
            "bad-time",
            "created_at: a time without an offset (if it is local time, name its zone in the settings: "
            "source_timezone: Europe/Oslo)",
        ),
        ("tickets", "1", "duplicate key: another row of this key in its file differs"),
        ("tickets", "", "ticket_id: missing"),
    ]
    by_key = {row[1]: row[3] for row in found}
    assert json.loads(by_key["bad-time"])["created_at"] == "2024-01-01T00:00:00"
    assert json.loads(by_key["bad-time"])["subject"] == "(masked)"
    assert rows(
        target,
        """select table_name, rows_read, rows_modelled, rows_quarantined, rows_duplicate, rows_held_back
        from marts.reconciliation where table_name in ('tickets', 'statuses', 'ticket_field_history', 'agents')
        order by 1""",
    ) == [
        ("agents", 2, 1, 1, 0, 0),
        ("statuses", 3, 3, 0, 0, 0),
        ("ticket_field_history", 9, 7, 1, 0, 1),
        ("tickets", 10, 5, 3, 1, 1),
    ]
    for sql in (
        "select ticket_id, time_open_seconds from marts.fct_tickets order by 1",
        "from marts.rpt_tickets_created order by all",
    ):
        assert rows(target, sql) == rows(output, sql)


def test_the_documentation_is_one_page_that_needs_no_other(output: Path) -> None:
    run = run_helpdesk("docs", "--output", str(output))
    assert run.returncode == 0, run.stderr
    page = (output / "docs.html").read_text(encoding="utf-8")
    assert "Key of the ticket across help desks" in page
    assert not re.findall(r'(?:src|href)=\\?"https?://(?!\[::1\])', page)
