"""`helpdesk digest`: send the digests that are due, or write them as files to look at."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible


def digest(
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    config: Annotated[Path, typer.Option(help="YAML file of settings, with `digests`.")],
    name: Annotated[str, typer.Argument(help="A single digest. Default: all.")] = "",
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write them as HTML files; nothing is sent or noted."),
    ] = None,
) -> None:
    """Send the digests whose time has come to the channels that have not had them.

    The figures are those of the published build. Run it after each build, or every hour: a channel
    that failed gets the digest at the next run, and no channel gets one twice. Examples:

    helpdesk digest --output warehouse --config helpdesk.yml

    helpdesk digest weekly --output warehouse --config helpdesk.yml --to /tmp/digests
    """
    with failures_explained():
        from helpdesk.core.build import folder_lock
        from helpdesk.core.errors import AlertError, ConfigError, nothing_published
        from helpdesk.core.paths import OutputPaths
        from helpdesk.core.settings import load_settings
        from helpdesk.notify.digests import send_digests, write_digests

        settings = load_settings(config)
        paths = OutputPaths(output.resolve())
        if not paths.published.exists():
            raise nothing_published(output)
        if not settings.digests:
            raise ConfigError(f"{config}: has no digest; add one to `digests`.")
        if to:
            for path in write_digests(paths, settings, config, to.absolute(), name):
                console.print(f"wrote {path}", soft_wrap=True)
            return
        with folder_lock(paths):
            done = send_digests(
                paths, settings, config, lambda line: console.print(visible(f"note: {line}")), name
            )
        for part, channel in done.sent:
            console.print(visible(f"{part}: sent by {channel}"), soft_wrap=True)
        if done.known:
            console.print(f"{done.known} were sent before")
        if done.problems:
            raise ConfigError("; ".join(done.problems))
        if done.failed:
            names = ", ".join(f"{part} by {channel}" for part, channel in done.failed)
            raise AlertError(f"not sent: {names}. The next run tries again.")
