"""The contract's tables, read off a world: one function per table, columns named as there."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ingestion.simulator.desk import (
    AGENT,
    FIELDS,
    NEVER,
    PRIORITIES,
    PRIORITY,
    STATES,
    STATUS,
    STATUSES,
    TEAM,
    Desk,
    Ints,
)
from ingestion.simulator.lives import closed_last
from ingestion.simulator.world import World


def _ids(first: int, count: int) -> list[str]:
    """Native ids as vendors write them: numbers; each table has a range of its own."""
    return [str(first + i) for i in range(count)]


def _pipeline_ids(desk: Desk) -> list[str]:
    return _ids(1, len(desk.pipelines))


def _status_ids(desk: Desk) -> list[str]:
    """Pipeline by pipeline, each with its own ids: 101, 102, ..., 201, ..."""
    return [id_ for p in range(len(desk.pipelines)) for id_ in _ids(100 * p + 101, len(STATUSES))]


def _team_ids(desk: Desk) -> list[str]:
    return _ids(301, len(desk.teams))


def _agent_ids(desk: Desk) -> list[str]:
    return _ids(4001, sum(desk.team_sizes))


def _channel_ids(desk: Desk) -> list[str]:
    return _ids(51, len(desk.channels))


def _account_ids(desk: Desk) -> list[str]:
    return _ids(601, len(desk.accounts))


def _company_ids(desk: Desk) -> list[str]:
    return _ids(70001, desk.companies)


def _contact_ids(world: World) -> list[str]:
    return _ids(8_000_001, len(world.customers.company))


def _ticket_ids(world: World) -> list[str]:
    return _ids(1_000_000_001, len(world.tickets.created))


def _pick(labels: Sequence[str], index: Ints) -> pa.Array:
    """The label at each index; null for -1."""
    chosen = pa.array(index, type=pa.int64(), mask=index < 0)
    return pa.array(labels, type=pa.string()).take(chosen)


def _instants(at: Ints) -> pa.Array:
    """UTC timestamps; null for NEVER."""
    never = at == NEVER
    milliseconds = pa.array(np.where(never, 0, at), type=pa.int64(), mask=never)
    return milliseconds.cast(pa.timestamp("ms", tz="UTC"))


def _domain(name: str) -> str:
    """A reserved domain: no such company and no such mailbox can exist."""
    return name.lower().replace(" ", "-") + ".example"


def pipelines(world: World) -> pa.Table:
    names = world.desk.pipelines
    order = range(1, len(names) + 1)
    return pa.table(
        {"pipeline_id": _pipeline_ids(world.desk), "name": list(names), "display_order": [*order]}
    )


def statuses(world: World) -> pa.Table:
    count = len(world.desk.pipelines)
    return pa.table(
        {
            "status_id": _status_ids(world.desk),
            "pipeline_id": _pick(
                _pipeline_ids(world.desk), np.repeat(np.arange(count), len(STATUSES))
            ),
            "name": list(STATUSES) * count,
            "state": list(STATES) * count,
            "display_order": [*range(1, len(STATUSES) + 1)] * count,
            "pauses_sla": [state in ("pending", "on_hold") for state in STATES] * count,
        }
    )


def teams(world: World) -> pa.Table:
    return pa.table({"team_id": _team_ids(world.desk), "name": list(world.desk.teams)})


def agents(world: World) -> pa.Table:
    staff = world.staff
    return pa.table(
        {
            "agent_id": _agent_ids(world.desk),
            "name": staff.name,
            "email": [name.lower().replace(" ", ".") + "@desk.example" for name in staff.name],
            "is_active": staff.stays,
            "capacity": staff.capacity,
        }
    )


def agent_teams(world: World) -> pa.Table:
    """One primary team each at any time: movers have a row before midway and one after it."""
    staff, midway = world.staff, world.clock.midway
    everyone = np.arange(len(staff.team))
    moved = staff.team != staff.team_later
    movers = everyone[moved]
    count = len(everyone) + len(movers)
    valid_from = np.concatenate([np.full(len(everyone), NEVER), np.full(len(movers), midway)])
    valid_to = np.concatenate([np.where(moved, midway, NEVER), np.full(len(movers), NEVER)])
    return pa.table(
        {
            "agent_id": _pick(_agent_ids(world.desk), np.concatenate([everyone, movers])),
            "team_id": _pick(
                _team_ids(world.desk), np.concatenate([staff.team, staff.team_later[moved]])
            ),
            "valid_from": _instants(valid_from),
            "valid_to": _instants(valid_to),
            "is_primary": np.ones(count, dtype=np.bool_),
        }
    )


def companies(world: World) -> pa.Table:
    names = world.customers.company_name
    return pa.table(
        {
            "company_id": _company_ids(world.desk),
            "name": names,
            "domain": [_domain(name) for name in names],
        }
    )


def contacts(world: World) -> pa.Table:
    customers = world.customers
    domains = [*map(_domain, customers.company_name), "mail.example"]
    emails = [
        f"{name.lower().replace(' ', '.')}@{domains[company]}"
        for name, company in zip(customers.contact_name, customers.company, strict=True)
    ]
    return pa.table(
        {
            "contact_id": _contact_ids(world),
            "company_id": _pick(_company_ids(world.desk), customers.company),
            "name": customers.contact_name,
            "email": emails,
        }
    )


def channels(world: World) -> pa.Table:
    names, kinds = zip(*world.desk.channels, strict=True)
    return pa.table(
        {"channel_id": _channel_ids(world.desk), "name": list(names), "kind": list(kinds)}
    )


def channel_accounts(world: World) -> pa.Table:
    names, channel = zip(*world.desk.accounts, strict=True)
    return pa.table(
        {
            "channel_account_id": _account_ids(world.desk),
            "channel_id": _pick(_channel_ids(world.desk), np.array(channel)),
            "name": list(names),
        }
    )


def tickets(world: World) -> pa.Table:
    desk, drawn, history = world.desk, world.tickets, world.history
    count = len(drawn.created)
    closed = closed_last(world.steps)
    # Spam and duplicates are found out when they are closed.
    found_out = closed < NEVER
    company = np.where(drawn.contact < 0, -1, world.customers.company[drawn.contact])
    status = drawn.pipeline * len(STATUSES) + history.latest(STATUS, count)
    account = np.array(desk.account_of)[drawn.pipeline, drawn.channel]
    kinds = [kind for _, kind in desk.channels]
    ids = _ticket_ids(world)
    return pa.table(
        {
            "ticket_id": pa.array(ids, type=pa.string()),
            "created_at": _instants(drawn.created),
            "updated_at": _instants(history.updated(count)),
            "pipeline_id": _pick(_pipeline_ids(desk), drawn.pipeline),
            "status_id": _pick(_status_ids(desk), status),
            "priority": _pick(PRIORITIES, history.latest(PRIORITY, count)),
            "category": _pick(desk.categories, drawn.category),
            "source": _pick(kinds, drawn.channel),
            "agent_id": _pick(_agent_ids(desk), history.latest(AGENT, count)),
            "team_id": _pick(_team_ids(desk), history.latest(TEAM, count)),
            "company_id": _pick(_company_ids(desk), company),
            "contact_id": _pick(_contact_ids(world), drawn.contact),
            "channel_id": _pick(_channel_ids(desk), drawn.channel),
            "channel_account_id": _pick(_account_ids(desk), account),
            "is_outbound": drawn.outbound,
            "is_spam": drawn.spam & found_out,
            "is_deleted": drawn.deleted,
            "merged_into_id": _pick(ids, np.where(found_out, drawn.merged_into, -1)),
            # As vendors do, the close time stays when a ticket is reopened.
            "reported_closed_at": _instants(closed),
        }
    )


def ticket_field_history(world: World) -> pa.Table:
    """Values of all fields share one column: each field's labels follow the last field's."""
    desk, history = world.desk, world.history
    labels = {
        TEAM: _team_ids(desk),
        AGENT: _agent_ids(desk),
        PRIORITY: [*PRIORITIES],
        STATUS: _status_ids(desk),
    }
    sizes = [len(labels[field]) for field in range(len(FIELDS))]
    offset = np.cumsum([0, *sizes[:-1]])
    kept = ~world.tickets.no_history[history.ticket]
    ticket, field, value = history.ticket[kept], history.field[kept], history.value[kept]
    pipeline = np.where(field == STATUS, world.tickets.pipeline[ticket], 0)
    index = np.where(value < 0, -1, offset[field] + pipeline * len(STATUSES) + value)
    return pa.table(
        {
            "ticket_id": _pick(_ticket_ids(world), ticket),
            "field": _pick(FIELDS, field),
            "changed_at": _instants(history.at[kept]),
            "seq": history.seq[kept],
            "value": _pick([label for f in range(len(FIELDS)) for label in labels[f]], index),
        }
    )
