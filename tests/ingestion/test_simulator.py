"""The simulated desk: repeatable, coherent, within its period, and as busy as configured."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.simulator import DEFAULT_UNTIL, TABLES, Desk, simulate

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "dbt_project/models/staging/generic/_generic__sources.yml"
TICKETS = 20_000
SEED = 7
DESK = Desk()

REFERENCES = [
    ("statuses", "pipeline_id", "pipelines", "pipeline_id"),
    ("agent_teams", "agent_id", "agents", "agent_id"),
    ("agent_teams", "team_id", "teams", "team_id"),
    ("contacts", "company_id", "companies", "company_id"),
    ("channel_accounts", "channel_id", "channels", "channel_id"),
    ("tickets", "pipeline_id", "pipelines", "pipeline_id"),
    ("tickets", "status_id", "statuses", "status_id"),
    ("tickets", "agent_id", "agents", "agent_id"),
    ("tickets", "team_id", "teams", "team_id"),
    ("tickets", "company_id", "companies", "company_id"),
    ("tickets", "contact_id", "contacts", "contact_id"),
    ("tickets", "channel_id", "channels", "channel_id"),
    ("tickets", "channel_account_id", "channel_accounts", "channel_account_id"),
    ("tickets", "merged_into_id", "tickets", "ticket_id"),
    ("ticket_field_history", "ticket_id", "tickets", "ticket_id"),
]

# The status history with each row's state and the state before it.
STATUS_CHANGES = """
    select history.*, state, lag(state) over in_order as state_before,
        lag(value) over in_order as value_before, lag(changed_at) over in_order as changed_before,
        statuses.pipeline_id as status_pipeline_id
    from ticket_field_history as history join statuses on value = status_id
    where field = 'status'
    window in_order as (partition by ticket_id order by changed_at, seq)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view per simulated file."""
    out = tmp_path_factory.mktemp("simulated")
    simulate(TICKETS, SEED, out, DEFAULT_UNTIL)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for file in out.glob("*.parquet"):
            connection.from_parquet(str(file)).create_view(file.stem)
        yield connection


def scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The one value of a one-row query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def contents(folder: Path) -> dict[str, bytes]:
    """File name -> bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("once", 3), ("again", 3), ("other", 4)):
        simulate(500, seed, tmp_path / name, DEFAULT_UNTIL)
    assert contents(tmp_path / "once") == contents(tmp_path / "again")
    assert (
        contents(tmp_path / "once")["tickets.parquet"]
        != (contents(tmp_path / "other")["tickets.parquet"])
    )


@pytest.mark.parametrize("tickets", [0, 1, 13])
def test_any_size_is_written_whole(tmp_path: Path, tickets: int) -> None:
    simulate(tickets, SEED, tmp_path, datetime(2024, 3, 1, 9, 30, tzinfo=UTC))
    assert {file.stem for file in tmp_path.iterdir()} == set(TABLES)
    assert duckdb.from_parquet(str(tmp_path / "tickets.parquet")).shape[0] == tickets


def test_until_needs_a_zone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        simulate(1, SEED, tmp_path, datetime(2024, 3, 1))


@pytest.mark.parametrize("table", TABLES)
def test_columns_and_keys_meet_the_contract(desk: duckdb.DuckDBPyConnection, table: str) -> None:
    declared = {
        column["name"]: column
        for source in yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["sources"][0]["tables"]
        if source["name"] == table
        for column in source["columns"]
    }
    view = desk.view(table)
    types = dict(zip(view.columns, map(str, view.types), strict=True))
    assert set(types) <= set(declared)
    keys = []
    for name, column in declared.items():
        meta = column.get("config", {}).get("meta", {})
        if meta.get("required"):
            assert scalar(desk, f"select count(*) - count({name}) from {table}") == 0, name
        if column["data_type"] == "timestamp" and name in types:
            assert types[name] == "TIMESTAMP WITH TIME ZONE"
        if "accepted" in meta:
            values = desk.execute(f"select distinct {name} from {table}").fetchall()
            assert {value for (value,) in values} <= set(meta["accepted"])
        if meta.get("key") and name in types:
            keys.append(name)
    distinct = f"count(distinct row({', '.join(keys)}))"
    assert scalar(desk, f"select count(*) - {distinct} from {table}") == 0


@pytest.mark.parametrize(("table", "column", "target", "key"), REFERENCES)
def test_references_resolve(
    desk: duckdb.DuckDBPyConnection, table: str, column: str, target: str, key: str
) -> None:
    query = f"""
        select count(*) from (select {column} as id from {table} where {column} is not null)
        anti join (select {key} as id from {target}) using (id)
    """
    assert scalar(desk, query) == 0


@pytest.mark.parametrize(
    ("field", "target", "key"),
    [
        ("status", "statuses", "status_id"),
        ("agent", "agents", "agent_id"),
        ("team", "teams", "team_id"),
    ],
)
def test_history_values_resolve(
    desk: duckdb.DuckDBPyConnection, field: str, target: str, key: str
) -> None:
    query = f"""
        select count(*) from ticket_field_history anti join {target} on value = {key}
        where field = '{field}' and value is not null
    """
    assert scalar(desk, query) == 0


def test_nothing_after_until_or_before_the_period(desk: duckdb.DuckDBPyConnection) -> None:
    instants = """
        select created_at as instant from tickets
        union all select updated_at from tickets
        union all select reported_closed_at from tickets
        union all select changed_at from ticket_field_history
        union all select valid_from from agent_teams
        union all select valid_to from agent_teams
    """
    assert scalar(desk, f"select max(instant) from ({instants})") <= DEFAULT_UNTIL
    assert scalar(desk, f"select min(instant) from ({instants})") >= datetime(
        2025, 6, 30, 18, tzinfo=UTC
    )
    assert scalar(desk, "select count(*) from tickets where updated_at < created_at") == 0


