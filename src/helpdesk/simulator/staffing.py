"""Builds the contract's tables of the staff from a world, one function per table."""

import numpy as np
import pyarrow as pa

from helpdesk.simulator.columns import agent_ids, instants, pick, team_ids
from helpdesk.simulator.desk import NEVER
from helpdesk.simulator.roster import AVAILABLE, REASONS
from helpdesk.simulator.world import World


def teams(world: World) -> pa.Table:
    return pa.table({"team_id": team_ids(world.desk), "name": list(world.desk.teams)})


def agents(world: World) -> pa.Table:
    staff = world.staff
    return pa.table(
        {
            "agent_id": agent_ids(world.desk),
            "name": staff.name,
            "email": [name.lower().replace(" ", ".") + "@desk.example" for name in staff.name],
            "is_active": staff.stays,
            "capacity": staff.capacity,
        }
    )


def agent_teams(world: World) -> pa.Table:
    """One primary team per agent at any time. Agents who change have rows for both halves."""
    staff, midway = world.staff, world.clock.midway
    everyone = np.arange(len(staff.team))
    moved = staff.team != staff.team_later
    movers = everyone[moved]
    count = len(everyone) + len(movers)
    valid_from = np.concatenate([np.full(len(everyone), NEVER), np.full(len(movers), midway)])
    valid_to = np.concatenate([np.where(moved, midway, NEVER), np.full(len(movers), NEVER)])
    return pa.table(
        {
            "agent_id": pick(agent_ids(world.desk), np.concatenate([everyone, movers])),
            "team_id": pick(
                team_ids(world.desk), np.concatenate([staff.team, staff.team_later[moved]])
            ),
            "valid_from": instants(valid_from),
            "valid_to": instants(valid_to),
            "is_primary": np.ones(count, dtype=np.bool_),
        }
    )


def agent_availability(world: World) -> pa.Table:
    """Consecutive intervals of each agent. The last one has no end."""
    intervals = world.roster.intervals
    away = intervals.reason != AVAILABLE
    ended = np.where(intervals.ended <= world.clock.until, intervals.ended, NEVER)
    return pa.table(
        {
            "agent_id": pick(agent_ids(world.desk), intervals.agent),
            "started_at": instants(intervals.started),
            "ended_at": instants(ended),
            "status": pick(("available", "away"), away.astype(np.int64)),
            "reason": pick(REASONS, intervals.reason),
        }
    )
