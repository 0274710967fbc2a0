"""The explanation of one ticket: its events, how each SLA clock ran, the source of each figure."""

import json
from dataclasses import replace

from helpdesk.core.paths import OutputPaths
from helpdesk.explain.clocks import clocks_of
from helpdesk.explain.figures import Figures
from helpdesk.explain.find import Marts, Row, find_ticket, marts_of, unknown_ticket
from helpdesk.explain.model import UNKNOWN, Event, Explanation, Rejection
from helpdesk.explain.opening import OwnSchedule
from helpdesk.explain.timeline import (
    call_events,
    created,
    in_order,
    message_events,
    property_events,
    reported_close,
    status_events,
    status_rows,
    survey_events,
)
from helpdesk.explain.working import Working, working_of

BUILD = "select build_id, as_of, report_timezone from marts.build_log"
TICKET = """
    select tickets.*, coalesce(statuses.name, tickets.status_id) as status, agents.name as owner,
        teams.name as team, pipelines.name as pipeline, channels.name as channel,
        accounts.name as "channel account", companies.name as company, contacts.name as contact
    from marts.fct_tickets as tickets
    left join marts.dim_statuses as statuses
        on tickets.status_key = statuses.status_key and tickets.status_key <> 'unknown'
    left join marts.dim_agents as agents on tickets.agent_key = agents.agent_key
    left join marts.dim_teams as teams on tickets.team_key = teams.team_key
    left join marts.dim_pipelines as pipelines on tickets.pipeline_key = pipelines.pipeline_key
    left join marts.dim_channels as channels on tickets.channel_key = channels.channel_key
    left join marts.dim_channel_accounts as accounts
        on tickets.channel_account_key = accounts.channel_account_key
    left join marts.dim_companies as companies on tickets.company_key = companies.company_key
    left join marts.dim_contacts as contacts on tickets.contact_key = contacts.contact_key
    where tickets.ticket_key = $1
"""
REJECTED = """
    select table_name, landed_file, landed_row, row_key, reason, remedy, raw_row
    from marts.quarantine
    where source_system = $1 and (contains(raw_row, $2) or contains(row_key, $2))
    order by table_name, landed_file, landed_row
"""
KEYS = {"owner": "agent_key", "team": "team_key", "pipeline": "pipeline_key",
        "channel": "channel_key", "channel account": "channel_account_key",
        "company": "company_key", "contact": "contact_key"}  # fmt: skip


def explain(
    paths: OutputPaths,
    ticket: str,
    build_id: str = "",
    with_landed: bool = False,
    with_people: bool = False,
) -> Explanation:
    """Explain a ticket by the published build or another kept one.

    `ticket`: its key, `zendesk:123`, or its native id if only one help desk has that id.
    `with_landed`: add the landed rows that name it, if the working files are of this build.
    `with_people`: show its subject, where the marts have it.
    Raises ConfigError if there is no such ticket or build, HelpdeskError if nothing is published.
    """
    with marts_of(paths, build_id) as marts:
        build = marts.rows(BUILD)[0]
        with working_of(paths, build["build_id"]) as working:
            key = find_ticket(marts, ticket)
            if key is None:
                raise unknown_ticket(marts, ticket, working.known_of(ticket))
            found = _explained(marts, working, build, key, with_landed)
            return found if with_people else replace(found, properties=_without_subject(found))


def _without_subject(found: Explanation) -> dict[str, str | None]:
    return {name: value for name, value in found.properties.items() if name != "subject"}


