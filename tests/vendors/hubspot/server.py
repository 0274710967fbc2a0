"""The API of a HubSpot account on the loopback address, with its limits and errors.

It pages, sorts, filters and rejects like the published API; README.md lists the sources. Every
request is logged, so that tests can check the requests and their number.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.shapes import Row

TOKEN = "pat-of-the-test"
MOST_RESULTS = 10_000  # of one search
SEARCH_PAGE, LIST_PAGE, THREAD_PAGE = 200, 100, 500
BATCH, BATCH_WITH_HISTORY = 100, 50
LONGEST_ADDRESS = 8_000

Answer = tuple[int, Row, dict[str, str]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Row
    status: int


class Refusal(Exception):
    """An error response."""

    def __init__(self, status: int, category: str, message: str, **headers: str) -> None:
        super().__init__(message)
        body = {"status": "error", "message": message, "category": category, "correlationId": "1"}
        self.answer: Answer = (status, body, {k.replace("_", "-"): v for k, v in headers.items()})


def too_many() -> Refusal:
    text = "You have reached your ten_secondly_rolling limit."
    return Refusal(429, "RATE_LIMITS", text, Retry_After="1")


def broken() -> Refusal:
    return Refusal(502, "INTERNAL_ERROR", "internal error")


@dataclass
class Account:
    """A portal and its API's behaviour. `faults`: errors by number of the request, from 1."""

    portal: Portal
    token: str = TOKEN
    faults: dict[int, Refusal] = field(default_factory=dict)
    missing_scopes: tuple[str, ...] = ()
    # Called before the response to the request with this number, to change the desk meanwhile.
    before: dict[int, Callable[[Portal], None]] = field(default_factory=dict)
    # Fields outside the specification that are added to every object.
    novelties: Row = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    count: int = 0
    _made: dict[object, list[Row]] = field(default_factory=dict)

    def asked(self, part: str) -> list[Request]:
        """The requests with `part` in their path."""
        return [request for request in self.log if part in request.path]

    def answer(self, method: str, path: str, query: dict[str, str], body: Row, auth: str) -> Answer:
        self.count += 1
        if len(path) + sum(map(len, query.values())) > LONGEST_ADDRESS:
            return 414, {"status": "error", "message": "URI Too Long"}, {}
        if change := self.before.get(self.count):
            change(self.portal)
        try:
            if fault := self.faults.get(self.count):
                raise fault
            if auth != f"Bearer {self.token}":
                text = "The OAuth token used to make this call expired."
                raise Refusal(401, "EXPIRED_AUTHENTICATION", text)
            self._check_scopes(path)
            found: Answer = (200, self._route(method, path, query, body), {})
        except Refusal as refusal:
            found = refusal.answer
        self.log.append(Request(method, path, query, body, found[0]))
        return found

    def _check_scopes(self, path: str) -> None:
        for scope in self.missing_scopes:
            of, kind = scope.split(".")[-3:-1]
            # Property definitions have a separate scope.
            if kind in path and (of == "schemas") == ("/properties/" in path):
                text = "This app hasn't been granted all required scopes to make this call."
                raise Refusal(403, "MISSING_SCOPES", f"{text} Required: {scope}")

    def _route(self, method: str, path: str, query: dict[str, str], body: Row) -> Row:
        routes: list[tuple[str, Callable[..., Row]]] = [
            (r"POST /crm/v3/objects/(\w+)/search", lambda kind: self._search(kind, body)),
            (r"POST /crm/v3/objects/(\w+)/batch/read", lambda kind: self._batch(kind, body, query)),
            (
                r"GET /crm/v3/properties/(\w+)",
                lambda kind: {"results": self.portal.definitions(kind)},
            ),
            (r"GET /crm/v3/objects/(\w+)", lambda kind: self._list(kind, query)),
            (
                r"POST /crm/v4/associations/(\w+)/(\w+)/batch/read",
                lambda start, end: self._associations(start, end, body),
            ),
            (r"GET /crm/v3/pipelines/tickets", lambda: {"results": self.portal.pipelines()}),
            (r"GET /crm/v3/owners/?", lambda: self._owners(query)),
            (r"GET /account-info/v3/details", self.portal.details),
            (r"GET /settings/v3/users/teams", lambda: {"results": self.portal.teams()}),
            (r"GET /conversations/v3/conversations/channels", self._whole(self.portal.channels)),
            (
                r"GET /conversations/v3/conversations/channel-accounts",
                self._whole(self.portal.channel_accounts),
            ),
            (r"GET /conversations/v3/conversations/threads", lambda: self._threads(query)),
            (r"GET /conversations/v3/conversations/threads/(\d+)", self._thread),
            (
                r"GET /conversations/v3/conversations/threads/(\d+)/messages",
                lambda thread: self._messages(thread, query),
            ),
        ]
        for pattern, answer in routes:
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return answer(*match.groups())
        raise Refusal(404, "OBJECT_NOT_FOUND", f"no {method} {path}")

    def _objects(self, kind: str) -> list[Row]:
        portal = self.portal
        state = (kind, portal.state())
        if state not in self._made:
            made = portal.threads() if kind == "threads" else portal.objects(kind)
            self._made[state] = [one | self.novelties for one in made]
        return self._made[state]

    def _search(self, kind: str, body: Row) -> Row:
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > SEARCH_PAGE or after + limit > MOST_RESULTS:
            raise Refusal(400, "VALIDATION_ERROR", f"paging of {limit} after {after} is too much")
        if len(body["sorts"]) > 1:
            raise Refusal(400, "VALIDATION_ERROR", "only one sort is supported")
        groups = body["filterGroups"]
        found = [
            one
            for one in self._objects(kind)
            if not one["archived"] and any(_meets(one, group["filters"]) for group in groups)
        ]
        (sort,) = body["sorts"]
        found.sort(key=lambda one: _sortable(one["properties"].get(sort["propertyName"])))
        page = [_asked_for(one, body["properties"], []) for one in found[after : after + limit]]
        answer: Row = {"total": len(found), "results": page}
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return answer

    def _batch(self, kind: str, body: Row, query: dict[str, str]) -> Row:
        history = body.get("propertiesWithHistory", [])
        if len(body["inputs"]) > (BATCH_WITH_HISTORY if history else BATCH):
            raise Refusal(400, "VALIDATION_ERROR", f"{len(body['inputs'])} inputs are too many")
        wanted = {one["id"] for one in body["inputs"]}
        found = [
            _asked_for(one, body["properties"], history)
            for one in self._objects(kind)
            if one["id"] in wanted and one["archived"] == (query.get("archived") == "true")
        ]
        return {"status": "COMPLETE", "results": found}

    def _list(self, kind: str, query: dict[str, str]) -> Row:
        archived = query.get("archived") == "true"
        history = query.get("propertiesWithHistory", "")
        found = [
            _asked_for(one, query.get("properties", "").split(","), history.split(","))
            for one in self._objects(kind)
            if one["archived"] == archived
        ]
        return _page(found, query, BATCH_WITH_HISTORY if history else LIST_PAGE)

    def _associations(self, start: str, end: str, body: Row) -> Row:
        known = self.portal.associations(start, end)
        asked = [one["id"] for one in body["inputs"]]
        results = [{"from": {"id": key}, "to": known[key]} for key in asked if key in known]
        none = [key for key in asked if key not in known]
        answer: Row = {"status": "COMPLETE", "results": results}
        if none:
            error = {"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": none}}
            answer |= {"numErrors": len(none), "errors": [error]}
        return answer

    def _owners(self, query: dict[str, str]) -> Row:
        return _page(self.portal.owners(query.get("archived") == "true"), query, LIST_PAGE)

    def _whole(self, rows: Callable[[], list[Row]]) -> Callable[[], Row]:
        return lambda: {"total": len(rows()), "results": rows()}

    def _threads(self, query: dict[str, str]) -> Row:
        if query.get("sort") != "latestMessageTimestamp" or query.get("association") != "TICKET":
            raise Refusal(400, "VALIDATION_ERROR", "the tests know no other listing of threads")
        since = datetime.fromisoformat(query["latestMessageTimestampAfter"])
        found = [
            one
            for one in self._objects("threads")
            if datetime.fromisoformat(one["latestMessageTimestamp"]) >= since
        ]
        found.sort(key=lambda one: (one["latestMessageTimestamp"], one["id"]))
        return _page(found, query, THREAD_PAGE)

    def _thread(self, thread: str) -> Row:
        for one in self._objects("threads"):
            if one["id"] == thread:
                return one
        raise Refusal(404, "OBJECT_NOT_FOUND", f"no thread {thread}")

    def _messages(self, thread: str, query: dict[str, str]) -> Row:
        said = sorted(self.portal.messages(thread), key=lambda one: one["createdAt"])
        if query.get("sort") != "createdAt":
            said.reverse()
        return _page(said, query, LIST_PAGE)


