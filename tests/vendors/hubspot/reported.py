"""Adds HubSpot's own SLA clocks to the files of a simulated desk.

Each of a ticket's three clocks is due a fixed time after it started. Its status is 0 (active), 1
(overdue), 3 (completed on time) or 4 (completed late), and both are properties with a history.
"""

from datetime import datetime
from pathlib import Path

import duckdb

# Goals in hours: first response, next response, and close.
GOALS = {"first_response": 4, "next_response": 6, "time_to_close": 96}

CLOCKS = """
create temp table clocks as
with wanted as (
    select * from tickets
    where not (is_spam or is_deleted or is_outbound) and merged_into_id is null
        and ticket_id not in (select "key" from deletions)
        -- Without any other history a ticket has none of these either.
        and ticket_id in (select ticket_id from history)
),
responses as (
    select ticket_id, sent_at from messages
    where direction = 'outgoing' and author_type = 'agent' and not is_automated and is_public
        and coalesce(delivery_status, '') <> 'failed'
),
first_responses as (
    select wanted.ticket_id, wanted.created_at, min(responses.sent_at) as ended_at
    from wanted
    left join responses on wanted.ticket_id = responses.ticket_id
        and responses.sent_at >= wanted.created_at
    group by all
),
asked as (
    select messages.ticket_id, messages.sent_at,
        (select min(sent_at) from responses
            where responses.ticket_id = messages.ticket_id and responses.sent_at > messages.sent_at
        ) as ended_at
    from messages
    inner join first_responses on messages.ticket_id = first_responses.ticket_id
        and messages.sent_at > first_responses.ended_at
    where direction = 'incoming' and author_type = 'customer' and not is_automated
)
select ticket_id, 'first_response' as metric, created_at as started_at, ended_at
from first_responses
union all
select ticket_id, 'next_response', min(sent_at), ended_at from asked group by ticket_id, ended_at
union all
select ticket_id, 'time_to_close', created_at, reported_closed_at from wanted
"""

CHANGES = """
create temp table changes as
with due as (
    select *, started_at + to_hours({goals}) as due_at from clocks
),
reported as (
    select ticket_id, metric || '_due_at' as field, started_at as changed_at,
        strftime(due_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') as value
    from due
    union all
    select ticket_id, metric || '_sla_status', started_at, '0' from due
    union all
    select ticket_id, metric || '_sla_status', due_at, '1' from due
    where ended_at is null or ended_at > due_at
    union all
    select ticket_id, metric || '_sla_status', ended_at,
        case when ended_at <= due_at then '3' else '4' end
    from due where ended_at is not null and ended_at > started_at
)
select ticket_id, field, changed_at, any_value(value) as value
from reported where changed_at <= $until group by all
"""


def keep_clocks(folder: Path, until: datetime) -> None:
    """Add the history and the current values of the clocks to the desk in `folder`."""
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, table in (
            ("tickets", "tickets"),
            ("history", "ticket_field_history"),
            ("messages", "messages"),
            ("deletions", "deletions"),
        ):
            path = folder / f"{table}.parquet"
            connection.execute(f"create table {name} as from read_parquet('{path}')")
        connection.execute(CLOCKS)
        goals = " ".join(f"when '{metric}' then {hours}" for metric, hours in GOALS.items())
        connection.execute(CHANGES.format(goals=f"case metric {goals} end"), {"until": until})
        connection.execute("insert into history by name select *, 0 as seq from changes")
        newest = ", ".join(
            f"max_by(value, changed_at) filter (field = '{metric}_{what}') as {column}"
            for metric in GOALS
            for what, column in (
                ("due_at", f"reported_{metric}_due_at"),
                ("sla_status", f"reported_{metric}_sla_status"),
            )
        )
        due = ", ".join(
            f"reported_{metric}_due_at::timestamptz as reported_{metric}_due_at" for metric in GOALS
        )
        connection.execute(
            f"""create table reported as
            select tickets.* exclude (updated_at),
                greatest(updated_at, newest.changed_at) as updated_at,
                newest.* exclude (ticket_id, changed_at) replace ({due})
            from tickets left join (
                select ticket_id, max(changed_at) as changed_at, {newest}
                from changes group by ticket_id
            ) as newest on tickets.ticket_id = newest.ticket_id
            order by tickets.ticket_id"""
        )
        connection.table("reported").write_parquet(str(folder / "tickets.parquet"))
        connection.table("history").write_parquet(str(folder / "ticket_field_history.parquet"))
