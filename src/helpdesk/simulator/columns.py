"""Helpers for output columns: ids, labels, times."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from helpdesk.simulator.desk import FIRST_COMPANY, NEVER, SCHEDULES, STATUSES, Desk, Ints
from helpdesk.simulator.world import World

FIRST_TICKET = 1_000_000_001
FIRST_THREAD = 2_000_000_001
FIRST_MESSAGE = 30_000_000_001
FIRST_CALL = 500_000_001
FIRST_RESPONSE = 600_000_001


def ids(first: int, count: int) -> list[str]:
    """Numeric ids like those of vendors. Each table has its own range."""
    return [str(first + i) for i in range(count)]


def pipeline_ids(desk: Desk) -> list[str]:
    return ids(1, len(desk.pipelines))


def status_ids(desk: Desk) -> list[str]:
    """The ids of all statuses, pipeline by pipeline: 101, 102, ..., 201, ..."""
    return [id_ for p in range(len(desk.pipelines)) for id_ in ids(100 * p + 101, len(STATUSES))]


def team_ids(desk: Desk) -> list[str]:
    return ids(301, len(desk.teams))


def agent_ids(desk: Desk) -> list[str]:
    return ids(4001, sum(desk.team_sizes))


def channel_ids(desk: Desk) -> list[str]:
    return ids(51, len(desk.channels))


def account_ids(desk: Desk) -> list[str]:
    return ids(601, len(desk.accounts))


def company_ids(desk: Desk) -> list[str]:
    return ids(FIRST_COMPANY, desk.companies)


def contact_ids(world: World) -> list[str]:
    return ids(8_000_001, len(world.customers.company))


def ticket_ids(world: World) -> list[str]:
    return ids(FIRST_TICKET, len(world.tickets.created))


def schedule_ids() -> list[str]:
    return ids(901, len(SCHEDULES))


def policy_id(policy: int) -> str:
    return str(501 + policy)


def numbered(first: int, index: Ints) -> pa.Array:
    """The ids `first + index`, without a list of all ids, for tables of millions of rows."""
    return pa.array(first + index, type=pa.int64()).cast(pa.string())


def numbered_or_null(first: int, index: Ints) -> pa.Array:
    """Like `numbered`, with null for -1."""
    return pa.array(first + index, type=pa.int64(), mask=index < 0).cast(pa.string())


def pick(labels: Sequence[str] | pa.Array, index: Ints) -> pa.Array:
    """The label at each index; null for -1."""
    chosen = pa.array(index, type=pa.int64(), mask=index < 0)
    return pa.array(labels, type=pa.string()).take(chosen)


def instants(at: Ints) -> pa.Array:
    """UTC timestamps; null for NEVER."""
    never = at == NEVER
    milliseconds = pa.array(np.where(never, 0, at), type=pa.int64(), mask=never)
    return milliseconds.cast(pa.timestamp("ms", tz="UTC"))
