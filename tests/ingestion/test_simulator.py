"""The simulated desk: repeatable, coherent, within its period, and as busy as configured."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from helpdesk.cli import app
from ingestion.simulator import DEFAULT_UNTIL, TABLES, Desk, planted_incidents, rows, simulate
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
    ("agent_availability", "agent_id", "agents", "agent_id"),
    ("calls", "ticket_id", "tickets", "ticket_id"),
    ("calls", "agent_id", "agents", "agent_id"),
    ("survey_responses", "survey_id", "surveys", "survey_id"),
    ("survey_responses", "ticket_id", "tickets", "ticket_id"),
    ("survey_responses", "contact_id", "contacts", "contact_id"),
    ("survey_responses", "agent_id", "agents", "agent_id"),
    ("deletions", "key", "tickets", "ticket_id"),
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


# The first answer to each ticket that is owed one, and the hours until then.
ANSWERS = f"""
    select tickets.*, first_at, epoch(first_at - created_at) / 3600 as hours,
        teams.name as team
    from tickets
    left join (
        select ticket_id, min(sent_at) as first_at from ({RESPONSES}) group by ticket_id
    ) using (ticket_id)
    left join teams using (team_id)
    where not is_outbound and not is_spam and merged_into_id is null
"""

PLANTED = {planted.name: planted for planted in planted_incidents(DEFAULT_UNTIL)}


def simulated(out: Path, incidents: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view per simulated file."""
    simulate(TICKETS, SEED, out, DEFAULT_UNTIL, incidents=incidents)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for file in out.glob("*.parquet"):
            connection.from_parquet(str(file)).create_view(file.stem)
        yield connection


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    yield from simulated(tmp_path_factory.mktemp("simulated"), incidents=True)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same desk in a year without incidents."""
    yield from simulated(tmp_path_factory.mktemp("quiet"), incidents=False)


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
    for table in ("tickets", "messages", "agent_availability", "calls", "survey_responses"):
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
    simulate(tickets, SEED, tmp_path, datetime(2024, 3, 1, 9, 37, 11, tzinfo=UTC))
    assert {file.stem for file in tmp_path.iterdir()} == set(TABLES)
    assert duckdb.from_parquet(str(tmp_path / "tickets.parquet")).shape[0] == tickets


def test_a_small_desk_has_rows_of_everything_usual(tmp_path: Path) -> None:
    simulate(12, SEED, tmp_path, DEFAULT_UNTIL)
    rare = {"deletions", "ticket_sla_applied"}
    for table in TABLES.keys() - rare:
        assert duckdb.from_parquet(str(tmp_path / f"{table}.parquet")).shape[0] > 0, table


def test_every_table_of_the_contract_is_there() -> None:
    tables = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["sources"][0]["tables"]
    assert {table["name"] for table in tables} == set(TABLES)


def test_a_larger_desk_has_more_agents() -> None:
    larger = DESK.staffed_for(300_000)
    assert larger.team_sizes == (27, 18, 12, 15)
    assert len(larger.left) == 3 * len(DESK.left)
    assert len(larger.moved) == 3 * len(DESK.moved)
    assert DESK.staffed_for(20_000) == DESK


def test_the_command_can_leave_incidents_out(tmp_path: Path) -> None:
    out = tmp_path / "command"
    arguments = ["simulate", "--tickets", "300", "--seed", "5", "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--no-incidents"])
    assert result.exit_code == 0
    simulate(300, 5, tmp_path / "function", incidents=False)
    assert contents(out) == contents(tmp_path / "function")
    simulate(300, 5, tmp_path / "eventful")
    assert contents(out) != contents(tmp_path / "eventful")


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
            assert scalar(desk, f'select count(*) - count("{name}") from {table}') == 0, name
        if column["data_type"] == "timestamp" and name in types:
            assert types[name] == "TIMESTAMP WITH TIME ZONE"
        if "accepted" in meta:
            values = desk.execute(f"select distinct {name} from {table}").fetchall()
            assert {value for (value,) in values} <= set(meta["accepted"])
        if meta.get("key") and name in types:
            keys.append(f'"{name}"')
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
        union all select started_at from agent_availability
        union all select ended_at from agent_availability
        union all select started_at from calls
        union all select started_at + to_seconds(duration_seconds) from calls
        union all select sent_at from survey_responses
        union all select responded_at from survey_responses
        union all select deleted_at from deletions
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
        ("is_deleted or ticket_id in (select key from deletions)", DESK.deleted),
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


def test_most_answers_are_written_on_shift(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select avg((status = 'available')::integer)
        from ({RESPONSES}) as responses
        asof join agent_availability
            on author_id = agent_availability.agent_id and sent_at >= started_at
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


def test_spells_of_an_agent_follow_each_other(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (ended_at is distinct from coalesce(next_at, ended_at)),
            count(*) filter (ended_at <= started_at),
            count(*) filter (status = 'available' and reason is not null),
            count(*) filter (status = 'away' and reason is null),
            count(*) filter (next_at is null and ended_at is null), count(distinct reason)
        from (
            select *, lead(started_at) over (partition by agent_id order by started_at) as next_at
            from agent_availability
        )
    """
    active = scalar(desk, "select count(*) from agents where is_active")
    assert desk.execute(query).fetchone() == (0, 0, 0, 0, active, 5)


