"""Own fields: those that the settings declare, with types and labels from the help desks' lists.

Settings and landing folder are those of the command line, else of `HELPDESK_CONFIG` and
`HELPDESK_LANDING`. A command without a landing folder uses the fields of the last build of its
output. A run of Dagster gets the fields of its parent, in `HELPDESK_FIELDS`.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from helpdesk.core.command import Options, options
from helpdesk.core.errors import ConfigError, LandingError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import SHIPPED

if TYPE_CHECKING:
    from helpdesk.core.settings import OwnField, Settings
    from helpdesk.load.landed_fields import LandedField

VARIABLE = "HELPDESK_FIELDS"
SECTIONS = ("fields", "tags")
# Semantic names must not have two underscores in a row. Postgres cuts names at 63 characters, and
# columns add the suffix `_at_creation` or the prefix `bridge_ticket_`.
NAME = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 48
LONGEST_LABEL = 100
MANY = "options"
# A build with more columns is slow.
MOST_FIELDS = 200
# Linux limits an environment variable to 128 KiB.
MOST_BYTES = 120_000
MARTS = {"ticket": "fct_tickets", "company": "dim_companies", "contact": "dim_contacts"}
SEMANTIC = {"ticket": "tickets", "company": "companies", "contact": "contacts"}
# Reserved by reports and by MetricFlow.
TAKEN = {"date", "day", "week", "month", "quarter", "year", "hour", "minute", "second", "value",
         "metric_time", "own_values", "ticket_number"}  # fmt: skip

OWN_FIELDS_HINT = (
    "Own fields are known with `--output OUTPUT`, the folder of a build, or with HELPDESK_CONFIG "
    "and HELPDESK_LANDING"
)


@dataclass(frozen=True)
class ResolvedField:
    """A column of a mart. `sources`: source system ('' for any) and id of the field in it."""

    name: str
    label: str
    object: str
    type: str
    is_many: bool
    at: list[str]
    is_filter: bool
    description: str
    sources: list[dict[str, str]]
    include: list[str] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Resolved:
    """The fields, and console lines about assumptions and omissions."""

    fields: list[ResolvedField] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def own_fields() -> list[dict[str, Any]]:
    """The resolved fields of this process, as the macro `own_fields` returns them."""
    return [one.as_dict() for one in resolved().fields]


@cache
def resolved() -> Resolved:
    """The fields of this process. Raises ConfigError."""
    given = options()
    # A command with a landing folder takes its settings from the command line alone.
    config = given.config or ("" if given.landing else _of("HELPDESK_CONFIG"))
    text = "" if given.landing else _of_last_build(given) or _of(VARIABLE)
    if text:
        return Resolved([ResolvedField(**one) for one in json.loads(text)])
    return of_settings(config, given.landing or _of("HELPDESK_LANDING"))


def as_json(fields: Iterable[ResolvedField]) -> str:
    """The fields as JSON for other processes. Raises ConfigError if it is too long."""
    text = json.dumps([one.as_dict() for one in fields], ensure_ascii=False)
    if len(text.encode()) > MOST_BYTES:
        raise ConfigError(
            f"fields: names, labels and patterns are longer than {MOST_BYTES:,} bytes in total; "
            "declare fewer fields, or write shorter labels, such as `label: Plan`"
        )
    return text


def _of(variable: str) -> str:
    return os.environ.get(variable, "")


def _of_last_build(given: Options) -> str:
    file = OutputPaths(Path(given.output).absolute()).own_fields if given.output else None
    return file.read_text() if file and file.is_file() else ""


def of_settings(file: str, landing: str) -> Resolved:
    """The fields of a settings file, completed from the landing folder. Raises ConfigError.

    `load_settings` reports other errors in the file.
    """
    config = Path(file)
    try:
        declared = yaml.safe_load(config.read_text()) if file else {}
    except (OSError, ValueError, yaml.YAMLError):
        return Resolved()
    if not isinstance(declared, dict) or not any(declared.get(one) for one in SECTIONS):
        return Resolved()
    # Imported here because pydantic is slow to import, and most settings declare no fields.
    from helpdesk.core.settings import load_settings
    from helpdesk.load.landed_fields import landed_fields

    settings, notes = load_settings(config), []
    landed: list[LandedField] = []
    try:
        landed = landed_fields(Path(landing), settings) if landing else []
    except LandingError as error:
        notes.append(f"own fields: types and labels are unknown, because of this error: {error}")
    try:
        found = resolve(settings, landed)
    except ConfigError as error:
        raise ConfigError(f"{config}: {error}") from error
    return replace(found, notes=notes + found.notes)


def resolve(settings: "Settings", landed: Sequence["LandedField"]) -> Resolved:
    """The columns of the declared fields and tags. Raises ConfigError."""
    notes: list[str] = []
    if settings.fields == "all":
        columns = _all(landed, notes)
    else:
        columns = _merged([_declared(one, landed) for one in settings.fields])
        unknown = [one for one in settings.fields if not one.type and not _offered(one, landed)]
        if unknown:
            named = ", ".join(one.field for one in unknown)
            notes.append(
                f"own fields: the type of {named} is unknown, so it is text; to change it, add "
                f"`type: number` (or boolean, date, datetime, option, options) to "
                f"`field: {unknown[0].field}` in the settings"
            )
    if settings.tags:
        columns.append(_tags(settings.tags.include))
    _check(columns)
    return Resolved(columns, notes)


def _tags(include: Sequence[str]) -> ResolvedField:
    return ResolvedField(
        name="tags",
        label="Tags",
        object="ticket",
        type=MANY,
        is_many=True,
        at=[],
        is_filter=False,
        description="Tags of the ticket now, sorted, with semicolons between them.",
        sources=[{"source": "", "field": "tags"}],
        include=[*include],
    )


def _offered(declared: "OwnField", landed: Sequence["LandedField"]) -> list["LandedField"]:
    """The entries for a declared field in the help desks' lists."""
    return [
        one
        for one in landed
        if (one.object, one.field) == (declared.object, declared.field)
        and declared.source in ("", one.source_system)
    ]


