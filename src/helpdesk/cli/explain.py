"""`helpdesk explain`: the origin of one ticket's figures."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible


def explain(
    ticket: Annotated[
        str, typer.Argument(help="Key of the ticket, such as zendesk:123, or its id alone: 123.")
    ],
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    build: Annotated[
        str,
        typer.Option(metavar="BUILD", help="Folder of OUTPUT/builds. Default: the one published."),
    ] = "",
    raw: Annotated[
        bool, typer.Option("--raw", help="Show the landed rows too: table, file, row and values.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write everything as JSON to standard output.")
    ] = False,
) -> None:
    """Explain one ticket: its events, how each SLA clock ran, the origin of each figure.

    Each clock is cut into intervals in which it ran or was paused. Their working seconds add up to
    its elapsed seconds, and give its due time. Times are in the report time zone, in JSON in UTC.
    Message bodies are never loaded, and personal values are masked unless the settings show them.
    Row numbers count the records of a file, without the header. Examples:

    helpdesk explain zendesk:123 --output warehouse

    helpdesk explain 123 --raw --output warehouse

    helpdesk explain 123 --json --output warehouse > ticket_123.json
    """
    from helpdesk.cli.explain_text import lines
    from helpdesk.core.paths import OutputPaths
    from helpdesk.explain import explain as explain_ticket
    from helpdesk.explain.model import as_json as plain

    with failures_explained():
        found = explain_ticket(OutputPaths(output.resolve()), ticket, build, with_landed=raw)
        if as_json:
            json.dump(plain(found), sys.stdout, indent=2, ensure_ascii=False)
            sys.stdout.write("\n")
            return
        for line in lines(found):
            console.print(visible(line), soft_wrap=True)
