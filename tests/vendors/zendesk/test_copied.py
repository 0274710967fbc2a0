"""Tables that Fivetran or Airbyte has landed become the streams that the API gives."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from ingestion.contract import landed_tables
from ingestion.landing import load_landing
from ingestion.vendors.copied import copy_tables, load_layout
from tests.conftest import run_helpdesk
from tests.vendors.postgres import postgres_with
from tests.vendors.zendesk.conftest import NOW, Landing
from tests.vendors.zendesk.objects import Objects
from tests.working_warehouse import land_and_model

SYNCED = "2026-06-30T18:30:00Z"


def land(origin: str, folder: Path) -> dict[str, int]:
    return copy_tables("zendesk", "fivetran", origin, folder, lambda *_: None).rows


def landed(folder: Path, stream: str) -> list[list[str | None]]:
    """The declared fields of a stream's rows, as the loader reads them."""
    with duckdb.connect() as connection:
        load_landing(connection, folder)
        names = ", ".join(f'"{n}"' for n in landed_tables()[f"zendesk_{stream}"].column_names)
        rows = connection.execute(
            f"select to_json([{names}])::varchar from raw.zendesk_{stream} order by 1"
        ).fetchall()
    return [json.loads(row) for (row,) in rows]


def packed(row: list[str | None]) -> str:
    """The row, whatever its spaces and whatever the zeros of its seconds."""
    return json.dumps(row).replace(" ", "").replace(".000000Z", "Z")


@pytest.fixture
def airbyte(desk: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """The objects of the API as typed tables, in a DuckDB file."""
    path = tmp_path / "airbyte.duckdb"
    objects = Objects(desk)
    streams = {
        **objects.streams,
        "ticket_audits": [a for some in objects.audits.values() for a in some],
    }
    with duckdb.connect(path) as connection:
        connection.execute("create schema zendesk_support")
        for stream in load_layout("zendesk", "airbyte").tables:
            rows = tmp_path / f"{stream}.json"
            rows.write_text("\n".join(json.dumps(row) for row in streams[stream]))
            nested = {
                k for row in streams[stream] for k, v in row.items() if isinstance(v, dict | list)
            }
            names = dict.fromkeys(name for row in streams[stream] for name in row)
            columns = ", ".join(
                f'"{name}"' if name in nested else f"""("{name}" ->> '$') as "{name}\""""
                for name in names
            )
            connection.execute(
                f"""create table zendesk_support.{stream} as
                select {columns}, timestamptz '{SYNCED}' as _airbyte_extracted_at,
                    '{{}}' as _airbyte_meta
                from read_json('{rows}', sample_size = -1, maximum_depth = 1)"""
            )
            if "created_at" in names:
                connection.execute(
                    f"alter table zendesk_support.{stream} alter created_at type timestamptz"
                )
    return path


def test_airbyte_tables_are_what_the_api_gives(
    airbyte: Path, landing: Landing, tmp_path: Path
) -> None:
    run = ["ingest", "zendesk", "--landing", tmp_path / "tables", "--layout", "airbyte"]
    run_helpdesk(*run, "--from", f"duckdb:{airbyte}")
    landing.fetch()
    for stream in ("tickets", "users", "ticket_audits", "sla_policies", "schedules", "calls"):
        theirs, ours = (landed(f, stream) for f in (tmp_path / "tables", landing.folder))
        assert len(theirs) == len(ours) or stream == "ticket_audits"
        # But for audits of deleted tickets, which the API no longer gives.
        assert set(map(packed, ours)) <= set(map(packed, theirs))


FIVETRAN = """
create table ticket as
select
    ticket_id::bigint as id, created_at, updated_at, category as type, priority,
    case when is_deleted then 'open' when status_id = 'closed' then 'closed' else 'open' end as status,
    case when status_id similar to '[0-9]+' then status_id::bigint end as custom_status_id,
    case when channel_id = 'email' then channel_account_id end as recipient,
    contact_id::bigint as requester_id, contact_id::bigint as submitter_id,
    agent_id::bigint as assignee_id, team_id::bigint as group_id,
    company_id::bigint as organization_id, pipeline_id::bigint as ticket_form_id,
    channel_id as via_channel, is_deleted as _fivetran_deleted,
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
from desk.messages;
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
    """The desk as a folder of Parquet in Fivetran's layout."""
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
    """Tickets, history, comments and people as the desk has them, by the same models."""
    folder = tmp_path / "tables"
    assert land(f"parquet:{fivetran}", folder)["tickets"] == 250
    assert land(f"parquet:{fivetran}", folder) == {}
    warehouse = tmp_path / "warehouse.duckdb"
    land_and_model(folder, warehouse, NOW.isoformat())
    with duckdb.connect(warehouse, read_only=True) as connection:

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


def test_a_database_gives_what_the_files_give(
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