def _asked_for(one: Row, properties: list[str], history: list[str]) -> Row:
    """Only the requested properties, with null for missing values."""
    values = {name: one["properties"].get(name) for name in properties}
    made = {**one, "properties": values}
    kept = made.pop("propertiesWithHistory", {})
    if any(history):
        made["propertiesWithHistory"] = {name: kept[name] for name in history if name in kept}
    return made


def _meets(one: Row, filters: list[Row]) -> bool:
    for condition in filters:
        value = one["properties"].get(condition["propertyName"])
        if condition["operator"] == "NOT_HAS_PROPERTY":
            if value is not None:
                return False
            continue
        if value is None:
            return False
        left, right = _sortable(value), _sortable(condition["value"])
        held = {"GTE": left >= right, "GT": left > right, "EQ": left == right}
        if not held[condition["operator"]]:
            return False
    return True


def _sortable(value: Any) -> tuple[int, float]:
    """A time in milliseconds, from either format, or the number of an id."""
    if value is None:
        return (0, 0)
    if str(value).isdigit():
        return (1, int(value))
    return (1, round(datetime.fromisoformat(value).timestamp() * 1000))


def _page(rows: list[Row], query: dict[str, str], most: int) -> Row:
    limit, after = int(query.get("limit", 10)), int(query.get("after", 0))
    if limit > most:
        raise Refusal(400, "VALIDATION_ERROR", f"limit {limit} is above {most}")
    answer: Row = {"results": rows[after : after + limit]}
    if after + limit < len(rows):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return answer


@contextmanager
def serving(account: Account) -> Iterator[str]:
    """Serve the account until the block ends; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A response is sent in one piece, else the client waits for the second one.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            auth = self.headers.get("Authorization", "")
            with lock:
                status, found, headers = account.answer(
                    self.command, address.path, query, body, auth
                )
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _handle

        def log_message(self, format: str, *args: Any) -> None:
            """No output: the account has its own log."""

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
