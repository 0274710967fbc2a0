"""`helpdesk publish`: reads the address of the database and prints the result."""

import os
import re
from collections.abc import Callable, Mapping, Sequence

from helpdesk.core.errors import ConfigError, nothing_published
from helpdesk.core.paths import OutputPaths
from helpdesk.core.redaction import keep_address_secret, keep_secret
from helpdesk.core.settings import Audience
from helpdesk.publish.postgres import Loaded, publish_to_postgres
from helpdesk.publish.publications import record_publication

SCHEMES = ("postgresql://", "postgres://")


def database_address(to: str, to_env: str) -> str:
    """The address, from the argument or from the environment variable. Raises ConfigError."""
    if bool(to) == bool(to_env):
        raise ConfigError("give either --to or --to-env, for the database to publish to.")
    address = to or os.environ.get(to_env, "").strip()
    keep_secret(to_env)
    keep_address_secret(address)
    if not address:
        raise ConfigError(f"the environment variable {to_env} is not set.")
    if not address.startswith(SCHEMES):
        given = "--to" if to else f"the value of {to_env}"
        raise ConfigError(
            f"{given} is not a Postgres address, such as postgresql://user@host:5432/database"
        )
    _check_password(address)
    return address


def _check_password(address: str) -> None:
    """Raise ConfigError if libpq would read a part of the password as the host."""
    login, at, _ = address.partition("://")[2].rpartition("@")
    if at and re.search(r"[@/?#\[\]\s]", login):
        raise ConfigError(
            "the user or the password in the address of the database has a character that "
            "addresses reserve: write @ as %40, / as %2F, ? as %3F, # as %23, [ as %5B, ] as %5D; "
            "or leave the password out and give it in PGPASSWORD."
        )


def publish_marts(
    paths: OutputPaths,
    address: str,
    readers: Sequence[str],
    audiences: Mapping[str, Audience],
    report: Callable[[str], None],
    to_env: str = "",
) -> None:
    """Publish the current build. Raises HelpdeskError."""
    if not paths.current.exists():
        raise nothing_published(paths.root)
    # The folder itself, because a build that is published meanwhile moves the link.
    loaded = publish_to_postgres(paths.current.resolve(), address, readers, audiences)
    report(_summary(loaded))
    for note in loaded.notes:
        report(f"note: {note}")
    try:
        record_publication(paths, loaded.build_id, address, to_env, readers)
    except OSError as error:
        report(f"note: `helpdesk status` will not show this publication: {error}")


def _summary(loaded: Loaded) -> str:
    return (
        f"schema marts is build {loaded.build_id}: {len(loaded.written)} tables written, "
        f"{loaded.rows:,} rows in {loaded.seconds:.1f} s, {loaded.kept} unchanged"
    )
