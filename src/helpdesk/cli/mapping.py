"""`helpdesk init --from` and `helpdesk map`: from a help desk's exports to a landing folder."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import load_settings

MAPPING = "mapping"
SETTINGS = "helpdesk.yml"
FIRST_SETTINGS = """\
# Settings of this project; docs/reference/settings.md lists them all.
report_timezone: UTC  # TODO the zone of report dates, such as Europe/Berlin
"""


def begin_mapping(project: Path, exports: Path, config: Path | None) -> Iterator[str]:
    """Write the first mapping of a project; yields its description and the next commands.

    Raises ConfigError if there is a mapping already, LandingError and MappingError.
    """
    from helpdesk.load.mapping import write_mapping

    path = project / MAPPING / "to_landing.sql"
    if path.exists():
        raise ConfigError(
            f"{path}: exists already; `{_command('map', project, '--from', exports)}` runs it. "
            "Delete it to have a new one written."
        )
    mapping = write_mapping(exports, str(project), str(exports), load_settings(config))
    path.parent.mkdir(exist_ok=True)
    path.write_text(mapping.sql, encoding="utf-8")
    settings = project / SETTINGS
    if not settings.exists():
        settings.write_text(config.read_text() if config else FIRST_SETTINGS)
    yield from mapping.feeds
    yield f"wrote {path} and {settings}"
    for line in mapping.todo:
        yield f"TODO {line}"
    yield ""
    yield "Edit the lines with TODO, then run:" if mapping.todo else "Then run:"
    yield _command("map", project, "--from", exports)
    yield _command(
        *("build", "--landing", project / "landing", "--output", project / "warehouse"),
        *("--config", settings, "--dashboards"),
    )
    yield _command("serve", "--output", project / "warehouse")


def map_to_landing(project: Path, exports: Path, config: Path | None) -> Iterator[str]:
    """Run the mapping of a project; yields the written files.

    Raises ConfigError, LandingError and MappingError.
    """
    from helpdesk.load.mapping import run_mapping

    mapping = project / MAPPING
    if not [*mapping.glob("*.sql")]:
        raise ConfigError(
            f"{mapping}: has no mapping; `{_command('init', '--from', exports, project)}` writes a "
            "first one."
        )
    own = project / SETTINGS
    settings = load_settings(config or (own if own.exists() else None))
    yield from run_mapping(mapping, exports, project / "landing", settings)


def _command(*arguments: object) -> str:
    return shlex.join(["helpdesk", *map(str, arguments)])
