"""HubSpot's help desk as dlt streams: tickets with history, conversations, people and lists.

Every stream yields HubSpot's objects unchanged, and changed objects again. The oldest changes come
first, so a slice has all changes up to the point where its stream continues. A pass reads every
stream once, in one or more slices.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import dlt

from helpdesk.core.settings import HubSpot
from helpdesk.extract.declared import NONE, Declared
from helpdesk.extract.hubspot.api import HubSpotApi, Record
from helpdesk.extract.hubspot.changes import (
    OVERLAP,
    SEARCH_PAGE,
    Stream,
    count,
    filtered,
    iso,
    latest_message_at,
    milliseconds,
    modified_at,
    searched,
    threads_since,
)
from helpdesk.extract.hubspot.objects import (
    ACCOUNT,
    ASSOCIATED,
    AVAILABILITY,
    BATCH,
    BATCH_WITH_HISTORY,
    BODIES,
    CONVERSATIONS,
    DELETED,
    HISTORY,
    LINKS_BATCH,
    LINKS_DAYS,
    LIST_PAGE,
    LISTS,
    LONGEST_LIST,
    NEVER_CLOSED,
    PROPERTIES,
    REMOVED_WITH_THEIR_LIST,
    THREAD_OF_TICKET,
    USER_PROPERTIES,
    USERS,
)
from helpdesk.extract.hubspot.own import OwnProperties, declared_objects
from helpdesk.extract.pipeline import Slice

# A process that continues a pass of another process also reads the complete streams again.
RUN = uuid4().hex
TABLES = {f"archived_{kind}": kind for kind in DELETED}
STREAMS = (*LISTS, "account", "properties", "users", *PROPERTIES, *TABLES, "threads")
DAY, HOUR = 24 * 3_600_000, 3_600_000


def _now() -> int:
    return int(time.time() * 1000)


def _custom_stream(kind: str) -> str:
    """The state of a custom object type that is read for its tickets."""
    return f"{kind} of tickets"


class _Account:
    """An account, for the duration of one slice."""

    def __init__(self, config: HubSpot, secret: str, part: Slice, declared: Declared) -> None:
        self.part, self.config, self._declared = part, config, declared
        self.start = milliseconds(f"{config.start_date}T00:00:00Z")
        self.api = HubSpotApi(config.base_url, secret, config.token_env, part.spend, part.progress)
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """A stream with its state, which exists only while dlt extracts."""
        if not self._streams:
            state: Record = dlt.current.source_state()
            custom = map(_custom_stream, declared_objects(self._declared))
            self._streams = {
                name: Stream(state.setdefault(name, {}), self.start) for name in (*STREAMS, *custom)
            }
            if state.get("run") != RUN or all(s.is_complete for s in self._streams.values()):
                state["run"] = RUN
                for stream in self._streams.values():
                    stream.begin()
        return self._streams[name]

    @property
    def own(self) -> OwnProperties:
        state = self.stream("properties").state
        return OwnProperties(self._declared, self.api, self.part.progress.log, state)

    def properties(self, kind: str) -> list[str]:
        return list(dict.fromkeys((*PROPERTIES[kind], *self.own.of_object(kind))))

    def history(self, kind: str) -> list[str]:
        """The properties to read with their history."""
        own = self.own.of_object(kind)
        return list(dict.fromkeys((*HISTORY, *own))) if kind == "tickets" else []

    def ends(self, kind: str) -> list[str]:
        """The object types whose associations with this type are read."""
        return list(dict.fromkeys((*ASSOCIATED.get(kind, ()), *self.own.custom_objects(kind))))

    def ask_again(self) -> None:
        """Request another slice."""
        self.part.spent = max(self.part.spent, self.part.requests)


def source(config: HubSpot, secret: str, part: Slice, declared: Declared = NONE) -> Any:
    """The dlt source of an account for one slice. `secret`: the access token of a private app."""
    account = _Account(config, secret, part, declared)

    @dlt.source(name="hubspot", max_table_nesting=0)
    def hubspot() -> list[Any]:
        rows: dict[str, Callable[[], Iterator[Any]]] = {
            # First, as the other streams may request properties that it finds.
            "properties": partial(_definitions, account),
            **{name: partial(_whole_list, account, name) for name in LISTS},
            **{name: partial(_objects, account, name) for name in PROPERTIES},
            "tickets": partial(_tickets, account),
            **{name: partial(_archived, account, kind) for name, kind in TABLES.items()},
            "account": partial(_account_details, account),
            "users": partial(_users, account),
            "threads": partial(_threads, account),
        }
        return [
            # Generators make no request until dlt extracts.
            dlt.resource(make(), name=name, table_name=TABLES.get(name, name))
            for name, make in rows.items()
        ]

    return hubspot()


def _whole_list(account: _Account, name: str) -> Iterator[list[Record]]:
    """Changed rows of a short list, which has no times of change and is read completely."""
    stream = account.stream(name)
    if stream.is_complete:
        return
    path, *filters = LISTS[name]
    pages = (page for params in filters or [{}] for page in account.api.pages(path, **params))
    listed = [row for page in pages for row in page]
    removed = {"archived": True} if name in REMOVED_WITH_THEIR_LIST else None
    yield _changed(stream, listed, removed)


def _definitions(account: _Account) -> Iterator[list[Record]]:
    """Property definitions. Deleted properties are kept, as old values need their labels."""
    stream = account.stream("properties")
    if not stream.is_complete:
        yield _changed(stream, account.own.definitions())


def _changed(stream: Stream, listed: list[Record], removed: Record | None = None) -> list[Record]:
    """The rows of a list that changed since the last pass.

    `removed`: the values of a row for each deleted entry.
    """
    known: dict[str, str] = stream.state.setdefault("known", {})
    new = []
    for row in listed:
        digest = _digest(row)
        if known.get(str(row["id"])) != digest:
            known[str(row["id"])] = digest
            new.append(row)
    # An empty list is more likely an error of the API than the deletion of all entries.
    if removed and listed:
        for key in sorted(known.keys() - {str(row["id"]) for row in listed}):
            if known[key]:
                known[key] = ""
                new.append({"id": key} | removed)
    stream.state["is_complete"] = True
    return new


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _account_details(account: _Account) -> Iterator[list[Record]]:
    """The account's id and host, which links to records need."""
    stream = account.stream("account")
    if stream.is_complete:
        return
    details = account.api.offered(ACCOUNT) or {}
    wanted = ("portalId", "uiDomain", "timeZone")
    kept = {name: details[name] for name in wanted if details.get(name)}
    yield _changed(stream, [{"id": str(details["portalId"])} | kept] if kept else [])


