"""The web application: the API under /api/, pages everywhere else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from helpdesk.serve.api import Api
from helpdesk.serve.files import Files
from helpdesk.serve.guard import App, Guard, Refusal, refusal_response
from helpdesk.serve.options import Options

NO_ENDPOINT = (
    "There is no such endpoint: see /api/metrics, /api/reports, /api/query, /api/tickets, "
    "/api/explain, /api/fields, /api/declarations, /api/preview, /api/pages and "
    "/api/builds/current."
)
# Shows pages that this server answers below /api/; a host of plain files does not.
LIVE = "Helpdesk-Live"
# Addresses of reports and dashboards.
PAGE = re.compile(r"/(report/)?[A-Za-z][A-Za-z0-9_]{0,49}/?")


def make_app(options: Options) -> App:
    """The application of a server with these options."""
    api = Api(options)
    files = Files(options.site)

    async def file(request: Request) -> Response:
        response = await files.answer(request)
        if response.status_code == 404 and options.output and PAGE.fullmatch(request.url.path):
            response = await unbuilt(request) or response
        if options.output:
            response.headers[LIVE] = "yes"
        return response

    async def unbuilt(request: Request) -> Response | None:
        """The page of a report or dashboard that was saved since the build."""
        if not await api.has_page(request.url.path):
            return None
        return await files.answer(request, path="/page.html")

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
    application = Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={Refusal: refusal_response}
    )
    application.router.redirect_slashes = False
    return Guard(application, options)