def test_history_starts_at_creation_and_ends_at_the_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    disagreeing = """
        with ends as (
            select ticket_id, field, min(changed_at) as first_at, max(changed_at) as last_at,
                arg_max_null(value, (changed_at, seq)) as last_value
            from ticket_field_history group by ticket_id, field
        )
        select count(*) filter (
            where first_at <> created_at or last_at > updated_at
            or last_value is distinct from case field
                when 'status' then status_id when 'agent' then agent_id
                when 'team' then team_id when 'priority' then priority end
        ), count(distinct ticket_id), count(*)
        from ends join tickets using (ticket_id)
    """
    wrong, tickets, properties = desk.execute(disagreeing).fetchone() or (None, None, None)
    assert wrong == 0
    assert properties == 4 * tickets
    assert 0 < TICKETS - tickets < 3 * DESK.no_history * TICKETS


def test_history_holds_changes_only(desk: duckdb.DuckDBPyConnection) -> None:
    repeats = """
        select count(*) from (
            select row_number() over in_order > 1
                and value is not distinct from lag(value) over in_order as is_repeat
            from ticket_field_history
            window in_order as (partition by ticket_id, field order by changed_at, seq)
        ) where is_repeat
    """
    assert scalar(desk, repeats) == 0


def test_status_changes_are_ordered(desk: duckdb.DuckDBPyConnection) -> None:
    """`seq` alone gives the order of time, and every life starts New, in its own pipeline."""
    unordered = """
        select count(*) from (
            select changed_at < lag(changed_at) over in_order as is_back
            from ticket_field_history
            window in_order as (partition by ticket_id order by seq)
        ) where is_back
    """
    assert scalar(desk, unordered) == 0
    query = f"""
        select count(*) from ({STATUS_CHANGES}) join tickets using (ticket_id)
        where status_pipeline_id <> tickets.pipeline_id
        or (value_before is null and value not in ('101', '201'))
    """
    assert scalar(desk, query) == 0


def test_some_changes_share_an_instant(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"select count(*) from ({STATUS_CHANGES}) where changed_at = changed_before"
    assert scalar(desk, query) > 0


@pytest.mark.parametrize(
    ("column", "rate"),
    [
        ("is_spam", DESK.spam),
        ("is_deleted", DESK.deleted),
        ("is_outbound", DESK.outbound),
        ("merged_into_id is not null", DESK.merged),
    ],
)
def test_flags_are_as_frequent_as_configured(
    desk: duckdb.DuckDBPyConnection, column: str, rate: float
) -> None:
    assert scalar(desk, f"select avg(({column})::integer) from tickets") == pytest.approx(
        rate, rel=0.3
    )


def test_reopens_and_open_tickets(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        with lives as (
            select ticket_id, bool_or(state = 'closed') as was_closed,
                bool_or(state_before = 'closed' and state <> 'closed') as was_reopened,
                arg_max(state, (changed_at, seq)) as state
            from ({STATUS_CHANGES}) group by ticket_id
        )
        select avg(was_reopened::integer) filter (where was_closed),
            avg((state <> 'closed')::integer), count(distinct state)
        from lives
    """
    reopened, still_open, states = desk.execute(query).fetchone() or (None, None, None)
    assert reopened == pytest.approx(DESK.reopened, rel=0.2)
    assert DESK.stuck / 2 < still_open < 0.1
    assert states == 4


def test_a_merge_is_between_tickets_of_one_contact(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (
            where target.created_at > tickets.created_at
            or target.merged_into_id is not null
            or target.contact_id is distinct from tickets.contact_id
        )
        from tickets join tickets as target on tickets.merged_into_id = target.ticket_id
    """
    assert scalar(desk, query) == 0


def test_some_tickets_wait_for_an_agent(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((first_value is null)::integer) from (
            select arg_min_null(value, seq) as first_value
            from ticket_field_history where field = 'agent' group by ticket_id
        )
    """
    assert 0.5 < scalar(desk, query) < 1 - DESK.assigned_at_creation


def test_week_and_growth(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select
            avg((isodow(created_at) >= 6)::integer) as weekend,
            avg((hour(created_at) between 8 and 17)::integer) as working_hours,
            count(*) filter (where created_at >= timestamptz '2025-12-30 06:00:00+00') / count(*)
                as second_half,
        from tickets
    """
    weekend, working_hours, second_half = desk.execute(query).fetchone() or (1, 0, 0)
    assert weekend < 0.12
    assert working_hours > 0.65
    assert 0.53 < second_half < 0.65


def test_a_few_companies_write_the_most(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select sum(tickets) / any_value(total) from (
            select count(*) as tickets, sum(count(*)) over () as total
            from tickets where company_id is not null
            group by company_id order by tickets desc limit 12
        )
    """
    assert scalar(desk, query) > 0.4


def test_agents_have_one_primary_team_at_a_time(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from agent_teams as a join agent_teams as b using (agent_id)
        where a.valid_from is distinct from b.valid_from and a.is_primary and b.is_primary
        and coalesce(a.valid_from, '-infinity') < coalesce(b.valid_to, 'infinity')
        and coalesce(b.valid_from, '-infinity') < coalesce(a.valid_to, 'infinity')
    """
    assert scalar(desk, query) == 0
    assert scalar(desk, "select count(*) from agent_teams where valid_from is not null") == len(
        DESK.moved
    )


def test_agents_who_left_get_nothing_new(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select max(changed_at) from ticket_field_history join agents on value = agent_id
        where field = 'agent' and not is_active
    """
    assert scalar(desk, query) < datetime(2025, 12, 30, 6, tzinfo=UTC)
