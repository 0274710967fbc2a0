"""HubSpot's help desk as dlt streams: tickets with their history, conversations, and who is who.

Every stream hands on HubSpot's objects as they come, changed ones again, the oldest changes first,
so that what a slice has landed is whole up to where its stream goes on. A pass goes through every
stream once, in one slice or many.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import dlt

from helpdesk.settings import HubSpot
from ingestion.vendors.hubspot_api import HubSpotApi, Record
from ingestion.vendors.hubspot_changes import (
    Stream,
    latest_message_at,
    milliseconds,
    modified_at,
    searched,
    threads_since,
)
from ingestion.vendors.hubspot_objects import (
    ASSOCIATED,
    BATCH,
    BATCH_WITH_HISTORY,
    BODIES,
    CONVERSATIONS,
    HISTORY,
    LIST_PAGE,
    LISTS,
    PROPERTIES,
    THREAD_OF_TICKET,
)
from ingestion.vendors.pipeline import Slice

# Whoever goes on with a pass that another process began, goes through every stream again after it.
RUN = uuid4().hex
STREAMS = (*LISTS, *PROPERTIES, "archived_tickets", "threads")
TABLES = {"archived_tickets": "tickets"}


class _Account:
    """An account as one slice sees it."""

    def __init__(self, config: HubSpot, secret: str, part: Slice) -> None:
        self.part = part
        self.start = milliseconds(f"{config.start_date}T00:00:00Z")
        self.api = HubSpotApi(config.base_url, secret, config.token_env, part.spend)
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """A stream with its state, which is there only while dlt extracts."""
        if not self._streams:
            state: Record = dlt.current.source_state()
            self._streams = {
                name: Stream(state.setdefault(name, {}), self.start) for name in STREAMS
            }
            if state.get("run") != RUN or all(s.is_complete for s in self._streams.values()):
                state["run"] = RUN
                for stream in self._streams.values():
                    stream.begin()
        return self._streams[name]

    def ask_again(self) -> None:
        """There is more to do, in a slice to come."""
        self.part.spent = max(self.part.spent, self.part.requests)


def source(config: HubSpot, secret: str, part: Slice) -> Any:
    """The dlt source of an account for a slice; `secret` is the access token of a private app."""
    account = _Account(config, secret, part)

    @dlt.source(name="hubspot", max_table_nesting=0)
    def hubspot() -> list[Any]:
        rows: dict[str, Callable[[], Iterator[Any]]] = {
            **{name: partial(_whole_list, account, name) for name in LISTS},
            **{name: partial(_objects, account, name) for name in PROPERTIES},
            "tickets": partial(_tickets, account),
            "archived_tickets": partial(_archived, account),
            "threads": partial(_threads, account),
        }
        return [
            # Generators, which ask for nothing before dlt extracts.
            dlt.resource(make(), name=name, table_name=TABLES.get(name, name))
            for name, make in rows.items()
        ]

    return hubspot()


def _whole_list(account: _Account, name: str) -> Iterator[list[Record]]:
    """Short lists tell no change: they are fetched whole, and what is as it was is left out."""
    stream = account.stream(name)
    if stream.is_complete:
        return
    known = stream.state.setdefault("known", {})
    path, *filters = LISTS[name]
    new = []
    for params in filters or [{}]:
        for page in account.api.pages(path, **params):
            for row in page:
                digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
                if known.get(str(row["id"])) != digest:
                    known[str(row["id"])] = digest
                    new.append(row)
    stream.state["is_complete"] = True
    yield new


def _objects(account: _Account, kind: str) -> Iterator[list[Record]]:
    """CRM objects of a type that changed, each with its associations."""
    stream = account.stream(kind)
    if stream.is_complete:
        return
    modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
    for page in searched(account.api, kind, modified, stream.since):
        ids = [one["id"] for one in stream.fresh(page, partial(modified_at, modified=modified))]
        yield from _read(account.api, kind, ids)
        stream.forget()
        if stream.is_cut or account.part.is_spent:
            account.ask_again()
            return
    stream.state["is_complete"] = True


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
    """Tickets that changed; what was merged into one of them, as a row of the ticket that went."""
    stream, threads = account.stream("tickets"), account.stream("threads").state
    # The first time, every thread is fetched anyway.
    is_first = not stream.state.get("was_complete")
    for read in _objects(account, "tickets"):
        yield read
        merges = [merge for one in read for merge in _merges(one)]
        yield _as_stream("ticket_merges", merges)
        of_tickets = [one["properties"].get(THREAD_OF_TICKET) for one in read]
        if not is_first:
            threads.setdefault("to_check", []).extend(filter(None, of_tickets))
    stream.state["was_complete"] = stream.is_complete or not is_first


def _merges(ticket: Record) -> Iterator[Record]:
    """A ticket that was merged into another one is not found any more: the other one names it."""
    for merged in (ticket["properties"].get("hs_merged_object_ids") or "").split(";"):
        if merged.strip() and merged.strip() != ticket["id"]:
            told = {"id": merged.strip(), "mergedInto": ticket["id"]}
            yield told | {"updatedAt": ticket["updatedAt"]}


def _archived(account: _Account) -> Iterator[list[Record]]:
    """Deleted tickets: a search does not find them, and their list is in no order of time."""
    stream = account.stream("archived_tickets")
    if stream.is_complete:
        return
    pages = account.api.pages(
        "/crm/v3/objects/tickets",
        archived="true",
        limit=BATCH_WITH_HISTORY,
        properties=",".join(PROPERTIES["tickets"]),
        propertiesWithHistory=",".join(HISTORY),
    )
    since = stream.since
    found = [one for page in pages for one in page if _archived_at(one) >= since]
    yield list(stream.fresh(sorted(found, key=_archived_at), _archived_at))
    stream.forget()
    stream.state["is_complete"] = True


def _archived_at(one: Record) -> int:
    return milliseconds(one["archivedAt"])


def _threads(account: _Account) -> Iterator[Any]:
    """Threads with a new message, each with all its messages, once the tickets are there.

    A thread that is marked as spam, commented on or given to a ticket has no new message: those of
    the tickets that changed are looked at too, after the change was seen.
    """
    stream = account.stream("threads")
    if stream.is_complete:
        return
    if not account.stream("tickets").is_complete:
        account.ask_again()
        return
    looked_at = stream.state.setdefault("looked_at", [])
    for thread in _threads_to_fetch(account, stream):
        looked_at.append(thread["id"])
        yield from _with_messages(account.api, thread)
        if account.part.is_spent:
            break
    stream.forget()
    if stream.is_cut or account.part.is_spent:
        account.ask_again()
    else:
        stream.state |= {"is_complete": True, "looked_at": [], "to_check": []}


def _threads_to_fetch(account: _Account, stream: Stream) -> Iterator[Record]:
    path = f"{CONVERSATIONS}/threads"
    for page in threads_since(account.api, path, stream.since):
        yield from stream.fresh(page, latest_message_at)
        if stream.is_cut:
            return
    known = {*stream.state["looked_at"]}
    for number in dict.fromkeys(stream.state.get("to_check", [])):
        thread = number not in known and account.api.find(f"{path}/{number}", association="TICKET")
        if thread:
            yield thread


def _with_messages(api: HubSpotApi, thread: Record) -> Iterator[Any]:
    """A thread and its messages, each told the ticket that the thread belongs to."""
    ticket = {"ticketId": (thread.get("threadAssociations") or {}).get("associatedTicketId")}
    yield [thread | ticket]
    path = f"{CONVERSATIONS}/threads/{thread['id']}/messages"
    origin = {"threadChannelId": thread.get("originalChannelId")}
    origin |= {"threadChannelAccountId": thread.get("originalChannelAccountId")}
    for page in api.pages(path, sort="createdAt", limit=LIST_PAGE):
        told = [{k: v for k, v in one.items() if k not in BODIES} | ticket | origin for one in page]
        yield _as_stream("messages", told)


def _as_stream(name: str, rows: list[Record]) -> Any:
    """Rows that come along with another stream, and land as one of their own."""
    return dlt.mark.with_hints(
        rows, dlt.mark.make_hints(table_name=name), create_table_variant=True
    )