def _users(account: _Account) -> Iterator[list[Record]]:
    """Users with their current availability, and its history where HubSpot keeps one."""
    stream = account.stream("users")
    if stream.is_complete:
        return
    own = account.config.capacity_property
    pages = account.api.pages(
        USERS,
        limit=BATCH_WITH_HISTORY,
        properties=",".join((*USER_PROPERTIES, *([own] if own else []))),
        propertiesWithHistory=AVAILABILITY,
    )
    kept = ("id", "properties", "propertiesWithHistory", "archived")
    listed = [{n: row[n] for n in kept if n in row} for page in pages for row in page]
    for row in listed:
        row["capacity"] = row["properties"].get(own) if own else None
    seen = {"observedAt": iso(_now())}
    removed = {"properties": {}, "archived": True}
    yield [row | seen for row in _changed(stream, listed, removed)]


def _objects(account: _Account, kind: str) -> Iterator[list[Record]]:
    """Changed CRM objects of a type, each with its associations."""
    stream = account.stream(kind)
    if stream.is_complete:
        return
    if new := _begin_again_if_declared(account, kind, stream):
        _log_read_again(account, kind, new)
    if kind in ASSOCIATED and _links_are_due(account, stream):
        has_rows = False
        for read in _changed_links(account, kind, stream):
            has_rows = True
            yield read
        if has_rows or account.part.is_spent:
            # Another version of an object must go to another file.
            account.ask_again()
            return
    if kind == "tickets":
        has_rows = False
        for read in _of_changed_objects(account, stream):
            has_rows = True
            yield read
        if has_rows or account.part.is_spent:
            account.ask_again()
            return
    modified = _modified(kind)
    for page in searched(account.api, kind, modified, stream.since):
        ids = [one["id"] for one in stream.fresh(page, partial(modified_at, modified=modified))]
        for read in _read(account, kind, ids):
            _keep_links(account, stream, kind, read)
            yield read
        stream.forget()
        if stream.is_cut or account.part.is_spent:
            account.ask_again()
            return
    stream.state |= {"is_complete": True, "was_complete": True}
    stream.state.pop("landed_until", None)


