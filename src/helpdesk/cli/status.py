"""`helpdesk status`: the build that readers get, and whether they all get the same one."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import EXIT_CODES

if TYPE_CHECKING:
    from helpdesk.pipeline.status import Copy, Status

STATUS_CODES = (
    "Exit codes: 0 pages, Parquet and databases are of the build that is served; 1 one of them is "
    "of another build, or nothing is published. " + EXIT_CODES
)


def status(
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
) -> None:
    """Show the build that OUTPUT serves, its age, and the copies of it that readers have.

    Pages, Parquet and Postgres follow a build or a rollback by commands of their own: each copy of
    another build is named with the command that brings it up to date.
    """
    with failures_explained():
        from helpdesk.core.paths import OutputPaths
        from helpdesk.pipeline.status import status_of

        found = status_of(OutputPaths(output.resolve()))
        for name, text in lines(found, datetime.now(UTC)):
            console.print(visible(f"{name:<10} {text}"), soft_wrap=True)
    if found.stale:
        raise typer.Exit(1)


def lines(found: "Status", now: datetime) -> list[tuple[str, str]]:
    """The lines to print: a name and a text each."""
    of_disk = ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in found.sizes.items())
    newer = [build for build in found.builds if build > found.build_id]
    return [
        ("build", f"{found.build_id}, {found.tickets:,} tickets"),
        ("version", f"built by helpdesk {found.version}"),
        ("as_of", f"{found.as_of:%Y-%m-%dT%H:%M:%SZ}, {age(found.as_of, now)}"),
        ("published", f"{found.published_at:%Y-%m-%dT%H:%M:%SZ}, {age(found.published_at, now)}"),
        *((copy.kind, _of_copy(copy, found)) for copy in found.copies),
        ("kept", f"{len(found.builds)} of the last builds: {', '.join(found.builds)}"),
        # Build ids begin with the time of the build.
        *((("newer", _of_newer(max(newer), found)),) if newer else ()),
        ("disk", of_disk),
    ]


def _of_newer(build: str, found: "Status") -> str:
    command = shlex.join(["helpdesk", "rollback", "--output", found.output, "--to", build])
    return (
        f"build {build} is kept and was rolled back; to serve it: {command}. The next build that "
        "passes is served in any case"
    )


def stale_lines(copies: "list[Copy]", build_id: str) -> list[str]:
    """A line for each copy of another build than `build_id`, with the command that updates it."""
    return [
        f"{_name(copy)} {_build(copy)}; run `{copy.command}`"
        for copy in copies
        if copy.build_id != build_id
    ]


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest unit of which there are two; a time to come is named so."""
    seconds = (now - then).total_seconds()
    if seconds < 0:
        return "in the future"
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length):,} {unit} ago"
    return f"{int(seconds)} seconds ago"


def _name(copy: "Copy") -> str:
    names = {"pages": "the pages still have", "parquet": "the Parquet files still have"}
    return names.get(copy.kind, f"{copy.place} still has")


def _build(copy: "Copy") -> str:
    return f"build {copy.build_id}" if copy.build_id else "an unknown build"


def _of_copy(copy: "Copy", found: "Status") -> str:
    where = f"{copy.place}: " if copy.place else ""
    if copy.build_id == found.build_id:
        return f"{where}the same build"
    since = f", published {copy.published_at}" if copy.published_at else ""
    return f"{where}{_build(copy)}{since}; bring it up to date: {copy.command}"