def test_shifts_are_in_the_zone_of_the_agent(desk: duckdb.DuckDBPyConnection) -> None:
    """In the best of the zones, an agent works within the day, all year, five days a week or so."""
    zones = ", ".join(f"('{zone}')" for zone, *_ in SCHEDULES)
    query = f"""
        select agent_id, max(within), arg_max(days, within)
        from (
            select agent_id, zone, count(distinct timezone(zone, started_at)::date) as days,
                avg((hour(timezone(zone, started_at)) between 7 and 18)::integer) as within
            from agent_availability, (values {zones}) as zones (zone)
            where status = 'available'
            group by agent_id, zone
        ) group by agent_id
    """
    for agent, within, days in desk.execute(query).fetchall():
        assert within == 1, agent
        assert 100 < days < 270, agent
    weekend = """
        select count(distinct agent_id), (select count(*) from agents) from agent_availability
        where status = 'available' and isodow(started_at) = 6 and hour(started_at) between 8 and 16
    """
    at_weekends, everyone = desk.execute(weekend).fetchone() or (0, 0)
    assert 0 < at_weekends < everyone / 2


def test_some_agents_are_at_capacity(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((open >= capacity)::integer) from (
            select capacity, count(ticket_id) as open
            from agents left join (
                tickets join statuses on tickets.status_id = statuses.status_id and state <> 'closed'
            ) using (agent_id)
            where is_active group by agent_id, capacity
        )
    """
    assert 0 < scalar(desk, query) < 0.5


def test_nights_and_weekends_wait(quiet: duckdb.DuckDBPyConnection) -> None:
    """Few are there then, so a queue builds up and is worked off later."""
    query = f"""
        select median(hours) filter (isodow(created_at) = 6),
            median(hours) filter (isodow(created_at) = 3 and hour(created_at) between 21 and 23),
            median(hours) filter (isodow(created_at) = 3 and hour(created_at) between 9 and 13)
        from ({ANSWERS})
    """
    saturday, night, morning = quiet.execute(query).fetchone() or (0, 0, 0)
    assert saturday > 3 * morning
    assert night > 1.5 * morning


def test_urgent_tickets_go_first(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"select priority, median(hours) from ({ANSWERS}) where priority is not null group by 1"
    hours = dict(desk.execute(query).fetchall())
    assert hours["urgent"] < hours["high"] < hours["medium"] < hours["low"]


def test_calls_come_with_tickets_by_phone(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (source <> 'phone'),
            count(distinct ticket_id) = (select count(*) from tickets where source = 'phone'),
            count(*) filter (ticket_id is null) / count(*),
            count(*) filter (started_at < created_at),
            count(*) filter (direction = 'outbound' and calls.agent_id is null),
            count(*) filter (outcome in ('completed', 'in_progress') and calls.agent_id is null),
            count(*) filter (outcome = 'completed' and coalesce(duration_seconds, 0) = 0),
            count(distinct outcome) filter (direction = 'inbound')
        from calls left join tickets using (ticket_id)
    """
    elsewhere, all_called, loose, early, alone, untaken, short, ends = desk.execute(
        query
    ).fetchall()[0]
    assert (elsewhere, early, alone, untaken, short) == (0, 0, 0, 0, 0)
    assert all_called
    assert 0.05 < loose < 0.4
    assert ends >= 5


def test_more_calls_are_missed_when_the_desk_is_busy(desk: duckdb.DuckDBPyConnection) -> None:
    outage = PLANTED["outage_day"]
    query = f"""
        select avg(missed) filter (not during), avg(missed) filter (during) from (
            select (outcome in ('missed', 'no_answer', 'busy'))::integer as missed,
                started_at between '{outage.starts_at}' and '{outage.ends_at}' as during
            from calls
            where direction = 'inbound' and isodow(started_at) < 6
            and hour(started_at) between 7 and 15
        )
    """
    usual, busy = desk.execute(query).fetchone() or (1, 0)
    assert 0.05 < usual < 0.35
    assert busy > 1.5 * usual


def test_missed_callers_are_called_back(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((called_back and missed)::integer) / avg(missed::integer),
            avg((called_back and not missed)::integer) / avg((not missed)::integer)
        from (
            select bool_or(direction = 'inbound' and outcome <> 'completed') as missed,
                bool_or(direction = 'outbound') as called_back
            from calls where ticket_id is not null group by ticket_id
        )
    """
    missed, taken = desk.execute(query).fetchone() or (0, 1)
    assert missed > 0.85
    assert taken < 0.4


def test_a_survey_is_answered_by_some(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select kind, avg((responded_at is not null)::integer), avg((comment is not null)::integer),
            count(*) filter (score not between scale_min and scale_max),
            count(*) filter ((score is null) <> (responded_at is null)),
            count(*) filter (comment is not null and score is null),
            count(*) filter (responded_at <= sent_at), count(distinct score)
        from survey_responses join surveys using (survey_id) group by kind
    """
    surveys = desk.execute(query).fetchall()
    assert {kind for kind, *_ in surveys} == {"csat", "ces", "nps"}
    for _, answered, commented, *broken, scores in surveys:
        assert 0.1 < answered < 0.5
        assert 0 < commented < answered
        assert broken == [0, 0, 0, 0]
        assert scores >= 5


def test_a_survey_follows_a_close(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select count(*) filter (closed_at is null or sent_at < closed_at),
            count(*) filter (survey_responses.contact_id is distinct from tickets.contact_id),
            count(*) - count(distinct ticket_id)
        from survey_responses join tickets using (ticket_id)
        left join (
            select ticket_id, min(changed_at) as closed_at from ({STATUS_CHANGES})
            where state = 'closed' group by ticket_id
        ) using (ticket_id)
        where ticket_id in (select ticket_id from ticket_field_history)
    """
    assert desk.execute(query).fetchone() == (0, 0, 0)


@pytest.mark.parametrize("kind", ["csat", "ces"])
def test_slow_and_reopened_tickets_score_low(desk: duckdb.DuckDBPyConnection, kind: str) -> None:
    query = f"""
        select avg(score) filter (hours < 1), avg(score) filter (hours > 24),
            avg(score) filter (was_reopened)
        from survey_responses join surveys using (survey_id) join ({ANSWERS}) using (ticket_id)
        join (
            select ticket_id, bool_or(state_before = 'closed' and state <> 'closed') as was_reopened
            from ({STATUS_CHANGES}) group by ticket_id
        ) using (ticket_id)
        where kind = '{kind}'
    """
    quick, slow, reopened = desk.execute(query).fetchone() or (0, 1, 1)
    assert slow < quick - 0.3
    assert reopened < quick - 0.5


@pytest.mark.parametrize(
    "until",
    [DEFAULT_UNTIL, datetime(2024, 3, 1, 9, 37, tzinfo=UTC), datetime(2025, 1, 4, tzinfo=UTC)],
)
def test_incidents_lie_in_the_second_half_of_the_year(until: datetime) -> None:
    """After agents have left and moved, with enough of the year before and after them."""
    planted = planted_incidents(until)
    assert [one.name for one in planted] == ["overloaded_team", "outage_day", "company_burst"]
    for one, following in pairwise(planted):
        assert one.ends_at + timedelta(14) < following.starts_at
    assert planted[0].starts_at > until - timedelta(160)
    assert planted[-1].ends_at < until - timedelta(7)


def test_an_outage_day(desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection) -> None:
    outage = PLANTED["outage_day"]
    day = outage.starts_at.date()
    counts = """
        select coalesce(any_value(tickets) filter (day = date '{day}'), 0)
            / max(tickets) filter (abs(day - date '{day}') between 1 and 7)
        from (
            select created_at::date as day, count(*) as tickets from tickets
            where {condition} group by day
        )
    """
    category = f"category = '{outage.category}'"
    assert scalar(desk, counts.format(day=day, condition="true")) > 3
    assert scalar(desk, counts.format(day=day, condition=category)) > 10
    assert scalar(quiet, counts.format(day=day, condition="true")) < 1.3
    effects = f"""
        with told as (
            select *, {category}
                and created_at between '{outage.starts_at}' and '{outage.ends_at}' as is_outage
            from ({ANSWERS})
        )
        select is_outage, median(hours), avg(was_reopened::integer), avg(score)
        from told
        left join (
            select ticket_id, bool_or(state_before = 'closed' and state <> 'closed') as was_reopened
            from ({STATUS_CHANGES}) group by ticket_id
        ) using (ticket_id)
        left join (
            select ticket_id, score from survey_responses join surveys using (survey_id)
            where kind = 'csat'
        ) using (ticket_id)
        group by is_outage order by is_outage
    """
    (_, hours, reopened, score), (_, long, often, poor) = desk.execute(effects).fetchall()
    assert long > 2 * hours
    assert often > 2 * reopened
    assert poor < score - 1


def weeks_of_a_team(
    connection: duckdb.DuckDBPyConnection, weeks: int, after: int
) -> tuple[float, int]:
    """Median hours to the first answer, and the tickets that wait at the end, of some weeks that
    begin so many weeks after the team's overload does."""
    overload = PLANTED["overloaded_team"]
    start = overload.starts_at + timedelta(weeks=after)
    end = start + timedelta(weeks=weeks)
    query = f"""
        select median(hours) filter (created_at between '{start}' and '{end}'),
            count(*) filter (
                created_at < '{end}' and coalesce(first_at, '{end}') > '{end}'
            )
        from ({ANSWERS}) where team = '{overload.team}'
    """
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_an_overloaded_team(
    desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection
) -> None:
    """Waits rise from week to week, and the backlog drains after."""
    hours, waiting = weeks_of_a_team(desk, weeks=6, after=-6)
    first, _ = weeks_of_a_team(desk, weeks=2, after=0)
    last, piled_up = weeks_of_a_team(desk, weeks=2, after=2)
    later, drained = weeks_of_a_team(desk, weeks=4, after=9)
    assert hours < first < last
    assert last > 4 * hours
    assert piled_up > 3 * waiting
    assert later < 2 * hours
    assert drained < piled_up / 3
    quiet_hours, _ = weeks_of_a_team(quiet, weeks=2, after=2)
    assert quiet_hours < last / 4


def test_a_burst_of_one_company(
    desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection
) -> None:
    burst = PLANTED["company_burst"]
    query = f"""
        select count(*) filter (created_at between '{burst.starts_at}' and '{burst.ends_at}')
            / epoch(timestamptz '{burst.ends_at}' - timestamptz '{burst.starts_at}')
            / (count(*) / (365 * 86400))
        from tickets where company_id = '{burst.company_id}'
    """
    assert scalar(desk, query) > 4
    assert scalar(quiet, query) < 4
