"""Zendesk's incremental exports. A stream continues at the cursor in its state."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from helpdesk.core.errors import IngestError
from helpdesk.extract.zendesk.api import Absent, Api, Invalid, log
from helpdesk.extract.zendesk.conversations import conversations, without_chat_texts
from helpdesk.extract.zendesk.paging import following, paged

Row = dict[str, Any]
State = dict[str, Any]
Pages = Iterator[tuple[str, list[Row]]]

# Tickets per page. A page is written together with the audits of its tickets. The export allows ten
# requests per minute, so smaller pages would be slower than the requests for audits.
TICKETS_PER_PAGE = 500
PER_PAGE = 1000
# The export leaves out the last minute, and audits and tickets have different clocks.
OVERLAP_SECONDS = 600
# The list of all audits leaves out archived tickets. Zendesk archives a ticket about 120 days after
# it was closed.
MAYBE_ARCHIVED_SECONDS, SURELY_ARCHIVED_SECONDS = 110 * 86_400, 130 * 86_400
# Lists to read if one second has more rows than a page of the export.
LISTS_OF_EXPORTS = {"organizations": "organizations.json"}
# Texts are not fetched, except in updates that merge tickets: they name the other ticket.
TEXTS = ("body", "html_body", "plain_body", "attachments")
MERGED = "closed_by_merge"


def by_cursor(api: Api, state: State, name: str, since: int) -> Pages:
    """A stream with a cursor-based export."""
    for rows, _ in _cursor_pages(api, state, name, since, {"per_page": PER_PAGE}):
        yield name, rows


def tickets(api: Api, state: State, since: int) -> Pages:
    """Tickets, and with each page the audits of its tickets.

    The audits of a changed ticket are requested, and those from before the last complete pass are
    left out. The first pass reads the audits of all tickets that are not archived from one list,
    after the tickets.
    """
    own = state.setdefault("tickets", {})
    landed_until = own.get("landed_until", 0) - OVERLAP_SECONDS
    listed_from = _listed_from(api, own, since)
    per_page = PER_PAGE if listed_from else TICKETS_PER_PAGE
    params = {"per_page": per_page, "include": "metric_sets,slas"}
    for rows, is_last in _cursor_pages(api, state, "tickets", since, params):
        _expect_tickets(api, own)
        wanted = [
            ticket["id"]
            for ticket in rows
            if ticket.get("status") != "deleted"
            and _changed(ticket) >= landed_until
            and (not listed_from or _may_be_archived(ticket, listed_from))
        ]
        audits = [
            audit
            for audit in _audits_of(api, wanted)
            if _epoch(audit.get("created_at")) >= landed_until
        ]
        yield "tickets", rows
        yield "ticket_audits", [without_texts(audit) for audit in audits]
        yield from conversations(api, rows)
        if listed_from:
            surely_archived = listed_from - SURELY_ARCHIVED_SECONDS
            fetched = {ticket["id"] for ticket in rows if _changed(ticket) >= surely_archived}
            own.setdefault("not_from_list", []).extend(sorted(fetched & {*wanted}))
        api.part.progress.tickets += len(rows)
        own["reached"] = max([own.get("reached", 0), *map(_changed, rows)])
        if is_last and listed_from:
            own["is_exported"] = True
        elif is_last:
            own["landed_until"] = own["reached"]
    if listed_from and own.get("is_exported"):
        yield from _listed_audits(api, own, listed_from)


def _listed_from(api: Api, own: State, since: int) -> int:
    """The time of the newest audit at the start of a first pass that reads the list of all audits.

    0 if audits are read ticket by ticket.
    """
    if "listed_from" not in own:
        is_first = "landed_until" not in own and "cursor" not in own
        # The list includes audits of tickets before `start_date`, so it needs the default date.
        is_offered = is_first and since == int(_whole_account().timestamp())
        own["listed_from"] = _newest_audit(api) if is_offered else 0
    return int(own["listed_from"])


def _whole_account() -> datetime:
    from helpdesk.core.settings import Zendesk

    declared: datetime = Zendesk.model_fields["start_date"].default
    return declared


def _newest_audit(api: Api) -> int:
    try:
        answer = api.rows("audits", "ticket_audits.json", {"page[size]": 1})
    except (Absent, Invalid) as absent:
        log.info("zendesk: %s, so audits are fetched ticket by ticket", absent)
        return 0
    return max((_epoch(audit.get("created_at")) for audit in answer["audits"]), default=0)


def _listed_audits(api: Api, own: State, listed_from: int) -> Pages:
    """The audits of all tickets that are not archived, newest first."""
    page: str | None = own.get("list_page", "ticket_audits.json")
    fetched = {*own.get("not_from_list", [])}
    while page and not api.part.is_spent:
        params = None if page.startswith("http") else {"page[size]": 100}
        answer = api.rows("audits", page, params)
        audits = [audit for audit in answer["audits"] if audit.get("ticket_id") not in fetched]
        yield "ticket_audits", [without_texts(audit) for audit in audits]
        page = following(answer)
        own["list_page"] = page
    if not page:
        own["landed_until"] = listed_from
        for name in ("list_page", "is_exported", "not_from_list"):
            own.pop(name, None)
        own["listed_from"] = 0


def _may_be_archived(ticket: Row, now: int) -> bool:
    return ticket.get("status") == "closed" and _changed(ticket) < now - MAYBE_ARCHIVED_SECONDS


def _changed(ticket: Row) -> int:
    return int(ticket.get("generated_timestamp") or 0) or _epoch(ticket.get("updated_at"))


def _expect_tickets(api: Api, own: State) -> None:
    """Get the approximate number of tickets, for the estimated time of a first pass."""
    progress = api.part.progress
    if progress.total is not None or "landed_until" in own:
        return
    try:
        count = api.get("search/count.json", {"query": "type:ticket"}, is_list=True).get("count")
        progress.total = int(count or 0)
    except (Absent, Invalid):
        progress.total = 0


def without_texts(audit: Row) -> Row:
    """An audit without texts."""
    events = audit.get("events")
    if not isinstance(events, list) or MERGED in json.dumps(events):
        return audit
    return {
        **audit,
        "events": [
            {name: without_chat_texts(value) for name, value in event.items() if name not in TEXTS}
            if isinstance(event, dict)
            else event
            for event in events
        ],
    }


def _audits_of(api: Api, tickets: list[int]) -> Iterator[Row]:
    """The audits of these tickets, requested in parallel.

    A response takes longer than the pause that the rate limit requires.
    """
    if not tickets:
        return iter(())
    with ThreadPoolExecutor(api.config.connections) as pool:
        return chain.from_iterable([*pool.map(lambda ticket: _audits(api, ticket), tickets)])


def _audits(api: Api, ticket: int) -> list[Row]:
    try:
        return list(paged(api, f"tickets/{ticket}/audits.json", "audits", {}))
    except Absent as absent:
        if absent.status == 403:
            raise IngestError(
                f"zendesk: {absent}. The token may not read this ticket's audits. Make its agent "
                "an admin or give it access to all tickets; an OAuth token needs the scope "
                "`read`."
            ) from absent
        # Deleted in the meantime: the export will report it.
        log.info("zendesk: %s", absent)
        return []


def _cursor_pages(
    api: Api, state: State, name: str, since: int, params: dict[str, Any]
) -> Iterator[tuple[list[Row], bool]]:
    """Pages of an export, each with whether it is the last. The cursor moves after each page."""
    own = state.setdefault(name, {})
    path = f"incremental/{name}/cursor.json"
    while not api.part.is_spent:
        start = {"cursor": own["cursor"]} if own.get("cursor") else {"start_time": since}
        try:
            answer = _required(api, name, path, {**params, **start})
        except Invalid as invalid:
            # Only once, else an API that rejects all its cursors would never end.
            if "cursor" not in start or name in api.forgotten:
                raise _wrong(invalid) from invalid
            api.forgotten.add(name)
            api.part.progress.log(
                f"{invalid}: the cursor of {name} is invalid, so the export is read again from "
                f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d}; rows are written a second time"
            )
            own.pop("cursor")
            continue
        is_last = bool(answer.get("end_of_stream", True))
        yield answer[name], is_last
        # The last page of a stream without new rows may have no cursor.
        own["cursor"] = answer.get("after_cursor") or own.get("cursor")
        if is_last:
            return
        if not answer.get("after_cursor"):
            raise IngestError(
                f"zendesk: the export of {name} has a next page but no cursor. Run it again; it "
                "continues where it stopped."
            )


def by_time(
    api: Api, state: State, name: str, path: str, since: int, is_optional: bool = False
) -> Pages:
    """A stream with a time-based export. A page starts at the last second of the previous one."""
    own = state.setdefault(name, {})
    while not api.part.is_spent:
        start = own.get("start_time", since)
        try:
            answer = api.rows(name, path, {"start_time": start})
        except Absent as absent:
            if not is_optional:
                raise _missing(absent) from absent
            log.info("zendesk: %s, so no %s", absent, name)
            return
        except Invalid as invalid:
            raise _wrong(invalid) from invalid
        rows = answer[name]
        yield name, _unseen(own, rows)
        end = answer.get("end_time") or start
        own["last_second"] = [digest(row) for row in rows if _updated(row) == end]
        # Older endpoints have no end_of_stream: there a page that is not full is the last.
        is_last = bool(answer.get("end_of_stream", len(rows) < PER_PAGE))
        if end == start and rows and not is_last:
            # The export would return the same page again, so continue with the next second.
            own.setdefault("full_seconds", []).append(end)
            own["start_time"], own["last_second"] = end + 1, []
            if name not in LISTS_OF_EXPORTS:
                _report_full(api, name, end, len(rows))
            continue
        own["start_time"] = end
        if is_last:
            yield from _rest_of_seconds(api, own, name)
            return


def _report_full(api: Api, name: str, second: int, read: int) -> None:
    at = datetime.fromtimestamp(second, UTC).isoformat()
    api.part.progress.log(
        f"more {name} than fit in a page changed at {at}: {read:,} were read; the API returns "
        "neither the others nor their number, so they are fetched when they change again"
    )


def _rest_of_seconds(api: Api, own: State, name: str) -> Pages:
    """The rows of seconds with more rows than a page, read from a list."""
    seconds = {*own.pop("full_seconds", [])}
    path = LISTS_OF_EXPORTS.get(name)
    if not seconds or not path:
        return
    try:
        rows = [row for row in paged(api, path, name, {}) if _updated(row) in seconds]
    except (Absent, Invalid) as absent:
        log.info("zendesk: %s", absent)
        for second in sorted(seconds):
            _report_full(api, name, second, PER_PAGE)
        return
    yield name, rows


def ratings(api: Api, state: State, since: int) -> Pages:
    """Satisfaction ratings by the time of their change."""
    name = "satisfaction_ratings"
    own = state.setdefault(name, {})
    start = own.get("start_time", since)
    params = {"start_time": start, "sort_order": "asc"}
    try:
        rows = list(paged(api, f"{name}.json", name, params))
    except Absent as absent:
        log.info("zendesk: %s, so no %s", absent, name)
        return
    except Invalid as invalid:
        raise _wrong(invalid) from invalid
    yield name, _unseen(own, rows)
    end = max([start, *(_updated(row) for row in rows)])
    own["start_time"] = end
    own["last_second"] = [digest(row) for row in rows if _updated(row) == end]


def _unseen(own: State, rows: list[Row]) -> list[Row]:
    """The rows without those of the previous page's last second, which are repeated."""
    seen = set(own.get("last_second", []))
    return [row for row in rows if digest(row) not in seen]


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _required(api: Api, name: str, path: str, params: dict[str, Any]) -> Row:
    try:
        return api.rows(name, path, params)
    except Absent as absent:
        raise _missing(absent) from absent


def _missing(absent: Absent) -> IngestError:
    return IngestError(
        f"zendesk: {absent}. Exports need an admin: make the token's agent an admin, and check "
        "that base_url in the settings is the account's URL."
    )


def _wrong(invalid: Invalid) -> IngestError:
    return IngestError(
        f"zendesk: {invalid}. The API considers the request invalid, so it was not repeated. If "
        "the next run fails with the same error, report this line to the project."
    )


def _updated(row: Row) -> int:
    return _epoch(row.get("updated_at") or row.get("time") or row.get("created_at"))


def _epoch(text: str | None) -> int:
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