def _begin_again_if_declared(account: _Account, kind: str, stream: Stream) -> list[str]:
    """Start to read all objects again if the settings name new properties; returns these.

    `landed_until` in the state: the newest change among the objects that were read before.
    """
    own = account.own.names(kind)
    new = sorted({*own} - {*stream.state.get("own", [])})
    stream.state["own"] = own
    if not new or "mark" not in stream.state:
        return []
    stream.state["landed_until"] = stream.state["mark"]
    stream.begin_again()
    return new


def _log_read_again(account: _Account, kind: str, new: list[str]) -> None:
    objects = count(account.api, kind, _modified(kind), account.start)
    size = BATCH_WITH_HISTORY if account.history(kind) else BATCH
    requests = objects / SEARCH_PAGE + objects / size * (1 + len(account.ends(kind)))
    account.part.progress.log(
        f"the settings name {', '.join(new)} of {kind}, which had not been fetched: reading all "
        f"{objects:,} {kind} again, about {max(1, round(requests)):,} requests"
    )


def _modified(kind: str) -> str:
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def _links_are_due(account: _Account, stream: Stream) -> bool:
    checked = stream.state.get("links_checked_at", 0)
    return bool(checked + account.config.check_links_hours * HOUR <= _now())


def _changed_links(account: _Account, kind: str, stream: Stream) -> Iterator[list[Record]]:
    """Objects with changed associations, which do not change the object's time of modification.

    This runs before modified objects are read, which get their associations then. A search page of
    200 objects takes one request, and 1,000 objects take one for each type of association.
    """
    modified = _modified(kind)
    recent = {"propertyName": modified, "operator": "GTE"}
    recent["value"] = str(_now() - LINKS_DAYS * DAY)
    groups = [[recent], *([[NEVER_CLOSED]] if kind == "tickets" else [])]
    before: dict[str, str] = stream.state.get("links", {})
    now: dict[str, str] = {}
    found = [one for page in filtered(account.api, kind, modified, groups) for one in page]
    changed = []
    for first in range(0, len(found), LINKS_BATCH):
        part = found[first : first + LINKS_BATCH]
        batch = [{"id": one["id"]} for one in part]
        ends = [_associations(account.api, kind, end, batch) for end in account.ends(kind)]
        for one in part:
            key = one["id"]
            now[key] = _links_digest([end.get(key, []) for end in ends])
            # An object without a digest will be read, or was read in the first pass.
            is_read = modified_at(one, modified) <= stream.state.get("mark", 0)
            if before.get(key, now[key]) != now[key] or (key not in before and is_read):
                changed.append(key)
    stream.state |= {"links": now, "links_checked_at": _now()}
    if changed:
        yield from _read(account, kind, changed)


