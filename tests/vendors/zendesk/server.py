"""Zendesk's published API on the loopback address, including its errors.

A real HTTP server with the objects of a desk. `log` has every request, and `fail_next` makes
requests fail. Objects may change between two requests. README.md lists the endpoints.
"""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlparse

from tests.vendors.zendesk.audits import Object

EMAIL, TOKEN = "reports@desk.example", "a-token-of-the-tests"
FIELD_LISTS = ("ticket_fields", "user_fields", "organization_fields")
CURSOR_LISTS = ("organizations", "groups", "group_memberships", "brands", "satisfaction_ratings")
PLAIN_LISTS = {
    "ticket_forms": "ticket_forms",
    "custom_statuses": "custom_statuses",
    "recipient_addresses": "recipient_addresses",
    "slas/policies": "sla_policies",
    "business_hours/schedules": "schedules",
    "channels/voice/phone_numbers": "phone_numbers",
}
TIMED = {
    "incremental/organizations": "organizations",
    "incremental/ticket_metric_events": "ticket_metric_events",
    "channels/voice/stats/incremental/calls": "calls",
}
Answer = tuple[int, dict[str, str], Object]


class Source(Protocol):
    """The objects of an account: by stream, and those of a schedule or a ticket."""

    streams: dict[str, list[Object]]
    holidays: dict[int, list[Object]]
    audits: dict[int, list[Object]]
    logs: dict[int, list[Object]]


@dataclass
class Request:
    path: str
    params: dict[str, str]
    status: int = 0

    def __str__(self) -> str:
        return f"{self.path}?{urlencode(self.params)} {self.status}"


