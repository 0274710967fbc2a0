"""The simulated desk that these tests look at, and what more than one of them asks it."""

from typing import Any

import duckdb

from ingestion.simulator import DEFAULT_UNTIL, Desk, planted_incidents

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


def scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The one value of a one-row query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