def _of_changed_objects(account: _Account, tickets: Stream) -> Iterator[list[Record]]:
    """Tickets with a changed custom object, which does not change the ticket's modification time.

    For a type that is new in the settings, all tickets are read again anyway.
    """
    ids: set[str] = set()
    for kind in account.own.custom_objects("tickets"):
        stream = account.stream(_custom_stream(kind))
        is_new = "since" not in stream.state
        stream.state.setdefault("since", _now() - OVERLAP)
        pages = [] if is_new else searched(account.api, kind, _modified(kind), stream.since)
        for page in pages if not stream.is_complete else []:
            fresh = stream.fresh(page, partial(modified_at, modified=_modified(kind)))
            batch = [{"id": one["id"]} for one in fresh]
            linked = _associations(account.api, kind, "tickets", batch) if batch else {}
            ids.update(str(end["toObjectId"]) for ends in linked.values() for end in ends)
        stream.forget()
    for kind in declared_objects(account.own.declared):
        account.stream(_custom_stream(kind)).state["is_complete"] = True
    # In the first pass, all tickets are read later anyway.
    if ids and tickets.state.get("was_complete"):
        yield from _read(account, "tickets", sorted(ids))


def _keep_links(account: _Account, stream: Stream, kind: str, read: list[Record]) -> None:
    """Store the association digests for the next check.

    In the first pass, only those of objects that the check has seen.
    """
    links: dict[str, str] = stream.state.get("links", {})
    for one in read if kind in ASSOCIATED else []:
        if one["id"] in links or stream.state.get("was_complete"):
            ends = [one["associations"][end] for end in account.ends(kind)]
            links[one["id"]] = _links_digest(ends)


def _links_digest(ends: list[list[Record]]) -> str:
    return _digest(
        [
            sorted(
                [
                    str(one["toObjectId"]),
                    *sorted(str(kind["typeId"]) for kind in one["associationTypes"]),
                ]
                for one in end
            )
            for end in ends
        ]
    )


def _read(
    account: _Account, kind: str, ids: list[str], archived: bool = False
) -> Iterator[list[Record]]:
    requested: Record = {"properties": account.properties(kind)}
    if history := account.history(kind):
        requested["propertiesWithHistory"] = history
    path, params = f"/crm/v3/objects/{kind}/batch/read", {"archived": "true"} if archived else {}
    size = BATCH_WITH_HISTORY if history else BATCH
    # Deleted objects have no associations.
    wanted = [] if archived else account.ends(kind)
    for first in range(0, len(ids), size):
        batch = [{"id": key} for key in ids[first : first + size]]
        read = account.api.post(path, {"inputs": batch, **requested}, **params)["results"]
        ends = {end: _associations(account.api, kind, end, batch) for end in wanted}
        for one in read:
            if ends:
                one["associations"] = {end: found.get(one["id"], []) for end, found in ends.items()}
        if kind == "tickets" and not archived:
            tickets = account.stream("tickets").state
            tickets["left_out"] = tickets.get("left_out", 0) + account.own.add_values(read)
        yield read


def _associations(
    api: HubSpotApi, start: str, end: str, batch: list[Record]
) -> dict[str, list[Record]]:
    path = f"/crm/v4/associations/{start}/{end}/batch/read"
    found = api.post(path, {"inputs": batch})["results"]
    return {str(one["from"]["id"]): one["to"] for one in found}


def _tickets(account: _Account) -> Iterator[Any]:
    """Changed tickets, and a row for each ticket that was merged into one of them."""
    stream, threads = account.stream("tickets"), account.stream("threads").state
    # The first pass fetches every thread anyway.
    is_first = not stream.state.get("was_complete")
    for read in _objects(account, "tickets"):
        yield read
        merges = [merge for one in read for merge in _merges(one)]
        yield _as_stream("ticket_merges", merges)
        of_tickets = [
            one["properties"].get(THREAD_OF_TICKET)
            for one in read
            # The threads of a ticket that is only read again for new properties are unchanged.
            if modified_at(one, _modified("tickets")) > stream.state.get("landed_until", 0)
        ]
        if not is_first:
            threads.setdefault("to_check", []).extend(filter(None, of_tickets))
    left_out = stream.state.pop("left_out", 0)
    if left_out:
        account.part.progress.log(
            f"{left_out:,} values were left out, as their tickets have several custom objects of "
            "a type; the newest object counts"
        )


