"""`helpdesk fields`: the fields of reports, and the own fields that can be declared."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich import box
from rich.table import Table
from typer.core import TyperGroup

from helpdesk.cli.report import fields as list_fields
from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import EXIT_CODES, ConfigError, LandingError
from helpdesk.load.own_fields import columns_of

if TYPE_CHECKING:
    import duckdb

    from helpdesk.core.settings import Settings
    from helpdesk.load.discovery import FoundField
    from helpdesk.load.landed_fields import LandedField

SHOWN_OPTIONS = 3
HEADINGS = ("source", "of", "field", "label", "type", "options", "filled", "since", "note")
LISTING = "list"
WHERE_FIELDS_ARE = (
    "they are further columns of tickets, companies and contacts, such as a column tier in "
    "companies.csv, or rows of table ticket_fields; `helpdesk ingest` fetches a vendor's."
)


class FieldsGroup(TyperGroup):
    """`helpdesk fields WORD` is `helpdesk fields list WORD`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_command = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if is_command else [LISTING, *args])


app = typer.Typer(
    cls=FieldsGroup,
    help="The measures and fields of reports, and your help desk's own fields to declare. "
    "`helpdesk fields WORD` searches for a word.",
)
app.command(LISTING)(list_fields)


@app.command(epilog=EXIT_CODES)
def discover(
    landing: Annotated[
        Path, typer.Option(help="Landing folder with the help desks' lists of fields.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            help="Output folder of the last build, to count its rows. Default: LANDING is read."
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file of settings.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List the vendor's standard fields too.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Add the fields that have values to the settings file.")
    ] = False,
) -> None:
    """List the own fields of tickets, companies and contacts, and declare them.

    Example: helpdesk fields discover --landing landing --config helpdesk.yml --write
    """
    from helpdesk.core.settings import load_settings
    from helpdesk.load.discovery import found_fields
    from helpdesk.load.landed_fields import landed_fields

    with failures_explained():
        if write and not config:
            raise ConfigError("--write needs the settings file: add --config helpdesk.yml")
        settings = load_settings(None if write and config and not config.exists() else config)
        if not landing.is_dir():
            raise LandingError(
                f"{landing}: there is no such folder; give the landing folder with --landing."
            )
        listed = landed_fields(landing, settings)
        with _raw_layer(landing, output, settings) as connection:
            found = found_fields(connection, listed)
            tagged = {} if settings.tags else _tagged(connection, listed)
        custom = [one for one in found if everything or one.listed.is_custom]
        if custom:
            console.print(_table(custom, settings))
        else:
            console.print(f"no own fields in {landing}: {WHERE_FIELDS_ARE}", soft_wrap=True)
        if hidden := len(found) - len(custom):
            console.print(
                f"{hidden} standard fields of the vendor are not listed; --all lists them"
            )
        for source, (tags, tickets, share) in tagged.items():
            console.print(
                f"{source}: {tags:,} tags on {tickets:,} tickets ({share:.0%}); "
                "in the settings, `tags: all` or `tags: {include: [vip]}` declares them",
                soft_wrap=True,
            )
        if custom:
            _propose(custom, settings, config, write)


@contextmanager
def _raw_layer(
    landing: Path, output: Path | None, settings: "Settings"
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """The raw rows: those of the last build, or else the landing folder in a temporary file."""
    from helpdesk.core.build import opened
    from helpdesk.core.paths import OutputPaths
    from helpdesk.load.landing import load_landing

    last = OutputPaths(output.resolve()).warehouse if output else None
    if last and last.exists():
        with opened(last, read_only=True) as connection:
            yield connection
        return
    with TemporaryDirectory() as folder, opened(Path(folder) / "work.duckdb") as connection:
        load_landing(connection, landing, settings=settings)
        yield connection


def _tagged(
    connection: "duckdb.DuckDBPyConnection", listed: list["LandedField"]
) -> dict[str, tuple[int, int, float]]:
    """Numbers of tags and of tickets with tags, and their share, for each source with tags."""
    from helpdesk.contract.tables import CONTRACT
    from helpdesk.load.discovery import found_tags

    found = {}
    for source in sorted({CONTRACT, *(one.source_system for one in listed)}):
        tags, tickets, records = found_tags(connection, source)
        if tags:
            found[source] = (tags, tickets, tickets / records)
    return found


def _table(found: list["FoundField"], settings: "Settings") -> Table:
    rows = []
    for one in found:
        listed = one.listed
        labels = [label for _, label in listed.options[:SHOWN_OPTIONS]]
        more = ", ..." if len(listed.options) > SHOWN_OPTIONS else ""
        options = f"{len(listed.options)}: {', '.join(labels)}{more}" if labels else ""
        marks = [
            "declared" if _is_declared(one, settings) else "",
            "personal?" if listed.is_personal else "",
        ]
        cells = (
            listed.source_system,
            listed.object,
            listed.field,
            listed.label,
            listed.type or "unknown",
            options,
            "" if one.share is None else f"{one.share:.0%}",
            str(one.since or ""),
            ", ".join(filter(None, marks)),
        )
        rows.append([*map(visible, cells)])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = [place for place in range(len(HEADINGS)) if any(row[place] for row in rows)]
    for place in shown:
        # Ids are shown in full, for copying.
        is_short = HEADINGS[place] in ("field", "filled", "since")
        table.add_column(HEADINGS[place], no_wrap=is_short, overflow="fold")
    for row in rows:
        table.add_row(*(row[place] for place in shown))
    return table


def _is_declared(one: "FoundField", settings: "Settings") -> bool:
    if settings.fields == "all":
        return one.listed.is_custom and not one.listed.is_personal
    return any(
        (declared.field, declared.object) == (one.listed.field, one.listed.object)
        and declared.source in ("", one.listed.source_system)
        for declared in settings.fields
    )


def _propose(
    found: list["FoundField"], settings: "Settings", config: Path | None, write: bool
) -> None:
    """Print the lines to add to the settings, or add them. An existing section is not edited."""
    new = [
        one
        for one in found
        if one.filled and not one.listed.is_personal and not _is_declared(one, settings)
    ]
    if not new:
        console.print("nothing to add: every field with values that is not personal is declared")
        return
    lines = "".join(f"  - {line}\n" for line in _entries([one.listed for one in new]))
    if write and config and not settings.fields:
        _add_section(config, lines)
        console.print(f"{config}: section `fields` added; the next build has the columns")
    else:
        console.print("add these lines to the section `fields` of the settings:", soft_wrap=True)
        console.print(visible(lines.rstrip()), soft_wrap=True)


def _add_section(config: Path, lines: str) -> None:
    """Append the section to the file, keeping its comments. Raises ConfigError."""
    from helpdesk.core.settings import load_settings

    before = config.read_text() if config.exists() else ""
    text = f"{before.rstrip()}\n\nfields:\n{lines}".lstrip()
    with TemporaryDirectory() as folder:
        tried = Path(folder) / config.name
        tried.write_text(text)
        try:
            is_added = bool(yaml.safe_load(text)["fields"]) and load_settings(tried).fields
        except (ConfigError, yaml.YAMLError, LookupError, TypeError):
            is_added = ()
    if not is_added or re.search(r"^fields\s*:", before, re.MULTILINE):
        raise ConfigError(
            f"{config}: the section cannot be appended; write it there:\nfields:\n{lines}"
        )
    config.write_text(text)


def _entries(new: list["LandedField"]) -> list[str]:
    """The lines that declare fields, as JSON: it is YAML, and quotes any name of a field."""
    # Types from the help desks' lists need no declaration: each build reads them again.
    kinds: dict[tuple[str, str], set[str]] = {}
    for one in new:
        kind = one.type if one.is_listed else ""
        kinds.setdefault((one.object, one.field), set()).add(kind)
    lines = []
    for column in columns_of(new):
        native = column.sources[0]["field"]
        entry: dict[str, Any] = {"field": native}
        if column.object != "ticket":
            entry["object"] = column.object
        if column.name != native:
            entry["name"] = column.name
        if kinds[column.object, native] != {column.type}:
            entry["type"] = column.type
        lines.append(json.dumps(entry))
    return lines
