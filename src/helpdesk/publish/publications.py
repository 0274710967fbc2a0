"""Which build each Postgres database has: kept in `OUTPUT/.work`, for the database knows no folder.

The address is kept without its password.
"""

import json
import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from helpdesk.core.paths import OutputPaths, private_folder


@dataclass(frozen=True)
class Publication:
    """The last publication to a database, and the options that repeat it."""

    database: str
    build_id: str
    published_at: str
    options: tuple[str, ...]

    def command(self, output: str) -> str:
        """The command that brings the database to the build that is served."""
        return shlex.join(["helpdesk", "publish", "--output", output, *self.options])


def record_publication(
    paths: OutputPaths, build_id: str, address: str, to_env: str, readers: Sequence[str]
) -> None:
    """Note that a database has a build now. Raises OSError where the folder cannot be written."""
    database = without_password(address)
    options = ["--to-env", to_env] if to_env else ["--to", database]
    for role in readers:
        options += ["--grant-read", role]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    others = [one for one in publications(paths) if one.database != database]
    listed = [*others, Publication(database, build_id, now, tuple(options))]
    private_folder(paths.work)
    new = paths.publications.with_name(f".{paths.publications.name}.{os.getpid()}")
    new.write_text(json.dumps([asdict(one) for one in listed], indent=2))
    new.replace(paths.publications)


def publications(paths: OutputPaths) -> list[Publication]:
    """The databases that were published to from this folder; none where no record can be read."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return [
            Publication(one["database"], one["build_id"], one["published_at"], (*one["options"],))
            for one in json.loads(paths.publications.read_text())
        ]
    return []


def without_password(address: str) -> str:
    """The address of a database with user, host, port and name alone."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items() if value}
    except psycopg.Error:
        parts = {"port": "unknown"}
    if not parts.get("port", "0").replace(",", "").isdigit():
        # libpq may take a part of a password for the port.
        return "postgresql://"
    user = f"{quote(parts['user'], safe='')}@" if "user" in parts else ""
    host = parts.get("host", "")
    host = quote(host, safe="") if host.startswith("/") else host
    host = f"[{host}]" if ":" in host else host
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgresql://{user}{host}{port}/{quote(parts.get('dbname', ''), safe='')}"
