"""The simulated desk: repeatable, coherent, within its period, and as busy as configured."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.simulator import DEFAULT_UNTIL, TABLES, Desk, rows, simulate
from ingestion.simulator.desk import SCHEDULES
from ingestion.simulator.messages import FORMS

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
    ("pipelines", "schedule_id", "business_hours", "schedule_id"),
    ("messages", "ticket_id", "tickets", "ticket_id"),
    ("messages", "channel_id", "channels", "channel_id"),
    ("messages", "channel_account_id", "channel_accounts", "channel_account_id"),
    ("holidays", "schedule_id", "business_hours", "schedule_id"),
    ("sla_targets", "policy_id", "sla_policies", "policy_id"),
    ("sla_targets", "schedule_id", "business_hours", "schedule_id"),
    ("sla_pause_statuses", "policy_id", "sla_policies", "policy_id"),
    ("sla_pause_statuses", "status_id", "statuses", "status_id"),
    ("sla_pause_statuses", "pipeline_id", "pipelines", "pipeline_id"),
    ("ticket_sla_applied", "ticket_id", "tickets", "ticket_id"),
    ("ticket_sla_applied", "policy_id", "sla_policies", "policy_id"),
    ("ticket_sla_applied", "schedule_id", "business_hours", "schedule_id"),
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

# As the rules of the metrics define it.
RESPONSES = """
    select * from messages
    where direction = 'outgoing' and author_type = 'agent' and is_public and not is_automated
    and delivery_status <> 'failed'
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
    once, other = contents(tmp_path / "once"), contents(tmp_path / "other")
    assert once == contents(tmp_path / "again")
    for table in ("tickets", "messages", "ticket_sla_applied"):
        assert once[f"{table}.parquet"] != other[f"{table}.parquet"]


def test_messages_are_written_block_by_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks become row groups; keys and order run on across them."""
    monkeypatch.setattr(rows, "BLOCK", 200)
    simulate(500, SEED, tmp_path, DEFAULT_UNTIL)
    file = str(tmp_path / "messages.parquet")
    groups = duckdb.sql(f"select count(distinct row_group_id) from parquet_metadata('{file}')")
    assert groups.fetchall() == [(3,)]
    keys = f"""
        select count(distinct message_id), count(distinct ticket_id) > 400,
            max(message_id::bigint) - min(message_id::bigint) + 1, count(*)
        from '{file}'
    """
    distinct, from_all_blocks, span, messages = duckdb.sql(keys).fetchall()[0]
    assert distinct == span == messages
    assert from_all_blocks


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
        union all select sent_at from messages
        union all select applied_at from ticket_sla_applied
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


def test_message_ids_follow_time(desk: duckdb.DuckDBPyConnection) -> None:
    """Texts of one length, so that the tie-breaker by message_id is the order of writing."""
    query = """
        select count(*) filter (where sent_at < before_at), count(distinct length(message_id))
        from (
            select message_id, sent_at, lag(sent_at) over in_order as before_at
            from messages window in_order as (partition by ticket_id order by message_id)
        )
    """
    assert desk.execute(query).fetchone() == (0, 1)


def test_messages_per_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    assert scalar(desk, "select count(*) from messages") / TICKETS == pytest.approx(8.5, abs=1)
    forms = """
        select count(distinct row(direction, author_type, is_public, is_automated,
            delivery_status, kind)) from messages
    """
    assert scalar(desk, forms) == len(FORMS)
    failed = "select avg((delivery_status = 'failed')::integer) from messages"
    assert 0 < scalar(desk, failed) < 0.01


def test_messages_belong_to_their_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from messages join tickets using (ticket_id)
        where sent_at < created_at
        or author_type = 'customer' and author_id is distinct from contact_id
        or author_type = 'agent' and author_id not in (select agent_id from agents)
        or author_type not in ('agent', 'customer') and author_id is not null
        or author_type = 'agent' and author_id is null
    """
    assert scalar(desk, query) == 0
    absent = """
        select max(sent_at) from messages join agents on author_id = agent_id
        where author_type = 'agent' and not is_active
    """
    assert scalar(desk, absent) < datetime(2025, 12, 30, 6, tzinfo=UTC)