def _declared(declared: "OwnField", landed: Sequence["LandedField"]) -> ResolvedField:
    offered = _offered(declared, landed)
    types = {one.type: one.source_system for one in offered}
    if not declared.type and len(types) > 1:
        listed = ", ".join(f"{kind} in {source}" for kind, source in types.items())
        raise ConfigError(
            f"fields: {declared.field} is {listed}; add `type: text` to it, or write an entry "
            "with `source:` for each"
        )
    kind: str = declared.type or (offered[0].type if offered else "text")
    if declared.filter and kind == MANY:
        raise ConfigError(
            f"fields: {declared.field}: a field with several values cannot be a filter of the "
            "pages; delete `filter: true`, and use the field in reports of the report builder"
        )
    label = declared.label or next((one.label for one in offered if one.label), "")
    name = declared.name or default_name(declared.field, label)
    _check_name(name, declared.field)
    return _column(
        name, " ".join(label.split()), declared.object, kind, declared.field, declared.source,
        [*dict.fromkeys(declared.at)], declared.filter,
    )  # fmt: skip


def _column(
    name: str,
    label: str,
    object_type: str,
    kind: str,
    native: str,
    source: str,
    at: list[str],
    is_filter: bool,
) -> ResolvedField:
    label = label[:LONGEST_LABEL] or name.replace("_", " ").capitalize()
    several = " Sorted, with semicolons between several." if kind == MANY else ""
    return ResolvedField(
        name=name,
        label=label,
        object=object_type,
        type=kind,
        is_many=kind == MANY,
        at=at,
        is_filter=is_filter,
        description=f"Own field {label} of the {object_type} now ({native}).{several}",
        sources=[{"source": source, "field": native}],
    )


def default_name(native: str, label: str) -> str:
    """The id of a field if it is a valid name, else a name made from its label or id."""
    if _is_name(native):
        return native
    for text in (label, native):
        slug = re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST_NAME].rstrip("_")
        if _is_name(slug):
            return slug
        if _is_name(f"field_{slug}"[:LONGEST_NAME]):
            return f"field_{slug}"[:LONGEST_NAME]
    return "field"


def _is_name(text: str) -> bool:
    return bool(NAME.fullmatch(text)) and 2 <= len(text) <= LONGEST_NAME


def _check_name(name: str, native: str) -> None:
    if not _is_name(name):
        raise ConfigError(
            f"fields: {native}: {name!r} is not a column name: use 2 to {LONGEST_NAME} lower-case "
            f"letters, digits and single underscores; write `name: {default_name('', name)}`"
        )


def _merged(columns: Sequence[ResolvedField]) -> list[ResolvedField]:
    """One column for all entries with the same name, which must have different sources."""
    found: dict[tuple[str, str], ResolvedField] = {}
    for one in columns:
        key = one.object, one.name
        if key not in found:
            found[key] = one
            continue
        before = found[key]
        if any(source["source"] == one.sources[0]["source"] for source in before.sources):
            raise ConfigError(
                f"fields: two entries of {one.object} have the name {one.name} "
                f"({before.sources[0]['field']} and {one.sources[0]['field']}); write "
                f"`name: {one.name}_2` in one of them, or `source:` in each"
            )
        if before.type != one.type:
            raise ConfigError(
                f"fields: {one.name} is {before.type} in one entry and {one.type} in another; "
                "write the same `type:` in both"
            )
        found[key] = replace(
            before,
            sources=before.sources + one.sources,
            at=[*dict.fromkeys(before.at + one.at)],
            is_filter=before.is_filter or one.is_filter,
        )
    return [*found.values()]


