"""HubSpot's help desk as dlt streams: tickets with their history, conversations, and who is who.

Every stream hands on HubSpot's objects as they come, changed ones again. Each run of the source is
one slice: at most so many objects of a stream, the oldest changes first, so that what is saved is
whole up to its mark. `is_complete` tells whether there is more.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dlt

from ingestion.vendors.hubspot_api import HubSpotApi, Record
from ingestion.vendors.hubspot_changes import (
    Mark,
    latest_message_at,
    milliseconds,
    modified_at,
    searched,
    threads_since,
)

API = "https://api.hubapi.com"
BATCH, BATCH_WITH_HISTORY, LIST_PAGE = 100, 50, 100
CONVERSATIONS = "/conversations/v3/conversations"
# What people write does not leave HubSpot: no figure is made of it.
BODIES = ("text", "richText", "subject", "attachments", "recipients")

HISTORY = (
    "hs_pipeline",
    "hs_pipeline_stage",
    "hubspot_owner_id",
    "hubspot_team_id",
    "hs_ticket_priority",
    "hs_originating_channel_instance_id",
    "hs_applied_sla_rule_config_id",
    "hs_applied_sla_schedule_id",
)
PROPERTIES = {
    "tickets": (
        *HISTORY,
        "subject",
        "createdate",
        "hs_lastmodifieddate",
        "hs_ticket_category",
        "source_type",
        "hs_primary_company_id",
        "hs_originating_generic_channel_id",
        "hs_conversations_originating_thread_id",
        "hs_outbound_ticket",
        "hs_merged_object_ids",
        "closed_date",
        "time_to_close",
        "first_agent_reply_date",
        "hs_first_agent_message_sent_at",
        "hs_time_to_first_response_sla_at",
        "hs_time_to_first_response_sla_status",
        "hs_time_to_next_response_sla_at",
        "hs_time_to_next_response_sla_status",
        "hs_time_to_close_sla_at",
        "hs_time_to_close_sla_status",
    ),
    "companies": ("name", "domain", "hs_lastmodifieddate"),
    "contacts": ("firstname", "lastname", "email", "associatedcompanyid", "lastmodifieddate"),
    "calls": (
        "hs_timestamp",
        "hs_call_direction",
        "hs_call_status",
        "hs_call_duration",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
    "feedback_submissions": (
        "hs_survey_id",
        "hs_survey_name",
        "hs_survey_type",
        "hs_value",
        "hs_submission_timestamp",
        "hs_content",
        "hs_contact_id",
        "hs_ticket_id",
        "hs_lastmodifieddate",
    ),
}
# Lists by path, each asked for once with each of the parameters. Owners who have left are archived,
# and still own tickets.
LISTS: dict[str, tuple[Any, ...]] = {
    "owners": (
        "/crm/v3/owners",
        {"limit": LIST_PAGE, "archived": "false"},
        {"limit": LIST_PAGE, "archived": "true"},
    ),
    "teams": ("/settings/v3/users/teams",),
    "pipelines": ("/crm/v3/pipelines/tickets",),
    "channels": (f"{CONVERSATIONS}/channels",),
    "channel_accounts": (f"{CONVERSATIONS}/channel-accounts",),
}
ASSOCIATED = {"tickets": ("companies", "contacts"), "calls": ("tickets",)}


@dataclass(frozen=True)
class HubSpotConfig:
    """`start_date`: what was last changed before it is not fetched."""

    base_url: str = API
    token_env: str = "HUBSPOT_TOKEN"
    start_date: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    overlap_minutes: int = 10
    slice_objects: int = 1_000


@dataclass(frozen=True)
class _Account:
    api: HubSpotApi
    config: HubSpotConfig

    def mark(self, name: str) -> Mark:
        """The mark of a stream, in the state that is saved with the slice."""
        state: Record = dlt.current.source_state().setdefault(name, {})
        start = round(self.config.start_date.timestamp() * 1000)
        return Mark(state, start, self.config.overlap_minutes * 60_000)

    def bounded(self, mark: Mark, pages: Iterator[list[Record]]) -> Iterator[list[Record]]:
        """The pages of a slice. To stop early leaves the rest to the next one."""
        mark.state["is_complete"] = False
        count = 0
        for page in pages:
            yield page
            count += len(page)
            if count >= self.config.slice_objects:
                return
        mark.state["is_complete"] = True


def hubspot_source(config: HubSpotConfig, secret: str) -> Any:
    """The dlt source of an account; `secret` is the access token of a private app."""
    account = _Account(HubSpotApi(config.base_url, secret, config.token_env), config)

    @dlt.source(name="hubspot", max_table_nesting=0)
    def hubspot() -> list[Any]:
        streams: dict[str, Callable[[], Iterator[Any]]] = {
            **{name: partial(_whole_list, account, name) for name in LISTS},
            **{name: partial(_objects, account, name) for name in PROPERTIES},
            "tickets": partial(_tickets, account),
            "threads": partial(_threads, account),
        }
        return [
            dlt.resource(rows(), name=name, write_disposition="append")
            for name, rows in streams.items()
        ]

    return hubspot()


def is_complete(state: Record) -> bool:
    """Whether, by the source's saved state, every stream had come to its end."""
    return all(
        stream.get("is_complete", True) and not stream.get("to_check") for stream in state.values()
    )


