"""The API: figures of the catalogue and the tickets behind them, from the published build.

An answer depends only on the build, the definitions and the address. So its ETag is known before
the query runs, and a client that has the answer costs nothing.
"""

import asyncio
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from helpdesk.reports.answers import instant_text, json_bytes, json_value, listed_columns
from helpdesk.reports.files import Conflict, digest
from helpdesk.reports.live import LiveColumn, Statement
from helpdesk.reports.query import Limits, ReportQuery, read_query
from helpdesk.reports.table import plain
from helpdesk.serve.answers import Answers, Tickets, of_build
from helpdesk.serve.builder import Previews, declared, fields
from helpdesk.serve.definitions import Definitions, Reader
from helpdesk.serve.encoding import LEAST_BYTES, Memory, accepted, compress
from helpdesk.serve.files import is_unchanged
from helpdesk.serve.guard import Receive, Refusal, Scope, Send
from helpdesk.serve.lists import FigureQuery, figure_listing, read_figure_query
from helpdesk.serve.options import Options
from helpdesk.serve.pages import Pages
from helpdesk.serve.saving import save_report, text_of, user_of, why_not, write_models
from helpdesk.serve.shelf import Shelf
from helpdesk.serve.warehouse import Build, Warehouse

TABLE_ROWS = Limits(usual=1000, most=10_000)
TICKET_ROWS = Limits(usual=100, most=1000)
# The largest CSV: a larger one is rejected, never cut.
CSV_ROWS = 200_000
MEMORY_BYTES = 64_000_000
# Bytes of answers that clients have not received yet.
MOST_SENDING = 256_000_000
SLICE = 64 * 1024
UNITS = {"duration": " (s)", "hours": " (s)"}
JSON, CSV = "application/json", "text/csv; charset=utf-8"
T = TypeVar("T")
Q = TypeVar("Q", ReportQuery, FigureQuery)
# Parameters of a preview that are no choices of a reader.
OF_PREVIEWS = ("declaration", "report", "part")
# Paths without parameters.
WITHOUT = ("/api/builds/current", "/api/fields", "/api/metrics", "/api/reports")


def read_measures(
    definitions: Definitions, parameters: list[tuple[str, str]], limits: Limits
) -> ReportQuery:
    return read_query(parameters, definitions.catalogue, definitions.files, limits)


def read_list(
    definitions: Definitions, parameters: list[tuple[str, str]], limits: Limits
) -> FigureQuery:
    return read_figure_query(parameters, limits)


@dataclass(frozen=True)
class Answer:
    """An answer's bytes and its tag."""

    tag: str
    body: bytes | None