def _all(landed: Sequence["LandedField"], notes: list[str]) -> list[ResolvedField]:
    """The custom fields of all sources that are not personal, each with a unique name."""
    custom = [one for one in landed if one.is_custom]
    kept = [one for one in custom if not one.is_personal]
    if not landed:
        notes.append(
            "own fields: `fields: all` finds none, because the landing folder has no list of "
            "fields; fetch again, add ticket_fields, or declare them: "
            "`fields: [{field: product_area}]`"
        )
    if left := len(custom) - len(kept):
        notes.append(
            f"own fields: `fields: all` leaves out {left} that may be personal; to include them, "
            "declare each field; `helpdesk fields discover` lists them"
        )
    columns = columns_of(kept)
    if len(columns) > MOST_FIELDS:
        raise ConfigError(
            f"fields: `all` makes {len(columns)} columns, more than {MOST_FIELDS}; declare the "
            "fields that you need: `helpdesk fields discover --write` writes a first list"
        )
    return columns


def columns_of(landed: Sequence["LandedField"]) -> list[ResolvedField]:
    """One column per id and object, with a unique name; of type text if the sources disagree."""
    by_id: dict[tuple[str, str], list[LandedField]] = {}
    for one in landed:
        by_id.setdefault((one.object, one.field), []).append(one)
    columns: list[ResolvedField] = []
    for (object_type, native), same in by_id.items():
        kinds = {one.type or "text" for one in same}
        label = next((one.label for one in same if one.label), "")
        name = _free_name(default_name(native, label), object_type, columns)
        kind = kinds.pop() if len(kinds) == 1 else "text"
        columns.append(_column(name, label, object_type, kind, native, "", [], False))
    return columns


def _free_name(name: str, object_type: str, columns: Sequence[ResolvedField]) -> str:
    """The name if it is free, else the first free one with the suffix `_field` and a number."""
    used = taken_names(object_type) | reserved_words() | TAKEN | {"tags"}
    used |= {one.name for one in columns if one.object == object_type}
    stem = name[: LONGEST_NAME - len("_field_000")].rstrip("_")
    names = chain((name, f"{stem}_field"), (f"{stem}_field_{number}" for number in count(2)))
    return next(one for one in names if one not in used)


def _check(columns: Sequence[ResolvedField]) -> None:
    """Raise ConfigError if a name is in use by a column, by SQL, or by another measure."""
    seen: dict[tuple[str, str], str] = {}
    measures: dict[str, str] = {}
    for one in columns:
        for name in (one.name, *(f"{one.name}_at_{moment}" for moment in one.at)):
            problem = ""
            if name in taken_names(one.object) | TAKEN or (name == "tags" and not one.include):
                problem = "is already in use"
            elif name in reserved_words():
                problem = "is a reserved word of SQL"
            elif (one.object, name) in seen:
                problem = f"is also a column of {seen[one.object, name]}"
            if problem:
                raise ConfigError(_renaming(one, name, problem))
            seen[one.object, name] = one.sources[0]["field"]
        for measure in measure_names(one):
            if measure in shipped_metrics() or measure in measures:
                raise ConfigError(_renaming(one, measure, "is the name of another measure"))
            measures[measure] = one.name


def _renaming(one: ResolvedField, name: str, problem: str) -> str:
    native = one.sources[0]["field"]
    better = f"{one.object}_{one.name}"[:LONGEST_NAME]
    return f"fields: {native}: {name} {problem}, for object {one.object}; write `name: {better}`"


def measure_names(one: ResolvedField) -> list[str]:
    """The measures that a field adds to the semantic layer."""
    if one.type == "number":
        return [f"{one.name}_{what}" for what in ("sum", "average", "median", "count")]
    return [f"{one.name}_count"] if one.type in ("date", "datetime") else []


@cache
def taken_names(object_type: str) -> frozenset[str]:
    """The columns of an object's mart and the names of its semantic model, as shipped."""
    core = (SHIPPED / "models/marts/core/_core__models.yml").read_text()
    mart = re.search(rf"^  - name: {MARTS[object_type]}$(.*?)(^  - name|^\S)", core, re.M | re.S)
    semantic = (SHIPPED / f"models/semantic/{SEMANTIC[object_type]}.yml").read_text()
    columns = re.findall(r"^      - name: (\w+)$", (mart[1] if mart else "") + semantic, re.M)
    return frozenset(columns)


@cache
def shipped_metrics() -> frozenset[str]:
    """The names of all measures and metrics, which share one namespace."""
    names: set[str] = set()
    for path in (SHIPPED / "models/semantic").glob("*.yml"):
        names |= {*re.findall(r"^ +- name: (\w+)$", path.read_text(), re.M)}
    return frozenset(names)


@cache
def reserved_words() -> frozenset[str]:
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(
            """select keyword_name from duckdb_keywords()
            where keyword_category in ('reserved', 'type_function')"""
        ).fetchall()
    return frozenset(str(word) for (word,) in rows)
