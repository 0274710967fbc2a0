"""Builds the tables of the contract from a world, one function per table."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from helpdesk.simulator.columns import (
    FIRST_MESSAGE,
    FIRST_THREAD,
    FIRST_TICKET,
    account_ids,
    agent_ids,
    channel_ids,
    company_ids,
    contact_ids,
    instants,
    numbered,
    pick,
    pipeline_ids,
    schedule_ids,
    status_ids,
    team_ids,
    ticket_ids,
)
from helpdesk.simulator.desk import (
    AGENT,
    DAY,
    FIELDS,
    NEVER,
    ON_HOLD,
    PIPELINE_SCHEDULES,
    PRIORITIES,
    PRIORITY,
    STATES,
    STATUS,
    STATUSES,
    TEAM,
)
from helpdesk.simulator.lives import closed_last
from helpdesk.simulator.messages import BY_AGENT, FORMS, draw_messages
from helpdesk.simulator.world import World

# Tickets per block of messages: a row group has some 800,000 messages.
BLOCK = 100_000


def _domain(name: str) -> str:
    """A domain that is reserved, so that no such company or mailbox exists."""
    return name.lower().replace(" ", "-") + ".example"


def pipelines(world: World) -> pa.Table:
    names = world.desk.pipelines
    # Further pipelines share the last listed schedule.
    schedule = np.minimum(np.arange(len(names)), len(PIPELINE_SCHEDULES) - 1)
    return pa.table(
        {
            "pipeline_id": pipeline_ids(world.desk),
            "name": list(names),
            "display_order": [*range(1, len(names) + 1)],
            "schedule_id": pick(schedule_ids(), np.array(PIPELINE_SCHEDULES)[schedule]),
        }
    )


def statuses(world: World) -> pa.Table:
    count = len(world.desk.pipelines)
    return pa.table(
        {
            "status_id": status_ids(world.desk),
            "pipeline_id": pick(
                pipeline_ids(world.desk), np.repeat(np.arange(count), len(STATUSES))
            ),
            "name": list(STATUSES) * count,
            "state": list(STATES) * count,
            "display_order": [*range(1, len(STATUSES) + 1)] * count,
            # Waiting for a supplier pauses every policy. Waiting for the customer pauses the
            # policies in sla_pause_statuses.
            "pauses_sla": [status == ON_HOLD for status in range(len(STATUSES))] * count,
        }
    )


def companies(world: World) -> pa.Table:
    names = world.customers.company_name
    return pa.table(
        {
            "company_id": company_ids(world.desk),
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
            "contact_id": contact_ids(world),
            "company_id": pick(company_ids(world.desk), customers.company),
            "name": customers.contact_name,
            "email": emails,
        }
    )


def channels(world: World) -> pa.Table:
    names, kinds = zip(*world.desk.channels, strict=True)
    return pa.table(
        {"channel_id": channel_ids(world.desk), "name": list(names), "kind": list(kinds)}
    )


def channel_accounts(world: World) -> pa.Table:
    names, channel = zip(*world.desk.accounts, strict=True)
    return pa.table(
        {
            "channel_account_id": account_ids(world.desk),
            "channel_id": pick(channel_ids(world.desk), np.array(channel)),
            "name": list(names),
        }
    )


def tickets(world: World) -> pa.Table:
    desk, drawn, history = world.desk, world.tickets, world.history
    count = len(drawn.created)
    closed = closed_last(world.steps)
    # Spam and duplicates are marked when they are closed.
    is_closed = closed < NEVER
    company = np.where(drawn.contact < 0, -1, world.customers.company[drawn.contact])
    status = drawn.pipeline * len(STATUSES) + history.latest(STATUS, count)
    account = np.array(desk.account_of)[drawn.pipeline, drawn.channel]
    kinds = [kind for _, kind in desk.channels]
    ids = ticket_ids(world)
    return pa.table(
        {
            "ticket_id": pa.array(ids, type=pa.string()),
            "created_at": instants(drawn.created),
            "updated_at": instants(history.updated(count)),
            "pipeline_id": pick(pipeline_ids(desk), drawn.pipeline),
            "status_id": pick(status_ids(desk), status),
            "priority": pick(PRIORITIES, history.latest(PRIORITY, count)),
            "category": pick(desk.categories, drawn.category),
            "source": pick(kinds, drawn.channel),
            "agent_id": pick(agent_ids(desk), history.latest(AGENT, count)),
            "team_id": pick(team_ids(desk), history.latest(TEAM, count)),
            "company_id": pick(company_ids(desk), company),
            "contact_id": pick(contact_ids(world), drawn.contact),
            "channel_id": pick(channel_ids(desk), drawn.channel),
            "channel_account_id": pick(account_ids(desk), account),
            "is_outbound": drawn.outbound,
            "is_spam": drawn.spam & is_closed,
            "is_deleted": drawn.deleted & ~drawn.removed,
            "merged_into_id": pick(ids, np.where(is_closed, drawn.merged_into, -1)),
            # As with vendors, the close time stays when a ticket is reopened.
            "reported_closed_at": instants(closed),
        }
    )


def deletions(world: World) -> pa.Table:
    """Tickets that were deleted later, without `is_deleted` on the ticket."""
    removed = np.flatnonzero(world.tickets.removed)
    last = world.history.updated(len(world.tickets.created))[removed]
    return pa.table(
        {
            "table": pa.array(["tickets"] * len(removed), type=pa.string()),
            "key": numbered(FIRST_TICKET, removed),
            "deleted_at": instants(np.minimum(last + DAY, world.clock.until)),
        }
    )


def ticket_field_history(world: World) -> pa.Table:
    """The history. Values of all fields share one column, so the labels are concatenated."""
    desk, history = world.desk, world.history
    labels = {
        TEAM: team_ids(desk),
        AGENT: agent_ids(desk),
        PRIORITY: [*PRIORITIES],
        STATUS: status_ids(desk),
    }
    sizes = [len(labels[field]) for field in range(len(FIELDS))]
    offset = np.cumsum([0, *sizes[:-1]])
    kept = ~world.tickets.no_history[history.ticket]
    ticket, field, value = history.ticket[kept], history.field[kept], history.value[kept]
    pipeline = np.where(field == STATUS, world.tickets.pipeline[ticket], 0)
    index = np.where(value < 0, -1, offset[field] + pipeline * len(STATUSES) + value)
    return pa.table(
        {
            "ticket_id": numbered(FIRST_TICKET, ticket),
            "field": pick(FIELDS, field),
            "changed_at": instants(history.at[kept]),
            "seq": history.seq[kept],
            "value": pick([label for f in range(len(FIELDS)) for label in labels[f]], index),
        }
    )


def messages(world: World) -> Iterator[pa.Table]:
    """Messages by block of tickets, so that a large desk does not have to fit in memory."""
    desk, count = world.desk, len(world.tickets.created)
    generator = world.clock.generator("messages")
    customer_ids = pa.array(contact_ids(world), type=pa.string())
    accounts = np.array(desk.account_of)
    forms = [pa.array([getattr(form, name) for form in FORMS]) for name in FORMS[0]._fields]
    by_customer = np.array([form.author_type == "customer" for form in FORMS])
    written = 0
    for first in range(0, max(count, 1), BLOCK):
        drawn = draw_messages(world, generator, first, min(first + BLOCK, count))
        contact = np.where(by_customer[drawn.form], world.tickets.contact[drawn.ticket], -1)
        agent = np.where(BY_AGENT[drawn.form], drawn.agent, -1)
        account = accounts[world.tickets.pipeline[drawn.ticket], drawn.channel]
        author = pc.coalesce(pick(agent_ids(desk), agent), pick(customer_ids, contact))
        yield pa.table(
            {
                "message_id": numbered(FIRST_MESSAGE, written + np.arange(len(drawn.at))),
                "ticket_id": numbered(FIRST_TICKET, drawn.ticket),
                "thread_id": numbered(FIRST_THREAD, drawn.ticket),
                "sent_at": instants(drawn.at),
                "author_id": author,
                "channel_id": pick(channel_ids(desk), drawn.channel),
                "channel_account_id": pick(account_ids(desk), account),
            }
            | {
                name: labels.take(pa.array(drawn.form))
                for name, labels in zip(FORMS[0]._fields, forms, strict=True)
            }
        )
        written += len(drawn.at)
