"""The state of an output folder: the served build, its age, and the builds of all copies."""

import json
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import damage_explained
from helpdesk.core.errors import nothing_published
from helpdesk.core.paths import OutputPaths
from helpdesk.dashboards.site import site_build
from helpdesk.publish.publications import publications
from helpdesk.publish.published import CATALOGUE, published_builds


@dataclass(frozen=True)
class Copy:
    """A copy of the marts for some readers: its build, and the command that brings it up to date.

    `kind`: pages, parquet or postgres, which has a `place`, its address. `build_id` is empty where
    the copy does not say which build it is of.
    """

    kind: str
    build_id: str
    command: str
    place: str = ""
    published_at: str = ""


@dataclass(frozen=True)
class Status:
    """The served build, the copies of it, the builds that are kept, and bytes by kind of files."""

    output: str
    build_id: str
    version: str
    as_of: datetime
    published_at: datetime
    tickets: int
    copies: tuple[Copy, ...]
    builds: tuple[str, ...]
    sizes: dict[str, int]

    @property
    def stale(self) -> list[Copy]:
        """The copies that are of another build than the one that is served."""
        return [copy for copy in self.copies if copy.build_id != self.build_id]


def status_of(paths: OutputPaths) -> Status:
    """Look at an output folder; nothing is written. Raises HelpdeskError where nothing is there."""
    if not paths.published.exists():
        raise nothing_published(paths.root)
    served = paths.current.resolve()
    as_of, version, tickets = _read(served / paths.published.name)
    return Status(
        str(paths.root),
        served.name,
        version,
        as_of,
        datetime.fromtimestamp((served / CATALOGUE).stat().st_mtime, UTC),
        tickets,
        tuple(copies(paths)),
        tuple(build.name for build in published_builds(paths)),
        {
            "builds": _bytes(paths.builds),
            "working files": _bytes(paths.work),
            "pages": _bytes(paths.site),
        },
    )


def copies(paths: OutputPaths) -> Iterator[Copy]:
    """The pages, the export to Parquet and the databases that were made from this folder."""
    output = str(paths.root)
    if paths.site.exists():
        command = shlex.join(["helpdesk", "dashboards", "--output", output])
        yield Copy("pages", site_build(paths.site), command)
    if paths.parquet.exists():
        build_id = ""
        with suppress(OSError, ValueError, KeyError):
            build_id = json.loads((paths.parquet / CATALOGUE).read_text())["build_id"]
        yield Copy("parquet", build_id, shlex.join(["helpdesk", "export", "--output", output]))
    for one in publications(paths):
        command = one.command(output)
        yield Copy("postgres", one.build_id, command, one.database, one.published_at)


def _read(file: Path) -> tuple[datetime, str, int]:
    """The clock, the version of the project and the number of tickets of a published file."""
    with (
        damage_explained(file, is_published=True),
        duckdb.connect(file, read_only=True) as connection,
    ):
        log = connection.execute("select * from marts.build_log order by as_of desc limit 1")
        names = [column[0] for column in log.description or ()]
        build = dict(zip(names, *log.fetchall(), strict=True))
        tickets = sql.number(connection, "select count(*) from marts.fct_tickets")
    # Builds of version 0.1 do not name it.
    return build["as_of"].replace(tzinfo=UTC), build.get("helpdesk_version", "0.1"), tickets


def _bytes(folder: Path) -> int:
    """Bytes of the files below a folder, each file once, however many names it has."""
    found = {}
    for path in folder.rglob("*") if folder.exists() else ():
        # A build may delete a file meanwhile.
        with suppress(OSError):
            stat = path.lstat()
            if path.is_file() and not path.is_symlink():
                found[stat.st_dev, stat.st_ino] = stat.st_size
    return sum(found.values())