def _explained(
    marts: Marts, working: Working, build: Row, key: str, with_landed: bool
) -> Explanation:
    ticket = marts.rows(TICKET, key)[0]
    source, ticket_id, as_of = ticket["source_system"], ticket["ticket_id"], build["as_of"]
    place = working.placer(source, ticket_id) if with_landed else _as_it_is
    beginning = place(created(ticket))
    statuses = status_rows(marts, key)
    of_statuses = [place(event) for event in status_events(statuses, ticket)]
    messages = [(row, place(event)) for row, event in message_events(marts, ticket)]
    properties = [place(event) for event in property_events(marts, key, ticket)]
    policies = list(working.policy_events(source, ticket_id))
    events = [
        beginning,
        *of_statuses,
        *reported_close(ticket),
        *properties,
        *(event for _, event in messages),
        *(event if with_landed else replace(event, landed_at=None) for _, event in policies),
        *map(place, survey_events(marts, key)),
        *map(place, call_events(marts, key)),
    ]
    applied = [row for row, _ in policies]
    own = working.own_schedules(ticket) or _present_schedule(ticket)
    clocks = clocks_of(
        marts,
        ticket,
        statuses,
        as_of,
        own,
        lambda clock, decided_at: working.why_policy(clock, decided_at, applied),
    )
    figures = Figures(
        ticket,
        beginning,
        list(zip(statuses, of_statuses, strict=True)),
        [event for event in properties if event.kind == "owner"],
        messages,
        marts.columns("fct_tickets"),
    )
    return Explanation(
        ticket_key=key,
        build_id=build["build_id"],
        as_of=as_of,
        report_timezone=build["report_timezone"],
        first=tuple(_first(ticket, working)),
        properties=_properties(ticket),
        timeline=in_order(events),
        clocks=tuple(clocks),
        figures=tuple(figures.all()),
        rejected=tuple(_rejected(marts, source, ticket_id)),
        landed=tuple(working.landed(source, ticket_id)) if with_landed else (),
        notes=tuple(_notes(working, with_landed)),
    )


def _as_it_is(event: Event) -> Event:
    return event


def _present_schedule(ticket: Row) -> tuple[OwnSchedule, ...]:
    """The mart's schedule for all time, where the history of schedules is unknown."""
    return (OwnSchedule(ticket["schedule_id"], -(2**40), 2**40),)


def _first(ticket: Row, working: Working) -> list[str]:
    source = ticket["source_system"]
    into, taken = working.merges(source, ticket["ticket_id"])
    lines = []
    if reason := ticket["exclusion_reason"]:
        target = f" into {source}:{into}" if reason == "merged" and into else ""
        lines.append(
            f"This ticket is {reason}{target}: no report counts it, nor its figures and SLA clocks."
        )
    if taken:
        listed = ", ".join(f"{source}:{one}" for one in taken)
        lines.append(
            f"Merged into this ticket: {listed}. Their events are not part of this ticket."
        )
    if ticket["status_state"] == "closed" and ticket["closed_at"] is None:
        lines.append("Its close time is unknown: neither a status history nor the help desk's own "
                     "close time landed.")  # fmt: skip
    if ticket.get("is_status_inferred"):
        lines.append("Its status comes from the ticket's row, which is newer than its history.")
    return lines


def _properties(ticket: Row) -> dict[str, str | None]:
    found: dict[str, str | None] = {"status": f"{ticket['status']} ({ticket['status_state']})"}
    for name, key in KEYS.items():
        if ticket[key] != UNKNOWN:
            # Without personal data a contact has no name.
            found[name] = ticket[name] or ticket[key]
    # A subject is a declared field of some help desks.
    for name in ("subject", "priority", "category", "source", "url"):
        if ticket.get(name):
            found[name] = ticket[name]
    return found


def _rejected(marts: Marts, source: str, ticket_id: str) -> list[Rejection]:
    return [
        Rejection(
            row["table_name"],
            row["landed_file"],
            row["landed_row"],
            row["row_key"],
            row["reason"],
            row["remedy"],
        )
        for row in marts.rows(REJECTED, source, ticket_id)
        if _is_of(row, ticket_id)
    ]


def _is_of(row: Row, ticket_id: str) -> bool:
    try:
        raw = json.loads(row["raw_row"] or "null")
    except ValueError:
        raw = None
    named = str(raw.get("ticket_id")) if isinstance(raw, dict) else None
    is_its_own = row["table_name"] == "tickets" and row["row_key"] == ticket_id
    return ticket_id == named or is_its_own


def _notes(working: Working, with_landed: bool) -> list[str]:
    if working.is_there:
        return []
    lacking = "which policies the help desk applied, why a policy matched, and merges"
    landed = ", nor its landed rows" if with_landed else ""
    return [f"{working.is_lacking}: {lacking} are not known{landed}."]