def test_whoever_began_writes_first(desk: duckdb.DuckDBPyConnection) -> None:
    """A call has no first message: its ticket is answered in writing."""
    query = """
        select is_outbound, source = 'phone' as is_call,
            avg((opening.sent_at is not null)::integer)
        from tickets left join messages as opening
            on opening.ticket_id = tickets.ticket_id and sent_at = created_at
            and author_type = if(is_outbound, 'agent', 'customer')
            and is_public and not is_automated
        group by all order by all
    """
    shares = desk.execute(query).fetchall()
    assert shares[0] == (False, False, 1)
    assert shares[2:] == [(True, False, 1), (True, True, 1)]
    # Some automations bring a ticket back at the very instant of its creation.
    assert shares[1][2] < 0.01


@pytest.mark.parametrize(
    ("before", "after", "author", "share"),
    [
        ("open", "pending", "agent", 0.9),
        ("pending", "open", "customer", 0.85),
        ("open", "closed", "agent", 0.75),
    ],
)
def test_the_last_word_before_a_change_of_status(
    desk: duckdb.DuckDBPyConnection, before: str, after: str, author: str, share: float
) -> None:
    """Agents wait for a contact whom they have asked; contacts come back by writing."""
    query = f"""
        with words as (
            select * from messages
            where is_public and not is_automated and delivery_status is distinct from 'failed'
        )
        select avg((author_type = '{author}')::integer)
        from ({STATUS_CHANGES}) as changes
        asof join words
            on changes.ticket_id = words.ticket_id and changes.changed_at >= words.sent_at
        where state_before = '{before}' and state = '{after}'
    """
    assert scalar(desk, query) > share


def test_most_answers_are_written_in_working_hours(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select avg((hour(sent_at) between 7 and 18 and isodow(sent_at) < 6)::integer)
        from ({RESPONSES})
    """
    assert scalar(desk, query) > 0.85


def test_nearly_every_customer_is_answered(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select avg((first_at is not null)::integer), median(epoch(first_at - created_at)) / 3600
        from tickets left join (
            select ticket_id, min(sent_at) as first_at from ({RESPONSES}) group by ticket_id
        ) using (ticket_id)
        where not is_outbound and not is_spam and merged_into_id is null
    """
    answered, hours = desk.execute(query).fetchone() or (0, 0)
    assert 0.9 < answered < 1
    assert 0.3 < hours < 8


def test_schedules_differ_where_it_matters(desk: duckdb.DuckDBPyConnection) -> None:
    """Zones with clock changes, a version, a break in the day, a shift past midnight, days off."""
    assert scalar(desk, "select count(distinct timezone) from business_hours") == len(SCHEDULES)
    query = """
        select count(distinct valid_from), count(*) filter (where valid_from is null),
            max(end_minute) > 1440, bool_or(weekday > 5)
        from business_hours
    """
    assert desk.execute(query).fetchone() == (1, 22, True, True)
    broken = """
        select count(*) from (
            select weekday from business_hours group by schedule_id, valid_from, weekday
            having count(*) > 1 and max(start_minute) > min(end_minute)
        )
    """
    assert scalar(desk, broken) == 5
    assert scalar(desk, "select count(*) from holidays where end_date < start_date") == 0
    last_year = scalar(desk, "select max(year(start_date)) from holidays")
    assert last_year >= DEFAULT_UNTIL.year + 3


def test_every_policy_targets_every_metric(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select policy_id, count(distinct metric) from sla_targets where priority is null
        group by policy_id
    """
    targeted = dict(desk.execute(query).fetchall())
    assert targeted.keys() == {
        p for (p,) in desk.execute("select policy_id from sla_policies").fetchall()
    }
    fields = "select distinct unnest(json_keys(conditions)) from sla_policies"
    assert {field for (field,) in desk.execute(fields).fetchall()} <= {
        "pipeline",
        "priority",
        "source",
    }
    soon = "select count(*) from sla_targets where due_soon_seconds >= goal_seconds"
    assert scalar(desk, soon) == 0


def test_some_policies_are_applied_by_hand(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*), count(schedule_id), count(distinct policy_id),
            count(*) filter (where applied_at < created_at)
        from ticket_sla_applied join tickets using (ticket_id)
    """
    applied, with_schedule, policies, early = desk.execute(query).fetchone() or (0, 0, 0, 1)
    assert applied / TICKETS == pytest.approx(DESK.policy_applied, rel=0.3)
    assert 0 < with_schedule < applied
    assert policies == 3
    assert early == 0
