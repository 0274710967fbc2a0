"""`helpdesk publish`: where the address of the database comes from, and what is said of it."""

import os
from collections.abc import Callable, Sequence

from helpdesk.errors import ConfigError, HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.postgres import Loaded, publish_to_postgres

SCHEMES = ("postgresql://", "postgres://")


def database_address(to: str, to_env: str) -> str:
    """The address, from the argument or from the environment variable. Raises ConfigError."""
    if bool(to) == bool(to_env):
        raise ConfigError("give either --to or --to-env: one database to publish to.")
    address = to or os.environ.get(to_env, "").strip()
    if not address:
        raise ConfigError(f"the environment variable {to_env} is not set.")
    if not address.startswith(SCHEMES):
        said = "--to" if to else f"the value of {to_env}"
        raise ConfigError(f"{said} is no Postgres address: postgresql://user@host:5432/database")
    return address


def publish_marts(
    paths: OutputPaths, address: str, readers: Sequence[str], report: Callable[[str], None]
) -> None:
    """Publish the build that is current. Raises HelpdeskError."""
    if not paths.current.exists():
        raise HelpdeskError(f"{paths.root}: nothing is published here; run `helpdesk build` first.")
    # The folder itself: a build that is published meanwhile moves the link.
    loaded = publish_to_postgres(paths.current.resolve(), address, readers)
    report(_summary(loaded))


def _summary(loaded: Loaded) -> str:
    return (
        f"schema marts is build {loaded.build_id}: {len(loaded.written)} tables written, "
        f"{loaded.rows:,} rows in {loaded.seconds:.1f} s, {loaded.kept} unchanged"
    )