class Api:
    """The endpoints."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.warehouse = Warehouse(options)
        self.answers = Answers(self.warehouse)
        self.reader = Reader(options.reports)
        self.pages = Pages(options)
        self.shelf = Shelf(options, self.pages)
        self.previews = Previews(options, self.warehouse, self.pages)
        self.memory = Memory(MEMORY_BYTES)
        self.sending = 0

    async def build(self, request: Request) -> Response:
        """The served build and its age."""
        _parameters(request)
        return JSONResponse(
            await self._in_thread(self._build), headers={"Cache-Control": "no-store"}
        )

    async def metrics(self, request: Request) -> Response:
        return await self._defined(request, lambda definitions: definitions.metrics())

    async def reports(self, request: Request) -> Response:
        return await self._defined(request, lambda definitions: definitions.listed())

    async def query(self, request: Request) -> Response:
        """The figures of a requested table."""
        return await self._live(request, self._table, read_measures)

    async def tickets(self, request: Request) -> Response:
        """The tickets behind a figure: of a measure, or of a list of the pages by its name."""
        if "list" in request.query_params:
            return await self._live(request, self._figure_tickets, read_list)
        return await self._live(request, self._tickets, read_measures)

    async def fields(self, request: Request) -> Response:
        """The catalogue for the report builder."""
        with_people = self.options.with_people
        return await self._defined(request, lambda definitions: fields(definitions, with_people))

    async def declaration(self, request: Request) -> Response:
        """The content of a report's file."""
        slug = request.path_params["slug"].lower()
        own = self.options.reports
        return await self._defined(request, lambda definitions: declared(definitions, slug, own))

    async def saving(self, request: Request) -> Response:
        """Whether this client may save, and the dashboards."""
        _parameters(request)
        why = why_not(request.headers, self.options)
        user = user_of(request.headers, self.options)
        return JSONResponse(
            {"may": not why, "why": why, "user": user}, headers={"Cache-Control": "no-store"}
        )

    async def save(self, request: Request) -> Response:
        """Save a report under a name."""
        name = request.path_params["name"]
        user = user_of(request.headers, self.options)

        def saved(given: dict[str, Any]) -> dict[str, Any]:
            return save_report(self.reader.definitions(), self.options, name, given, user)

        answer = await self._saved(request, saved, self.options.reports / f"{name}.yml")
        if answer.status_code == 200:
            self.warehouse.workers.submit(write_models, self.options)
        return answer

    async def save_dashboard(self, request: Request) -> Response:
        """Save or delete a dashboard."""
        name = request.path_params["name"]

        def saved(given: dict[str, Any]) -> dict[str, Any]:
            return self.shelf.save(self.reader.definitions(), name, given)

        return await self._saved(request, saved, self.shelf.folder / f"{name}.yml")

    async def live(self, request: Request) -> Response:
        """The pages and reports as they are now, for the data of a build."""
        _parameters(request)
        folder = request.path_params["folder"]

        def listed() -> dict[str, Any]:
            return self.shelf.listed(self.reader.definitions(), folder)

        return JSONResponse(await self._in_thread(listed), headers={"Cache-Control": "no-store"})

    async def menu(self, request: Request) -> Response:
        """The menu, with what readers have saved."""
        return JSONResponse(
            await self._in_thread(lambda: self.shelf.menu(self.reader.definitions())),
            headers={"Cache-Control": "no-store"},
        )

    async def has_page(self, path: str) -> bool:
        """Whether a path is a page that no build has yet."""
        return await self._in_thread(lambda: self.shelf.has(self.reader.definitions(), path))

    async def _saved(
        self, request: Request, work: Callable[[dict[str, Any]], dict[str, Any]], path: Path
    ) -> Response:
        """Saves the JSON of a request. A conflict is answered with the present text."""
        _parameters(request)
        if why := why_not(request.headers, self.options):
            raise Refusal(403, why)
        try:
            body = await asyncio.wait_for(request.body(), self.options.head_seconds)
            given = json.loads(body)
        except (TimeoutError, ValueError) as error:
            raise Refusal(400, "JSON is expected.") from error
        if not isinstance(given, dict):
            raise Refusal(400, "An object of JSON is expected.")

        def saved() -> Response:
            try:
                found = work(given)
            except Conflict as error:
                text = text_of(path)
                return JSONResponse(
                    {"error": str(error), "text": text, "digest": digest(text)}, 409
                )
            except OSError as error:
                raise Refusal(507, f"The file cannot be written: {error.strerror}.") from error
            self.reader.look()
            return JSONResponse(found, headers={"Cache-Control": "no-store"})

        return await self._in_thread(saved)

    async def preview(self, request: Request) -> Response:
        """The figures of a declaration, or of a file that no build has a model for."""
        folder = request.path_params["folder"]
        parameters = _parameters(request)
        own = [one for one in parameters if one[0] in OF_PREVIEWS]
        choices = [one for one in parameters if one[0] not in OF_PREVIEWS]
        single = dict(own)
        known = request.headers

        def answer(gone: Event) -> Answer:
            definitions = self.reader.definitions()
            report = self.previews.report(definitions, single, choices)
            is_whole = single.get("part") == "page"
            with self.warehouse.build() as build:
                tag = self._tag("preview", build.id, definitions.stamp, folder, sorted(parameters))
                if is_unchanged(known, tag):
                    return Answer(tag, None)

                def made() -> bytes:
                    return json_bytes(self.previews.answer(
                        definitions, build, report, folder, is_whole, choices, gone
                    ))  # fmt: skip

                return Answer(tag, self.memory.made(tag, made))

        return await self._sent(request, await self._cancellable(request, answer), JSON, "")

    async def explain(self, request: Request) -> Response:
        """The events, clocks and figures of one ticket."""
        parameters = _parameters(request)
        known = request.headers

        def answer() -> Answer:
            if [name for name, _ in parameters] != ["ticket"]:
                raise Refusal(400, "One parameter is expected: ticket, such as zendesk:123.")
            # Not kept: while a build works, an explanation lacks what only the working file has.
            with self.warehouse.build() as build:
                body = json_bytes(self.answers.explained(build, parameters[0][1]))
            tag = self._tag(body)
            return Answer(tag, None if is_unchanged(known, tag) else body)

        return await self._sent(request, await self._in_thread(answer), JSON, "")

    async def page(self, request: Request) -> Response:
        """The results of a report's queries on a page, for the choices of a reader."""
        choices = _parameters(request)
        folder, slug, part = (request.path_params[name] for name in ("folder", "slug", "part"))
        known = request.headers

        def answer() -> Answer:
            tag = self._tag(folder, slug, part, sorted(choices))
            if is_unchanged(known, tag):
                return Answer(tag, None)

            def made() -> bytes:
                return json_bytes(self.pages.results(folder, slug, part, choices))

            return Answer(tag, self.memory.made(tag, made))

        return await self._sent(request, await self._in_thread(answer), JSON, "")

    def _tag(self, *parts: object) -> str:
        """The ETag of an answer; that of another audience differs, for a reader who changes."""
        whole = repr((self.options.audience, *parts))
        return f'"{hashlib.sha256(whole.encode()).hexdigest()[:24]}"'

    def warm(self) -> None:
        """Read the definitions before the first request needs them."""
        self.warehouse.workers.submit(self.reader.definitions)

    def close(self) -> None:
        self.warehouse.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await self.warehouse.in_thread(work)

    async def _cancellable(self, request: Request, work: Callable[[Event], T]) -> T:
        """The result of work that ends when the client goes away."""
        gone = Event()

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            gone.set()

        watching = asyncio.create_task(watch())
        try:
            return await self._in_thread(lambda: work(gone))
        finally:
            watching.cancel()

    def _build(self) -> dict[str, Any]:
        with self.warehouse.build() as build:
            due = build.next_refresh(self.options.refresh_minutes)
            now = datetime.now(UTC)
            return {
                **of_build(build),
                "published_at": instant_text(build.published_at),
                "age_seconds": max(0, int((now - build.as_of).total_seconds())),
                "published_seconds_ago": max(0, int((now - build.published_at).total_seconds())),
                "next_refresh": instant_text(due) if due else None,
            }

    async def _defined(
        self, request: Request, work: Callable[[Definitions], dict[str, Any]]
    ) -> Response:
        _parameters(request)
        known = request.headers

        def answer() -> Answer:
            definitions = self.reader.definitions()
            tag = self._tag(request.url.path, definitions.stamp)
            if is_unchanged(known, tag):
                return Answer(tag, None)
            return Answer(tag, self.memory.made(tag, lambda: json_bytes(work(definitions))))

        return await self._sent(request, await self._in_thread(answer), JSON, "")

    async def _live(
        self,
        request: Request,
        work: Callable[[Definitions, Build, Q, bool], bytes],
        read: Callable[[Definitions, list[tuple[str, str]], Limits], Q],
    ) -> Response:
        """An answer from the build that is published now."""
        is_csv = request.url.path.endswith(".csv") or _prefers_csv(request.headers)
        parameters = _parameters(request)
        known = request.headers
        names = dict(parameters)

        def answer() -> Answer:
            definitions = self.reader.definitions()
            limits = TABLE_ROWS if request.url.path.startswith("/api/query") else TICKET_ROWS
            if is_csv:
                limits = Limits(CSV_ROWS, CSV_ROWS)
            query = read(definitions, parameters, limits)
            with self.warehouse.build() as build:
                tag = self._tag(
                    work.__name__, build.id, definitions.stamp, is_csv, sorted(parameters)
                )
                if is_unchanged(known, tag):
                    return Answer(tag, None)
                body = self.memory.made(tag, lambda: work(definitions, build, query, is_csv))
                return Answer(tag, body)

        name = re.sub(r"[^a-z0-9_-]", "", "-".join(
            [names[one] for one in ("list", "report", "measure", "since", "until") if one in names]
            # The filters: a file is recognised by what it has.
            + [value for name, value in parameters if name == "team" or "." in name]
        ).lower().replace(":", "-"))[:120]  # fmt: skip
        kind = CSV if is_csv else JSON
        return await self._sent(request, await self._in_thread(answer), kind, name)

    def _table(
        self, definitions: Definitions, build: Build, query: ReportQuery, is_csv: bool
    ) -> bytes:
        table = self.answers.table(build, query, definitions.catalogue, with_total=not is_csv)
        if is_csv:
            if table.has_more and query.limit == CSV_ROWS:
                raise _too_many(CSV_ROWS + 1)
            return _csv(table.statement, table.rows)
        return json_bytes({
            **of_build(build),
            "grain": query.report.grain,
            "columns": listed_columns(table.statement),
            "rows": table.rows,
            "offset": query.offset,
            "has_more": table.has_more,
            "notes": table.notes,
            **({"total": table.total} if table.total else {}),
        })  # fmt: skip

    def _tickets(
        self, definitions: Definitions, build: Build, query: ReportQuery, is_csv: bool
    ) -> bytes:
        found = self.answers.tickets(build, query, definitions.catalogue)
        of = {"measure": query.report.measures[0].name, "of": query.report.source.model}
        return self._listed(build, found, of, query.limit, query.offset, is_csv)

    def _figure_tickets(
        self, definitions: Definitions, build: Build, query: FigureQuery, is_csv: bool
    ) -> bytes:
        of, listing = figure_listing(
            query, definitions.widgets, build, self.options.with_people,
            lambda sql: self.warehouse.run(build, sql)[0],
        )  # fmt: skip
        found = self.answers.listed(build, listing)
        return self._listed(build, found, {"of": of}, query.limit, query.offset, is_csv)

    def _listed(
        self, build: Build, found: Tickets, of: dict[str, str], limit: int, offset: int,
        is_csv: bool,
    ) -> bytes:  # fmt: skip
        if is_csv:
            if found.total - offset > limit == CSV_ROWS:
                raise _too_many(found.total)
            return _csv(found.statement, found.rows)
        return json_bytes({
            **of_build(build),
            **of,
            "total": found.total,
            "sum": found.sum,
            "without_ticket": found.without_ticket,
            "columns": listed_columns(found.statement),
            "rows": found.rows,
            "limit": limit,
            "offset": offset,
        })  # fmt: skip

    async def _sent(self, request: Request, answer: Answer, kind: str, name: str) -> Response:
        headers = {
            "Cache-Control": "private, no-cache",
            "ETag": answer.tag,
            "Vary": "Accept, Accept-Encoding",
        }
        if answer.body is None:
            return Response(None, 304, headers)
        headers["Content-Type"] = kind
        if kind == CSV:
            what = request.url.path.removeprefix("/api/").removesuffix(".csv")
            file = f"{what}-{name}".strip("-")
            headers["Content-Disposition"] = f'attachment; filename="{file}.csv"'
        body = answer.body
        encodings = accepted(request.headers.get("accept-encoding", ""))
        if not encodings or len(body) < LEAST_BYTES:
            return SlicedResponse(self, body, headers)
        encoding, plain_body = encodings[0], answer.body
        headers["Content-Encoding"] = encoding
        # A weak ETag: all encodings of an answer have the same content.
        headers["ETag"] = f"W/{answer.tag}"
        key = answer.tag, encoding
        body = await self._in_thread(
            lambda: self.memory.made(key, lambda: compress(plain_body, encoding))
        )
        return SlicedResponse(self, body, headers)


