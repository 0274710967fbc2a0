"""Two accounts of one vendor in one warehouse: separate keys, and a refresh equals a full build."""

import shutil
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import load_settings
from tests.conftest import run_helpdesk

AS_OF = ("--as-of", "2026-07-03T00:00:00Z")
TABLES = """
create or replace table ticket as
select
    1 as id, timestamptz '2026-07-01 08:00:00Z' as created_at, timestamptz '2026-07-01 08:00:00Z' as updated_at,
    'open' as status, 51 as requester_id, 51 as submitter_id, 41 as assignee_id, 71 as group_id,
    'email' as via_channel, {hour} as _fivetran_synced;
create or replace table ticket_field_history as
select 1 as ticket_id, field as field_name, timestamptz '2026-07-01 08:00:00Z' as updated, value, {hour} as _fivetran_synced
from (values ('status', 'open'), ('assignee_id', '41'), ('group_id', '71')) as fields (field, value);
create or replace table ticket_comment as
select
    10 + n as id, 1 as ticket_id, timestamptz '2026-07-01 08:00:00Z' + n * interval {pause} as created,
    [51, 41][n + 1] as user_id, true as public, {hour} as _fivetran_synced
from range(2) as numbers (n);
create or replace table "user" as
select id, name, role, true as active, {hour} as _fivetran_synced
from (values (41, '{agent}', 'agent'), (51, 'Nia', 'end-user')) as people (id, name, role);
create or replace table "group" as select 71 as id, 'Help' as name, {hour} as _fivetran_synced
"""


def sync(lake: Path, agent: str, pause: str, hour: int = 9) -> str:
    with duckdb.connect(str(lake)) as connection:
        at = f"timestamptz '2026-07-01 {hour:02}:00:00Z'"
        connection.execute("set timezone = 'UTC'")
        connection.execute(TABLES.format(agent=agent, pause=pause, hour=at))
    return f"duckdb:{lake}"


def first_responses(output: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(output / "helpdesk.duckdb"), read_only=True) as connection:
        return connection.execute(
            """select tickets.ticket_key, tickets.source_system, agents.name, tickets.first_response_seconds
            from marts.fct_tickets as tickets
            left join marts.dim_agents as agents on tickets.agent_key = agents.agent_key
            order by 1"""
        ).fetchall()


def test_two_accounts_with_the_same_ids_are_two_desks(tmp_path: Path) -> None:
    landing, output = tmp_path / "landing", tmp_path / "output"
    config = tmp_path / "helpdesk.yml"
    config.write_text("include_personal_data: true\n")
    run = ("ingest", "zendesk", "--landing", landing)
    north = sync(tmp_path / "north.duckdb", "Ann", "'10 minutes'")
    south = sync(tmp_path / "south.duckdb", "Bo", "'20 minutes'")
    run_helpdesk(*run, "--account", "north", "--from", north)
    run_helpdesk(*run, "--account", "south", "--from", south)
    build = ("build", "--landing", landing, "--config", config, *AS_OF)
    run_helpdesk(*build, "--output", output)
    expected = [
        ("zendesk_north:1", "zendesk_north", "Ann", 600),
        ("zendesk_south:1", "zendesk_south", "Bo", 1_200),
    ]
    assert first_responses(output) == expected
    # One account changes: compare a refresh with a full build.
    sync(tmp_path / "south.duckdb", "Bo", "'30 minutes'", hour=10)
    run_helpdesk(*run, "--account", "south", "--from", south)
    run_helpdesk(*build, "--output", output)
    assert first_responses(output) == [expected[0], (*expected[1][:3], 1_800)]
    run_helpdesk(*build, "--output", tmp_path / "again")
    assert first_responses(tmp_path / "again") == first_responses(output)


def test_settings_name_the_accounts(tmp_path: Path) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text("ingest: {hubspot: {emea: {}, us: {token_env: US_TOKEN}}}\n")
    sources = load_settings(config).ingest.vendors()
    assert {name: one.token_env for name, one in sources.items()} == {
        "hubspot_emea": "HUBSPOT_TOKEN_EMEA",
        "hubspot_us": "US_TOKEN",
    }
    run = ("ingest", "hubspot", "--landing", tmp_path / "landing", "--config", config)
    failed = run_helpdesk(*run, "--account", "emae", check=False)
    assert failed.returncode == 2
    assert "there are emea, us; did you mean emea" in " ".join(failed.stderr.split())
    lacking = run_helpdesk(*run, "--account", "emea", check=False)
    assert "HUBSPOT_TOKEN_EMEA is not set" in " ".join(lacking.stderr.split())
    config.write_text("ingest: {hubspot: {emea: {tokn: 1}}}\n")
    with pytest.raises(ConfigError, match=r"unknown setting 'ingest.hubspot.emea.tokn'"):
        load_settings(config)
    shutil.rmtree(tmp_path / "landing", ignore_errors=True)
