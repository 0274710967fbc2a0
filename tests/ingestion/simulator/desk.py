"""The simulated desk of these tests, and queries that several of them use."""

from typing import Any

import duckdb

from helpdesk.simulator import DEFAULT_UNTIL, Desk, planted_incidents

TICKETS = 20_000
SEED = 7
DESK = Desk()

PLANTED = {planted.name: planted for planted in planted_incidents(DEFAULT_UNTIL)}

# The status history with each row's state and the state before it.
STATUS_CHANGES = """
    select history.*, state, lag(state) over in_order as state_before,
        lag(value) over in_order as value_before, lag(changed_at) over in_order as changed_before,
        statuses.pipeline_id as status_pipeline_id
    from ticket_field_history as history join statuses on value = status_id
    where field = 'status'
    window in_order as (partition by ticket_id order by changed_at, seq)
"""

# The definition in the rules of the metrics.
RESPONSES = """
    select * from messages
    where direction = 'outgoing' and author_type = 'agent' and is_public and not is_automated
    and delivery_status <> 'failed'
"""

# The first response to each ticket that needs one, and the hours until then.
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


def scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The single value of a query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
