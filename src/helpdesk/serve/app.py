"""The web application: the API under /api/, pages everywhere else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from helpdesk.dashboards.pages import SHELL
from helpdesk.serve.api import Api
from helpdesk.serve.files import Files
from helpdesk.serve.guard import App, Guard, Refusal, refusal_response
from helpdesk.serve.options import Options
from helpdesk.serve.readers import for_readers

NO_ENDPOINT = (
    "There is no such endpoint: see /api/metrics, /api/reports, /api/query, /api/tickets, "
    "/api/explain, /api/fields, /api/declarations, /api/preview, /api/pages and "
    "/api/builds/current."
)
# Shows pages that this server answers below /api/; a host of plain files does not.
LIVE = "Helpdesk-Live"
# Addresses of reports and dashboards, and what somebody may type in place of one.
PAGE = re.compile(r"/(report/)?[A-Za-z][A-Za-z0-9_]{0,49}/?")
TYPED = re.compile(r"/(report/)?[A-Za-z0-9][A-Za-z0-9_-]{0,79}/?")


def make_app(options: Options) -> App:
    """The application of a server with these options."""
    return Guard(for_readers(application, options), options)


def application(options: Options) -> Starlette:
    """The application of everybody, or of the readers of an audience."""
    api = Api(options)
    files = Files(options.site)

    async def file(request: Request) -> Response:
        response = await files.answer(request)
        if response.status_code == 404 and TYPED.fullmatch(request.url.path):
            response = await shell(request)
        if options.output:
            response.headers[LIVE] = "yes"
        return response

    async def shell(request: Request) -> Response:
        """The page of a report that was saved since the build, or one that there is none."""
        path = request.url.path
        is_there = options.output and PAGE.fullmatch(path) and await api.has_page(path)
        response = await files.answer(request, path=f"/{SHELL}")
        if not is_there and response.status_code == 200:
            response.status_code = 404
        return response

    async def menu(request: Request) -> Response:
        try:
            return await api.menu(request)
        except Refusal:
            return await files.answer(request)

    async def other(request: Request) -> Response:
        """A file: Evidence writes results of its own queries below /api/."""
        response = await files.answer(request)
        if response.status_code == 404:
            raise Refusal(404, NO_ENDPOINT)
        return response

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        api.warm()
        yield
        api.close()

    routes = [
        Route("/api/builds/current", api.build),
        Route("/api/metrics", api.metrics),
        Route("/api/reports", api.reports),
        Route("/api/reports/{name}", api.save, methods=["POST"]),
        Route("/api/saving", api.saving),
        Route("/api/dashboards/{name}", api.save_dashboard, methods=["POST"]),
        Route("/api/live/{folder}", api.live),
        *([Route("/api/pagesManifest.json", menu)] if options.output else []),
        Route("/api/query", api.query),
        Route("/api/query.csv", api.query),
        Route("/api/tickets", api.tickets),
        Route("/api/tickets.csv", api.tickets),
        Route("/api/explain", api.explain),
        Route("/api/fields", api.fields),
        Route("/api/declarations/{slug}", api.declaration),
        Route("/api/preview/{folder}", api.preview),
        Route("/api/pages/{folder}/{slug}/{part}", api.page),
        Route("/api/{path:path}", other),
        Route("/{path:path}", file),
    ]
    made = Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={Refusal: refusal_response}
    )
    made.router.redirect_slashes = False
    return made
