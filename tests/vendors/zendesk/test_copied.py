"""Tables of Fivetran and Airbyte become the same streams as from the API."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from helpdesk.contract.tables import landed_tables
from helpdesk.extract.copied import copy_tables
from helpdesk.load.landing import load_landing
from tests.conftest import run_helpdesk
from tests.vendors.built import build_marts
from tests.vendors.postgres import postgres_with
from tests.vendors.zendesk.airbyte import SYNCED, airbyte_tables
from tests.vendors.zendesk.conftest import NOW, Landing
from tests.vendors.zendesk.objects import Objects


def land(origin: str, folder: Path) -> dict[str, int]:
    return copy_tables("zendesk", "fivetran", origin, folder, lambda *_: None).rows


def landed(folder: Path, stream: str) -> list[list[str | None]]:
    """The contract fields of a stream's rows, as the loader reads them."""
    with duckdb.connect() as connection:
        load_landing(connection, folder)
        names = ", ".join(f'"{n}"' for n in landed_tables()[f"zendesk_{stream}"].column_names)
        rows = connection.execute(
            f"select to_json([{names}])::varchar from raw.zendesk_{stream} order by 1"
        ).fetchall()
    return [json.loads(row) for (row,) in rows]


def packed(row: list[str | None]) -> str:
    """The row, normalized for the order and spaces of JSON and the fractions of seconds."""
    values = [json.loads(value) if value and value[0] in "[{" else value for value in row]
    return json.dumps(values, sort_keys=True).replace(".000000Z", "Z")