@dataclass
class Zendesk:
    """The account behind the server. `limit`: the number of responses before one with 429.

    `answers`: fixed responses of a path; `only_with_cursor`: only for one request with a cursor.
    `is_page_of_one_second`: a page of an export by time may end within a second.
    """

    objects: Source
    now: datetime
    page_size: int = 100
    limit: int | None = None
    absent: set[str] = field(default_factory=set)
    log: list[Request] = field(default_factory=list)
    faults: list[Answer] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    only_with_cursor: dict[str, Answer] = field(default_factory=dict)
    is_page_of_one_second: bool = False
    before_page: list[Callable[[str], None]] = field(default_factory=list)
    base_url: str = ""

    def fail_next(self, status: int, times: int = 1, headers: dict[str, str] | None = None) -> None:
        self.faults += [(status, headers or {}, {"error": "as the test wants it"})] * times

    def requests(self, part: str) -> list[Request]:
        return [request for request in self.log if part in request.path]

    def answer(self, path: str, params: dict[str, str], authorization: str) -> Answer:
        expected = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if authorization not in (f"Basic {expected}", f"Bearer {TOKEN}"):
            return 401, {}, {"error": "Couldn't authenticate you"}
        if self.faults:
            return self.faults.pop(0)
        if self.limit and len(self.log) % (self.limit + 1) == self.limit:
            return 429, {"Retry-After": "1"}, {"error": "TooManyRequests"}
        name = path.removeprefix("/api/v2/").removesuffix(".json")
        if name in self.answers:
            return self.answers[name]
        if name in self.only_with_cursor and "cursor" in params:
            return self.only_with_cursor.pop(name)
        if name in self.absent:
            return 404, {}, {"error": "InvalidEndpoint"}
        for prepare in self.before_page:
            prepare(name)
        found = self._found(name, params)
        return (404, {}, {"error": "RecordNotFound"}) if found is None else (200, {}, found)

    def _found(self, name: str, params: dict[str, str]) -> Object | None:
        streams, parts = self.objects.streams, name.split("/")
        if name in ("incremental/tickets/cursor", "incremental/users/cursor"):
            return self._export(parts[1], params)
        if name in TIMED:
            return self._timed(name, TIMED[name], params)
        if parts[0] == "tickets" and parts[-1] == "audits":
            audits = self.objects.audits.get(int(parts[1]))
            return audits and self._cursor_page(name, "audits", audits, params)
        if parts[-1] == "conversation_log":
            logs: dict[int, list[Object]] = getattr(self.objects, "logs", {})
            return self._cursor_page(name, "events", logs.get(int(parts[1]), []), params)
        if name == "guide/survey_responses":
            return self._cursor_page(name, parts[1], streams.get(parts[1], []), params)
        if name == "ticket_audits":
            return self._listed_audits(params)
        if name == "search/count":
            return {"count": len(streams["tickets"])}
        if parts[-1] == "holidays":
            return {"holidays": self.objects.holidays[int(parts[2])], "next_page": None}
        if name == "agent_availabilities":
            return self._cursor_page(name, "data", streams[name], params)
        if name == "satisfaction_ratings":
            start = int(params.get("start_time", 0))
            rows = [row for row in streams[name] if _epoch(row) >= start]
            return self._cursor_page(name, name, rows, params)
        if name in FIELD_LISTS:
            return self._cursor_page(name, name, streams.get(name, []), params)
        if name in CURSOR_LISTS:
            return self._cursor_page(name, name, streams[name], params)
        if name in PLAIN_LISTS:
            return {PLAIN_LISTS[name]: streams[PLAIN_LISTS[name]], "next_page": None}
        return None

    def _listed_audits(self, params: dict[str, str]) -> Object:
        """Newest first, without those of archived tickets: closed, and unchanged for 120 days."""
        archived_before = self.now.timestamp() - 120 * 86_400
        listed = [
            audit
            for ticket in self.objects.streams["tickets"]
            if ticket["status"] not in ("closed", "deleted")
            or (ticket["status"] == "closed" and _epoch(ticket) >= archived_before)
            for audit in self.objects.audits[ticket["id"]]
            if audit["created_at"] < self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        ]
        listed.sort(key=lambda audit: (audit["created_at"], audit["id"]), reverse=True)
        return self._cursor_page("ticket_audits", "audits", listed, params)

    def _export(self, name: str, params: dict[str, str]) -> Object:
        """Sorted by time and id. Changed objects move to the end, regardless of cursors."""
        rows = sorted(self._visible(name), key=lambda row: (_epoch(row), row["id"]))
        if "cursor" in params:
            time, last = base64.b64decode(params["cursor"]).decode().split("||")
            rows = [row for row in rows if (_epoch(row), row["id"]) > (int(time), int(last))]
        else:
            rows = [row for row in rows if _epoch(row) >= int(params["start_time"])]
        page = rows[: min(self.page_size, int(params.get("per_page", 1000)))]
        cursor = params.get("cursor")
        if page:
            end = f"{_epoch(page[-1])}||{page[-1]['id']}"
            cursor = base64.b64encode(end.encode()).decode()
        address = f"{self.base_url}/api/v2/incremental/{name}/cursor.json?cursor={cursor}"
        return {
            name: page,
            "after_cursor": cursor,
            "after_url": address,
            "before_cursor": None,
            "before_url": None,
            "end_of_stream": len(page) == len(rows),
        }

    def _visible(self, name: str) -> list[Object]:
        """Exports leave out changes of the last minute."""
        until = int((self.now - timedelta(minutes=1)).timestamp())
        return [row for row in self.objects.streams[name] if _epoch(row) <= until]

    def _timed(self, path: str, name: str, params: dict[str, str]) -> Object:
        start = int(params["start_time"])
        rows = sorted((row for row in self._visible(name) if _epoch(row) >= start), key=_epoch)
        page = rows[: self.page_size]
        # A page never ends within a second.
        if not self.is_page_of_one_second:
            page += [row for row in rows[len(page) :] if _epoch(row) == _epoch(page[-1])]
        end = _epoch(page[-1]) if page else start
        return {
            name: page,
            "count": len(page),
            "end_time": end,
            "next_page": f"{self.base_url}/api/v2/{path}.json?start_time={end}",
            "end_of_stream": len(page) == len(rows),
        }

    def _cursor_page(
        self, path: str, name: str, rows: list[Object], params: dict[str, str]
    ) -> Object:
        start = int(params.get("page[after]", 0))
        end = start + min(self.page_size, int(params.get("page[size]", 100)))
        following = urlencode({**params, "page[after]": end})
        return {
            name: rows[start:end],
            "meta": {"has_more": end < len(rows), "after_cursor": str(end)},
            "links": {"next": f"{self.base_url}/api/v2/{path}.json?{following}"},
        }


def _epoch(row: Object) -> int:
    if "generated_timestamp" in row:
        return int(row["generated_timestamp"])
    text = row.get("updated_at") or row.get("time") or row["created_at"]
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class _Handler(BaseHTTPRequestHandler):
    account: Zendesk
    protocol_version = "HTTP/1.1"
    # Headers and body in one piece, else each response waits for an acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        asked = urlparse(self.path)
        params = {name: values[0] for name, values in parse_qs(asked.query).items()}
        request = Request(asked.path, params)
        answer = self.account.answer(asked.path, params, self.headers["Authorization"])
        request.status, headers, body = answer
        self.account.log.append(request)
        text = json.dumps(body).encode()
        self.send_response(request.status)
        for name, value in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """No output: the account logs the requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that a killed client resets."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(objects: Source, now: datetime, **options: Any) -> Iterator[Zendesk]:
    account = Zendesk(objects, now, **options)
    handler = type("Handler", (_Handler,), {"account": account})
    server = _Server(("127.0.0.1", 0), handler)
    account.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
