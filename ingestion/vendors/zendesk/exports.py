"""What Zendesk exports incrementally: a stream goes on where its cursor in the state stands."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from helpdesk.errors import IngestError
from ingestion.vendors.zendesk.api import Absent, Api, log

Row = dict[str, Any]
State = dict[str, Any]
Pages = Iterator[tuple[str, list[Row]]]

# Tickets of a page: a page is landed together with the audits of its tickets, one request each.
TICKETS_PER_PAGE = 100
PER_PAGE = 1000
# The export holds the last minute back; audits are compared by another clock than tickets.
OVERLAP_SECONDS = 600


def by_cursor(api: Api, state: State, name: str, since: int) -> Pages:
    """A stream with a cursor-based export."""
    for rows, _ in _cursor_pages(api, state, name, since, {"per_page": PER_PAGE}):
        yield name, rows


def tickets(api: Api, state: State, since: int) -> Pages:
    """Tickets, and with each page the audits of its tickets.

    A ticket that changed is fetched with all its audits; those of before the last whole pass had
    landed with it then and are left out.
    """
    own = state.setdefault("tickets", {})
    landed_until = own.get("landed_until", 0) - OVERLAP_SECONDS
    params = {"per_page": TICKETS_PER_PAGE, "include": "metric_sets,slas"}
    for rows, is_last in _cursor_pages(api, state, "tickets", since, params):
        audits = [
            audit
            for ticket in rows
            if ticket.get("status") != "deleted"
            for audit in _audits(api, ticket["id"])
            if _epoch(audit.get("created_at")) >= landed_until
        ]
        yield "tickets", rows
        yield "ticket_audits", audits
        times = [int(ticket.get("generated_timestamp") or 0) for ticket in rows]
        own["reached"] = max([own.get("reached", 0), *times])
        if is_last:
            own["landed_until"] = own["reached"]


def _audits(api: Api, ticket: int) -> list[Row]:
    try:
        return list(paged(api, f"tickets/{ticket}/audits.json", "audits", {}))
    except Absent as absent:
        # Deleted since the page was made: the export will tell so.
        log.info("zendesk: %s", absent)
        return []


def _cursor_pages(
    api: Api, state: State, name: str, since: int, params: dict[str, Any]
) -> Iterator[tuple[list[Row], bool]]:
    """Pages of an export and whether each is the last; the cursor moves once a page is used."""
    own = state.setdefault(name, {})
    while not api.part.is_spent:
        start = {"cursor": own["cursor"]} if own.get("cursor") else {"start_time": since}
        answer = _required(api, f"incremental/{name}/cursor.json", {**params, **start})
        is_last = bool(answer.get("end_of_stream", True))
        yield answer[name], is_last
        # The last page of a stream that has nothing new may come without one.
        own["cursor"] = answer.get("after_cursor") or own.get("cursor")
        if is_last:
            return
        if not answer.get("after_cursor"):
            raise IngestError(f"zendesk: the export of {name} has a next page without a cursor.")


def by_time(
    api: Api, state: State, name: str, path: str, since: int, is_optional: bool = False
) -> Pages:
    """A stream with a time-based export: a page begins with the second in which the last ended."""
    own = state.setdefault(name, {})
    while not api.part.is_spent:
        start = own.get("start_time", since)
        try:
            answer = api.get(path, {"start_time": start})
        except Absent as absent:
            if not is_optional:
                raise _missing(absent) from absent
            log.info("zendesk: %s is not there, so no %s", absent, name)
            return
        rows = answer[name]
        yield name, _unseen(own, rows)
        end = answer.get("end_time") or start
        own["last_second"] = [digest(row) for row in rows if _updated(row) == end]
        if end == start and rows and not answer.get("end_of_stream", len(rows) < PER_PAGE):
            raise IngestError(f"zendesk: more {name} than a page holds changed in second {end}.")
        own["start_time"] = end
        # Older endpoints have no end_of_stream: a page that is not full is the last.
        if answer.get("end_of_stream", len(rows) < PER_PAGE):
            return


def ratings(api: Api, state: State, since: int) -> Pages:
    """Satisfaction ratings, by the time of their change."""
    name = "satisfaction_ratings"
    own = state.setdefault(name, {})
    start = own.get("start_time", since)
    params = {"start_time": start, "sort_order": "asc"}
    try:
        rows = list(paged(api, f"{name}.json", name, params))
    except Absent as absent:
        log.info("zendesk: %s is not there, so no %s", absent, name)
        return
    yield name, _unseen(own, rows)
    end = max([start, *(_updated(row) for row in rows)])
    own["start_time"] = end
    own["last_second"] = [digest(row) for row in rows if _updated(row) == end]


def _unseen(own: State, rows: list[Row]) -> list[Row]:
    """The rows but for those of the second in which the last page ended, which come again."""
    seen = set(own.get("last_second", []))
    return [row for row in rows if digest(row) not in seen]


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def paged(
    api: Api, path: str, name: str, params: dict[str, Any], is_list: bool = False
) -> Iterator[Row]:
    """The rows of a list, by cursor where it has one, else page by page."""
    answer = api.get(path, {**params, "page[size]": 100}, is_list)
    while True:
        yield from answer[name]
        meta = answer.get("meta")
        next_page = answer.get("next_page")
        if meta is not None:
            next_page = (answer.get("links") or {}).get("next") if meta.get("has_more") else None
        if not next_page:
            return
        answer = api.get(next_page, None, is_list)


def _required(api: Api, path: str, params: dict[str, Any]) -> Row:
    try:
        return api.get(path, params)
    except Absent as absent:
        raise _missing(absent) from absent


def _missing(absent: Absent) -> IngestError:
    return IngestError(
        f"zendesk: {absent}. The export is for admins, and base_url the account's own address: "
        "make the token's agent an admin, or mend the address."
    )


def _updated(row: Row) -> int:
    return _epoch(row.get("updated_at") or row.get("time") or row.get("created_at"))


def _epoch(text: str | None) -> int:
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
