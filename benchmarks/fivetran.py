"""Ingestion of Fivetran's Zendesk tables: `python -m benchmarks.fivetran --tickets 100000`.

Writes a simulated desk in Fivetran's layout, each row synced in the hour after its change. Then
runs `helpdesk ingest` for everything, without changes, and with one changed ticket in a thousand,
and prints processor seconds, seconds and peak memory of each run.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

SYNCED = "date_trunc('hour', {}) + interval 1 hour"
LAKE = """
create table ticket as
select
    ticket_id::bigint as id, created_at, updated_at, 'Subject ' || ticket_id as subject,
    category as type, priority,
    case when status_id like '%5' then 'closed' else 'open' end as status,
    null::bigint as custom_status_id, null as recipient, contact_id::bigint as requester_id,
    contact_id::bigint as submitter_id, agent_id::bigint as assignee_id,
    team_id::bigint as group_id, company_id::bigint as organization_id,
    pipeline_id::bigint as ticket_form_id, null::bigint as brand_id, 'email' as via_channel,
    null as via_source_rel, is_deleted as _fivetran_deleted, null as merged_ticket_ids, {updated_at}
from desk.tickets;
create table ticket_field_history as
select
    ticket_id::bigint as ticket_id,
    case field
        when 'pipeline' then 'ticket_form_id' when 'agent' then 'assignee_id'
        when 'team' then 'group_id' else field
    end as field_name,
    changed_at as updated, -1 as user_id,
    case
        when field <> 'status' then value when value like '%5' then 'closed' else 'open'
    end as value,
    {changed_at}
from desk.ticket_field_history
qualify row_number() over (partition by ticket_id, field, changed_at order by seq desc) = 1;
create table ticket_comment as
select
    (hash(message_id) & 4503599627370495)::bigint as id, ticket_id::bigint as ticket_id,
    sent_at as created, coalesce(try_cast(author_id as bigint), -1) as user_id, 'text' as body,
    coalesce(is_public, true) as public, false as voice_comment, {sent_at}
from desk.messages;
create table ticket_schedule as
select ticket_id::bigint as ticket_id, created_at, 901 as schedule_id, {created_at}
from desk.tickets;
create table "user" as
select
    agent_id::bigint as id, name, email, 'agent' as role, true as active,
    timestamptz '2026-07-01' as _fivetran_synced
from desk.agents
union all
select contact_id::bigint, name, email, 'end-user', true, timestamptz '2026-07-01'
from desk.contacts;
create table organization as
select company_id::bigint as id, name, timestamptz '2026-07-01' as _fivetran_synced
from desk.companies;
create table "group" as
select team_id::bigint as id, name, timestamptz '2026-07-01' as _fivetran_synced from desk.teams;
"""
TOUCHED = """
create or replace temp table touched as
select id from ticket order by hash(id) limit (select count(*) // 1000 from ticket);
update ticket set updated_at = now(), _fivetran_synced = now()
where id in (from touched);
insert into ticket_comment
select
    4503599627370496 + epoch_ms(now()) * 1000 + row_number() over (), id, now(), -1, 'text', true,
    false, now()
from touched
"""


def write_lake(tickets: int, folder: Path) -> Path:
    """Simulate a desk and write it in Fivetran's layout."""
    lake, desk = folder / "lake.duckdb", folder / "desk"
    if lake.exists():
        return lake
    subprocess.run(
        [*_helpdesk(), "simulate", "--out", str(desk), "--tickets", str(tickets)], check=True
    )
    columns = ("updated_at", "changed_at", "sent_at", "created_at")
    synced = {name: f"{SYNCED.format(name)} as _fivetran_synced" for name in columns}
    with duckdb.connect(str(lake), config={"memory_limit": "4GB"}) as connection:
        connection.execute("set timezone = 'UTC'; create schema desk")
        for path in desk.glob("*.parquet"):
            connection.execute(f"create view desk.{path.stem} as from '{path}'")
        connection.execute(LAKE.format(**synced))
        connection.execute("drop schema desk cascade")
    return lake


def _helpdesk() -> list[str]:
    return [sys.executable, "-c", "from helpdesk.cli.app import app; app()"]


def measured(name: str, command: list[str]) -> None:
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(output)
    print(
        f"{name}: {used.ru_utime + used.ru_stime:.1f} s of processor, "
        f"{time.monotonic() - started:.1f} s, {used.ru_maxrss / 1000:,.0f} MB; "
        f"{output.strip().splitlines()[-1].strip()}",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tickets", type=int, default=100_000)
    options.add_argument("--folder", type=Path, help="Keeps the lake for another run.")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lake = write_lake(chosen.tickets, folder)
        with tempfile.TemporaryDirectory(dir=folder) as landing:
            run = [*_helpdesk(), "ingest", "zendesk", "--landing", landing]
            run += ["--from", f"duckdb:{lake}", "--layout", "fivetran"]
            measured("all", run)
            measured("nothing new", run)
            with duckdb.connect(str(lake)) as connection:
                connection.execute(f"set timezone = 'UTC'; {TOUCHED}")
            measured("one of a thousand", run)


if __name__ == "__main__":
    main()