@pytest.fixture
def airbyte(desk: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """The objects of the API as typed tables, in a DuckDB file."""
    path = tmp_path / "airbyte.duckdb"
    objects = Objects(desk)
    airbyte_tables(objects.streams, objects.audits, path)
    return path


def test_airbyte_tables_equal_the_api(airbyte: Path, landing: Landing, tmp_path: Path) -> None:
    run = ["ingest", "zendesk", "--landing", tmp_path / "tables", "--layout", "airbyte"]
    run_helpdesk(*run, "--from", f"duckdb:{airbyte}")
    landing.fetch()
    for stream in ("tickets", "users", "ticket_audits", "sla_policies", "schedules", "calls"):
        theirs, ours = (landed(f, stream) for f in (tmp_path / "tables", landing.folder))
        assert len(theirs) == len(ours) or stream == "ticket_audits"
        # Except audits of deleted tickets, which the API no longer returns.
        assert set(map(packed, ours)) <= set(map(packed, theirs))


FIVETRAN = """
create table ticket as
select
    ticket_id::bigint as id, created_at, updated_at, category as type, priority,
    case when is_deleted then 'open' when status_id = 'closed' then 'closed' else 'open' end as status,
    case when status_id similar to '[0-9]+' then status_id::bigint end as custom_status_id,
    case when channel_id = 'email' then channel_account_id end as recipient,
    contact_id::bigint as requester_id,
    case when is_outbound then coalesce(agent_id, '4001') else contact_id end::bigint as submitter_id,
    agent_id::bigint as assignee_id, team_id::bigint as group_id,
    company_id::bigint as organization_id, pipeline_id::bigint as ticket_form_id,
    channel_id as via_channel,
    case when channel_id <> 'voice' then null when is_outbound then 'outbound' else 'inbound' end as via_source_rel, is_deleted as _fivetran_deleted,
    (select '[' || string_agg(source.ticket_id, ',') || ']' from desk.tickets as source
        where source.merged_into_id = tickets.ticket_id) as merged_ticket_ids
from desk.tickets as tickets;
create table ticket_field_history as
select
    ticket_id::bigint as ticket_id, changed_at as updated, -1 as user_id, value,
    case field
        when 'pipeline' then 'ticket_form_id' when 'agent' then 'assignee_id'
        when 'team' then 'group_id' when 'priority' then 'priority'
        when 'status' then case when value = 'closed' then 'status' else 'custom_status_id' end
    end as field_name
from desk.ticket_field_history
where field <> 'schedule'
qualify row_number() over (partition by ticket_id, field, changed_at order by seq desc) = 1;
create table ticket_schedule as
select ticket_id::bigint as ticket_id, changed_at as created_at, value::bigint as schedule_id
from desk.ticket_field_history where field = 'schedule';
create table ticket_comment as
select
    message_id::bigint as id, ticket_id::bigint as ticket_id, sent_at as created,
    coalesce(author_id::bigint, -1) as user_id, 'text' as body, is_public as public, false as voice_comment
from desk.messages where message_id not like 'chat:%'
union all
select
    9000000000 + ticket_id::bigint, ticket_id::bigint, min(sent_at), arg_min(author_id::bigint, sent_at), 'text', true, false
from desk.messages where message_id like 'chat:%' group by ticket_id;
create table ticket_chat as
select 'c' || ticket_id as chat_id, ticket_id::bigint as ticket_id, 'chat' as channel, null::bigint as user_id
from desk.messages where message_id like 'chat:%' group by ticket_id;
create table ticket_chat_event as
select
    'c' || ticket_id as chat_id, sent_at as created_at, 'ChatMessage' as type, 'hello' as message,
    case author_type when 'agent' then 'agent:' else '' end || author_id as actor_id,
    row_number() over (partition by ticket_id order by sent_at, message_id) as chat_index,
    split_part(message_id, ':', 3) as message_id
from desk.messages where message_id like 'chat:%';
create table ticket_custom_status as
select status_id::bigint as id, name as agent_label,
    case status_id
        when '101' then 'new' when '102' then 'open' when '103' then 'pending' when '104' then 'hold'
        else 'solved'
    end as status_category
from desk.statuses where status_id similar to '[0-9]+';
create table "user" as
select agent_id::bigint as id, name, email, 'agent' as role, is_active as active, null::bigint as organization_id
from desk.agents
union all
select contact_id::bigint, name, email, 'end-user', true, company_id::bigint
from desk.contacts anti join desk.agents on contact_id = agent_id;
create table organization as select company_id::bigint as id, name from desk.companies;
create table "group" as select team_id::bigint as id, name from desk.teams;
create table ticket_form_history as select pipeline_id::bigint as id, name from desk.pipelines;
create table schedule as
select
    schedule_id::bigint as id, 'S' as name, 'Berlin' as time_zone,
    weekday % 7 * 1440 + start_minute as start_time, weekday % 7 * 1440 + end_minute as end_time,
    timestamptz '2025-01-01T00:00:00Z' as created_at, false as _fivetran_deleted
from desk.business_hours where schedule_id <> '903';
create table schedule_holiday as
select row_number() over () as id, schedule_id::bigint as schedule_id, name, start_date, end_date
from desk.holidays;
create table satisfaction_rating as
select
    response_id::bigint as id, ticket_id::bigint as ticket_id, contact_id::bigint as requester_id,
    case score when 1 then 'good' when 0 then 'bad' else 'offered' end as score,
    sent_at as created_at, coalesce(responded_at, sent_at) as updated_at
from desk.survey_responses;
"""


@pytest.fixture
def fivetran(desk: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """The desk as a folder of Parquet files in Fivetran's layout."""
    folder = tmp_path / "fivetran"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'; create schema desk")
        for (table,) in desk.execute(
            "select table_name from duckdb_tables() where schema_name = 'main'"
        ).fetchall():
            rows = desk.execute(f"from {table}").to_arrow_table()
            connection.execute(f"create table desk.{table} as from rows")
            del rows
        connection.execute(FIVETRAN)
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main'"
        ).fetchall():
            connection.execute(
                f"copy (select *, timestamptz '{SYNCED}' as _fivetran_synced from \"{table}\") "
                f"to '{folder / table}.parquet'"
            )
    return folder


def test_fivetran_tables_become_the_same_contract_rows(
    fivetran: Path, desk: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Tickets, history, comments and people equal those of the desk, by the same models."""
    folder = tmp_path / "tables"
    assert land(f"parquet:{fivetran}", folder)["tickets"] == 250
    assert land(f"parquet:{fivetran}", folder) == {}
    candidate, _ = build_marts(folder, tmp_path / "output", NOW)
    with duckdb.connect(candidate, read_only=True) as connection:

        def count(query: str) -> int:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0])

        assert count("select count(*) from marts.fct_tickets") == 250
        expected = desk.execute(
            "select count(*) from messages where author_type = 'agent'"
        ).fetchone()
        assert expected is not None
        outgoing = "select count(*) from marts.fct_messages where author_type = 'agent'"
        assert count(outgoing) == expected[0]
        for flag, column in (
            ("is_deleted", "exclusion_reason = 'deleted'"),
            ("merged_into_id is not null", "exclusion_reason = 'merged'"),
        ):
            known = desk.execute(f"select count(*) from tickets where {flag}").fetchone()
            assert known is not None
            assert count(f"select count(*) from marts.fct_tickets where {column}") == known[0]
        assert count("select count(*) from marts.quarantine") == 0


def test_a_database_gives_the_rows_of_the_files(
    fivetran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect() as tables:
        tables.execute("set timezone = 'UTC'; create schema zendesk")
        for file in fivetran.glob("*.parquet"):
            tables.execute(f"create view zendesk.\"{file.stem}\" as from '{file}'")
        with postgres_with(tables, "zendesk") as address:
            monkeypatch.setenv("ZENDESK_TABLES", address)
            of_database = land("postgres:ZENDESK_TABLES", tmp_path / "base")
            assert land("postgres:ZENDESK_TABLES", tmp_path / "base") == {}
    assert of_database == land(f"parquet:{fivetran}", tmp_path / "files")
    for stream in of_database:
        left, right = (landed(tmp_path / name, stream) for name in ("files", "base"))
        assert sorted(map(packed, left)) == sorted(map(packed, right)) != [], stream