class SlicedResponse(Response):
    """An answer in slices, as fast as the client receives it; the total is limited."""

    def __init__(self, api: Api, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(None, 200, {**headers, "Content-Length": str(len(body))})
        self.api = api
        self.whole = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = len(self.whole)
        if self.api.sending + size > MOST_SENDING:
            raise Refusal(503, "Too much data is being sent at once: try again in a moment.")
        self.api.sending += size
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            for start in range(0, max(size, 1), SLICE):
                part = self.whole[start : start + SLICE]
                has_more = start + SLICE < size
                await send({"type": "http.response.body", "body": part, "more_body": has_more})
        finally:
            self.api.sending -= size


def _parameters(request: Request) -> list[tuple[str, str]]:
    """The parameters of an address. Raises Refusal if they cannot be read."""
    try:
        found = parse_qsl(
            request.url.query, keep_blank_values=True, strict_parsing=bool(request.url.query),
            errors="strict", max_num_fields=200,
        )  # fmt: skip
    except ValueError as error:
        raise Refusal(400, "The parameters are not name=value, joined by &.") from error
    if found and request.url.path in WITHOUT:
        raise Refusal(400, f"{request.url.path} has no parameters.")
    return found


def _prefers_csv(headers: Any) -> bool:
    first = headers.get("accept", "").partition(",")[0].partition(";")[0]
    return str(first).strip().lower() == "text/csv"


def _csv(statement: Statement, rows: Iterable[tuple[Any, ...]]) -> bytes:
    """Raw values, durations in seconds; a text is never a spreadsheet's formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_heading(one) for one in statement.columns)
    writer.writerows([plain(json_value(value)) for value in row] for row in rows)
    return file.getvalue().encode()


def _heading(column: LiveColumn) -> str:
    label = f"{column.label} key" if column.format == "key" else column.label
    return f"{label}{UNITS.get(column.format, '')}"


def _too_many(rows: int) -> Refusal:
    return Refusal(
        413, f"The answer has {rows:,} rows or more, and a CSV at most {CSV_ROWS:,}: add a filter."
    )