def _merges(ticket: Record) -> Iterator[Record]:
    """The tickets that were merged into this one. The API no longer returns them."""
    for merged in (ticket["properties"].get("hs_merged_object_ids") or "").split(";"):
        if merged.strip() and merged.strip() != ticket["id"]:
            merge = {"id": merged.strip(), "mergedInto": ticket["id"]}
            yield merge | {"updatedAt": ticket["updatedAt"]}


def _archived(account: _Account, kind: str) -> Iterator[list[Record]]:
    """Deleted objects, which a search does not find. Their list is not sorted by time.

    An object that is no longer in the list was restored, or finally deleted after 90 days.
    """
    stream = account.stream(f"archived_{kind}")
    if stream.is_complete:
        return
    _begin_again_if_declared(account, kind, stream)
    pages, is_whole = _archived_pages(account, kind)
    since = stream.since
    there: set[str] = set()
    found = []
    for page in pages:
        there.update(str(one["id"]) for one in page)
        found += [one for one in page if _archived_at(one) >= since]
    fresh = list(stream.fresh(sorted(found, key=_archived_at), _archived_at))
    if is_whole:
        yield fresh
    else:
        yield from _read(account, kind, [one["id"] for one in fresh], archived=True)
    restored = sorted({*stream.state.get("archived", [])} - there)
    seen = {"restoredAt": iso(_now())}
    for read in _read(account, kind, restored):
        yield [one | seen for one in read]
    stream.forget()
    stream.state |= {"is_complete": True, "archived": sorted(there)}


def _archived_pages(account: _Account, kind: str) -> tuple[Iterator[list[Record]], bool]:
    """The list of deleted objects, and whether it has their properties.

    A URL has no room for many property names.
    """
    path, history = f"/crm/v3/objects/{kind}", account.history(kind)
    requested = {"properties": ",".join(account.properties(kind))}
    requested |= {"propertiesWithHistory": ",".join(history)} if history else {}
    if is_whole := sum(map(len, requested.values())) <= LONGEST_LIST:
        size = BATCH_WITH_HISTORY if history else BATCH
        return account.api.pages(path, archived="true", limit=size, **requested), is_whole
    return account.api.pages(path, archived="true", limit=BATCH), is_whole


def _archived_at(one: Record) -> int:
    return milliseconds(one.get("archivedAt") or one["updatedAt"])


def _threads(account: _Account) -> Iterator[Any]:
    """Threads with a new message, each with all its messages, after the tickets.

    Marking a thread as spam, commenting on it or assigning it to a ticket adds no message. So the
    threads of changed tickets are read too.
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
    """A thread and its messages, each with the id of the thread's ticket."""
    ticket = {"ticketId": (thread.get("threadAssociations") or {}).get("associatedTicketId")}
    yield [thread | ticket]
    path = f"{CONVERSATIONS}/threads/{thread['id']}/messages"
    origin = {"threadChannelId": thread.get("originalChannelId")}
    origin |= {"threadChannelAccountId": thread.get("originalChannelAccountId")}
    for page in api.pages(path, sort="createdAt", limit=LIST_PAGE):
        kept = [{k: v for k, v in one.items() if k not in BODIES} | ticket | origin for one in page]
        yield _as_stream("messages", kept)


def _as_stream(name: str, rows: list[Record]) -> Any:
    """Rows of another stream than the one that yields them."""
    return dlt.mark.with_hints(
        rows, dlt.mark.make_hints(table_name=name), create_table_variant=True
    )
