"""`helpdesk mcp`: the warehouse for assistants, by the Model Context Protocol."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk.core.console import console, errors, failures_explained
from helpdesk.core.errors import HelpdeskError, nothing_published

if TYPE_CHECKING:
    from helpdesk.serve.options import Options


def mcp(
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    http: Annotated[
        bool,
        typer.Option("--http", help="Serve HTTP at /mcp in place of standard input and output."),
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of --http.")] = 3001,
    host: Annotated[str, typer.Option(help="Address of --http.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Serve --http on an address that other machines can reach, without a sign-in.",
        ),
    ] = False,
    audience: Annotated[
        str, typer.Option(help="Audience of the settings that the client belongs to.")
    ] = "",
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings, such as include_personal_data.")
    ] = None,
) -> None:
    """Answer an assistant's questions about OUTPUT: a read-only MCP server.

    Its tools list and describe metrics and dimensions, query figures, list
    the tickets behind a figure, explain a ticket, and read insights and data
    quality. Each answer has its definition, filters, build and as_of.

    A client starts the command itself; claude_desktop_config.json, for one, has:

    {"mcpServers": {"helpdesk": {"command": "/path/to/.venv/bin/helpdesk",
    "args": ["mcp", "--output", "/path/to/warehouse"]}}}

    With --http the server runs on its own, and a client gets the address
    http://127.0.0.1:3001/mcp. A build that is published meanwhile is taken up
    at once.
    """
    from helpdesk.core.paths import OutputPaths
    from helpdesk.core.settings import load_settings
    from helpdesk.mcp.server import http_server, serve_stdio
    from helpdesk.serve.options import options_of
    from helpdesk.serve.server import serve

    with failures_explained():
        settings = load_settings(config)
        paths = OutputPaths(output)
        if not paths.published.exists():
            raise nothing_published(output)
        options = options_of(settings, paths.site, paths.root, host)
        if http and audience:
            raise HelpdeskError(
                "--audience is for standard input: over HTTP the headers of the reverse proxy name "
                "the client (serve.user_header in the settings)."
            )
        if http:
            serve(
                http_server(options, host, port, allow_remote),
                lambda address: console.print(
                    f"{address}/mcp serves {paths.root}; Ctrl-C ends it.", soft_wrap=True
                ),
            )
            return
        if sys.stdin.isatty():
            errors.print(
                "An MCP client starts this command and writes to its input: see docs/mcp.md. "
                "Ctrl-C ends it.",
                soft_wrap=True,
            )
        serve_stdio(_of_audience(options, audience))


def _of_audience(options: "Options", name: str) -> "Options":
    """The options for a client on standard input. Raises HelpdeskError without its audience."""
    from helpdesk.serve.options import options_for

    names = ", ".join(options.audiences)
    if name and name not in options.audiences:
        raise HelpdeskError(
            f"--audience {name}: the settings have no such audience; they have {names or 'none'}."
        )
    if options.audiences and not name:
        raise HelpdeskError(
            f"the settings have audiences, so the client needs one: add --audience, with {names}."
        )
    return options_for(options, name) if name else options
