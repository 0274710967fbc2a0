"""Serves each reader the pages and answers of its audience.

Every audience has an application of its own, over marts and pages that are cut to it, with its own
answers in memory. So no endpoint can forget to cut, and nothing is shared but the code.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.datastructures import Headers

from helpdesk.audiences.readers import audience_of
from helpdesk.serve.guard import App, Receive, Refusal, Scope, Send
from helpdesk.serve.options import Options, options_for

NOBODY = (
    "You are in none of the audiences of this server: its operator can add you to audiences in the "
    "settings."
)


def for_readers(make: Callable[[Options], Starlette], options: Options) -> App:
    """The application of everybody, or one that passes readers to those of their audiences."""
    if not options.audiences:
        return make(options)
    apps = {name: make(options_for(options, name)) for name in options.audiences}
    return _Readers(apps, options)


def reader_of(headers: Headers, options: Options) -> tuple[str, list[str]]:
    """The name and the groups of a reader, as the reverse proxy gives them; empty without one."""
    user, groups = (_last(headers, options, header) for header in ("user", "groups"))
    return user, [one.strip() for one in groups.split(",") if one.strip()]


def _last(headers: Headers, options: Options, kind: str) -> str:
    header = getattr(options, f"{kind}_header")
    if not (options.behind_proxy and header):
        return ""
    # The proxy itself added the last value.
    found = headers.getlist(header)
    return found[-1].strip() if found else ""


class _Readers:
    def __init__(self, apps: Mapping[str, Starlette], options: Options) -> None:
        self.apps = apps
        self.options = options
        self._lifespan = Starlette(lifespan=self._all)

    @asynccontextmanager
    async def _all(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        user, groups = reader_of(Headers(scope=scope), self.options)
        name = audience_of(self.options.audiences, user, groups)
        if name is None:
            raise Refusal(403, NOBODY)
        await self.apps[name](scope, receive, send)