def _whole_list(account: _Account, name: str) -> Iterator[list[Record]]:
    """Short lists tell no change: they are fetched whole, and what is as it was is left out."""
    known = account.mark(name).state.setdefault("known", {})
    path, *filters = LISTS[name]
    new = []
    for params in filters or [{}]:
        for page in account.api.pages(path, **params):
            for row in page:
                digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
                if known.get(str(row["id"])) != digest:
                    known[str(row["id"])] = digest
                    new.append(row)
    if new:
        yield new


def _objects(account: _Account, kind: str) -> Iterator[list[Record]]:
    """CRM objects of a type that changed, each with its associations."""
    modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
    mark = account.mark(kind)
    found = searched(account.api, kind, modified, mark.since)
    for page in account.bounded(mark, found):
        new = mark.fresh(page, partial(modified_at, modified=modified))
        for read in _read(account.api, kind, [one["id"] for one in new]):
            yield read


def _read(api: HubSpotApi, kind: str, ids: list[str]) -> Iterator[list[Record]]:
    history = {"propertiesWithHistory": HISTORY} if kind == "tickets" else {}
    size = BATCH_WITH_HISTORY if history else BATCH
    for first in range(0, len(ids), size):
        batch = [{"id": key} for key in ids[first : first + size]]
        body = {"inputs": batch, "properties": PROPERTIES[kind], **history}
        read = api.post(f"/crm/v3/objects/{kind}/batch/read", body)["results"]
        ends = {end: _associations(api, kind, end, batch) for end in ASSOCIATED.get(kind, ())}
        for one in read:
            if ends:
                one["associations"] = {end: found.get(one["id"], []) for end, found in ends.items()}
        yield read


def _associations(
    api: HubSpotApi, start: str, end: str, batch: list[Record]
) -> dict[str, list[Record]]:
    path = f"/crm/v4/associations/{start}/{end}/batch/read"
    found = api.post(path, {"inputs": batch})["results"]
    return {str(one["from"]["id"]): one["to"] for one in found}


def _tickets(account: _Account) -> Iterator[Any]:
    """Tickets that changed, then those that were deleted; a merge as a row of the ticket that went."""
    threads = account.mark("threads").state
    mark = account.mark("tickets")
    is_first = "mark" not in mark.state or not mark.state.get("was_complete")
    for read in _objects(account, "tickets"):
        yield read
        yield [
            dlt.mark.with_table_name(merge, "ticket_merges") for one in read for merge in _merges(one)
        ]
        if not is_first:
            threads.setdefault("to_check", []).extend(filter(None, map(_thread_of, read)))
    if mark.state["is_complete"]:
        mark.state["was_complete"] = True
        yield from _archived(account)


def _merges(ticket: Record) -> Iterator[Record]:
    """A ticket that was merged into another one is not found any more: the other one names it."""
    for merged in (ticket["properties"].get("hs_merged_object_ids") or "").split(";"):
        if merged.strip() and merged.strip() != ticket["id"]:
            told = {"id": merged.strip(), "mergedInto": ticket["id"]}
            yield told | {"updatedAt": ticket["updatedAt"]}


def _thread_of(ticket: Record) -> str | None:
    thread: str | None = ticket["properties"].get("hs_conversations_originating_thread_id")
    return thread


def _archived(account: _Account) -> Iterator[list[Record]]:
    """Deleted tickets: a search does not find them, and their list cannot be asked for the new."""
    mark = account.mark("archived_tickets")
    pages = account.api.pages(
        "/crm/v3/objects/tickets",
        archived="true",
        limit=BATCH_WITH_HISTORY,
        properties=",".join(PROPERTIES["tickets"]),
        propertiesWithHistory=",".join(HISTORY),
    )
    yield from mark.unordered(pages, lambda one: milliseconds(one["archivedAt"]))


def _threads(account: _Account) -> Iterator[list[Record]]:
    """Threads with a new message, each with all its messages.

    A thread that is marked as spam, commented on or given to a ticket has no new message: those of
    the tickets that changed are looked at too.
    """
    mark = account.mark("threads")
    fetched = set()
    for page in account.bounded(mark, threads_since(account.api, mark.since)):
        for thread in mark.fresh(page, latest_message_at):
            fetched.add(str(thread["id"]))
            yield [_with_messages(account.api, thread)]
    for number in dict.fromkeys(mark.state.pop("to_check", [])):
        path = f"{CONVERSATIONS}/threads/{number}"
        if number not in fetched and (thread := account.api.find(path, association="TICKET")):
            yield [_with_messages(account.api, thread)]


def _with_messages(api: HubSpotApi, thread: Record) -> Record:
    path = f"{CONVERSATIONS}/threads/{thread['id']}/messages"
    pages = api.pages(path, sort="createdAt", limit=LIST_PAGE)
    said = [message for page in pages for message in page]
    told = [{k: v for k, v in message.items() if k not in BODIES} for message in said]
    return thread | {"messages": told}
