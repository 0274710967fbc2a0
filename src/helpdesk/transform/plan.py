"""Plans a build: whether it models every ticket or only changed ones, and which nodes dbt runs.

A refresh runs the nodes that depend on the build's `as_of` or on a table with a changed file, by
dbt's graph. It recreates views only if a definition changed.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from helpdesk.contract.tables import CONTRACT, landed_tables
from helpdesk.core.settings import Settings
from helpdesk.load.changes import landed_signatures, last_modelled, rule_signatures
from helpdesk.transform.manifest import MODEL_PARTS
from helpdesk.transform.project import dbt_project

# These models read the facts of every ticket, so a changed definition changes no fact.
REPORTS = ("models/marts/reports", "models/marts/custom", "models/marts/summary",
           "models/marts/insights")  # fmt: skip
# These files define no table.
DESCRIPTIONS = ("models/semantic", "models/marts/_marts__exposures.yml")
VIEWS = "config.materialized:view"


@dataclass(frozen=True)
class Plan:
    """The plan of a build.

    `previous_as_of`: the as_of of the last build, for a refresh; None for a full build, with its
    `reasons`. `changed_tables`: tables of the raw layer with a changed file. `changed_reports`:
    models of reports with a changed definition.
    """

    previous_as_of: datetime | None
    reasons: list[str] = field(default_factory=list)
    changed_tables: list[str] = field(default_factory=list)
    changed_reports: list[str] = field(default_factory=list)


def decide(
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime,
    settings: Settings,
    is_asked: bool,
    engine: str = duckdb.__version__,
    lost: str = "",
) -> Plan:
    """Compare the state of the last complete build with the current one.

    `is_asked`: a full build was requested. `engine`: the version that the tables depend on. `lost`:
    why the marts of the last build cannot be refreshed, or empty.
    """
    if is_asked:
        return Plan(None, ["requested"])
    last = last_modelled(connection)
    if not last:
        is_first = connection.execute("select count(*) = 0 from landing.modelled").fetchone()
        reason = "first build" if is_first == (True,) else "the last build did not finish"
        return Plan(None, [reason])
    if lost:
        return Plan(None, [lost])
    before, state = last
    now = build_state(connection, settings, engine)
    definitions = [
        path
        for path in changed_names(state["definitions"], now["definitions"])
        if not path.startswith(DESCRIPTIONS)
    ]
    others = [path for path in definitions if not path.startswith(REPORTS)]
    reasons = [
        *_clock_reasons(before, as_of, settings),
        *(f"{what} changed" for what in ("engine", "settings") if state[what] != now[what]),
        *_named("tables added or removed", changed_names(state["tables"], now["tables"])),
        *_named("rules changed", changed_names(state["rules"], now["rules"])),
        *_named("definitions changed", others),
    ]
    if reasons:
        return Plan(None, reasons)
    tables = changed_names(state["landed"], now["landed"])
    return Plan(before, [], tables, _models_of(definitions, now["definitions"]))


def dbt_selection(connection: duckdb.DuckDBPyConnection, plan: Plan) -> list[str]:
    """The arguments of dbt that select the nodes of this build."""
    excluded = [f"path:models/staging/{source}" for source in absent_sources(connection)]
    if not plan.previous_as_of:
        return ["--exclude", *excluded] if excluded else []
    tables = (landed_tables()[name] for name in plan.changed_tables)
    selected = [
        "source:landing.builds+",
        *(f"source:{table.source_system}.{table.name}+" for table in tables),
        *plan.changed_reports,
    ]
    if not plan.changed_reports:
        excluded.append(VIEWS)
    return ["--select", *selected, *(["--exclude", *excluded] if excluded else [])]


def absent_sources(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The sources without files, whose staging models are excluded."""
    found = connection.execute(
        """select source_system from landing.tables group by source_system
        having not bool_or(is_configured)"""
    ).fetchall()
    return sorted(source for (source,) in found if source != CONTRACT)


def build_state(
    connection: duckdb.DuckDBPyConnection, settings: Settings, engine: str = duckdb.__version__
) -> dict[str, Any]:
    """Everything that models depend on except the rows of tickets, as digests by name."""
    return {
        "engine": engine,
        # In JSON mode, because the stored state is JSON, which has no tuples.
        "settings": settings.model_dump(mode="json"),
        "tables": dict(
            connection.execute("select table_name, is_configured from landing.tables").fetchall()
        ),
        "rules": rule_signatures(connection),
        "landed": landed_signatures(connection),
        "definitions": _definitions(),
    }


def _clock_reasons(before: datetime, as_of: datetime, settings: Settings) -> list[str]:
    if as_of < before:
        return [f"as_of is before that of the last build, {before.isoformat()}"]
    zone = ZoneInfo(settings.report_timezone)
    if as_of.year != before.year or as_of.astimezone(zone).year != before.astimezone(zone).year:
        return ["a new year extends the calendars"]
    return []


def _definitions() -> dict[str, str]:
    return {
        path.relative_to(dbt_project()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in MODEL_PARTS
        for path in _files(dbt_project() / part)
    }


def _models_of(changed: list[str], definitions: dict[str, str]) -> list[str]:
    """The models of changed files: a properties file counts for all models of its folder.

    A deleted file has none, because dbt warns about unknown names.
    """
    paths = [Path(path) for path in definitions if path.endswith(".sql")]
    folders = {Path(path).parent for path in changed if path.endswith(".yml")}
    return sorted(path.stem for path in paths if str(path) in changed or path.parent in folders)


def _files(part: Path) -> list[Path]:
    return [part] if part.is_file() else [path for path in part.rglob("*") if path.is_file()]


def changed_names(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The keys whose values differ."""
    return sorted(name for name in before | now if before.get(name) != now.get(name))


def _named(what: str, names: list[str]) -> list[str]:
    return [f"{what} ({', '.join(names[:3])}{', ...' if names[3:] else ''})"] if names else []
