"""Decides whether a build models every ticket or only those that changed, and says why."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from helpdesk.project import DBT_PROJECT
from helpdesk.settings import Settings
from ingestion.changes import landed_signatures, last_modelled, rule_signatures
from orchestration.dbt_project import MODEL_PARTS

# These are read off the facts of every ticket, so that each can be modelled anew by itself.
READERS = (
    "models/marts/reports",
    "models/marts/service",
    "models/marts/custom",
    "models/marts/summary",
    "models/marts/insights",
)
# These shape no table.
TELLING = ("models/semantic", "models/marts/_marts__exposures.yml")


@dataclass(frozen=True)
class Refresh:
    """`previous_as_of`: only what changed since is modelled; None: everything, for the `reasons`.

    `rebuilt`: models whose own definition changed, to be modelled whole from facts that stand.
    """

    previous_as_of: datetime | None
    reasons: list[str] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)


def decide(
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime,
    settings: Settings,
    is_asked: bool,
    engine: str = duckdb.__version__,
) -> Refresh:
    """Compare what the models were last whole with to what the build has before it.

    `is_asked`: a full refresh was asked for. `engine`: what the engine's tables stand on.
    """
    if is_asked:
        return Refresh(None, ["asked for"])
    last = last_modelled(connection)
    if not last:
        first = connection.execute("select count(*) = 0 from landing.modelled").fetchone() == (
            True,
        )
        return Refresh(None, ["the first build here" if first else "the last one did not finish"])
    before, state = last
    now = build_state(connection, settings, engine)
    told = changed_names(state["definitions"], now["definitions"])
    changed = [path for path in told if not path.startswith(TELLING)]
    readers = [Path(path).stem for path in changed if path.startswith(READERS)]
    reasons = [
        *_clock_reasons(before, as_of, settings),
        *(f"{what} changed" for what in ("engine", "settings") if state[what] != now[what]),
        *_named("a table came or went", changed_names(state["tables"], now["tables"])),
        *_named("a rule changed", changed_names(state["rules"], now["rules"])),
        *_named("a definition changed", [path for path in changed if not path.startswith(READERS)]),
    ]
    return Refresh(None, reasons) if reasons else Refresh(before, rebuilt=sorted(set(readers)))


def build_state(
    connection: duckdb.DuckDBPyConnection, settings: Settings, engine: str = duckdb.__version__
) -> dict[str, Any]:
    """What all models depend on besides the rows of tickets, as digests by name."""
    return {
        "engine": engine,
        # As they are read back: a list is not the tuple that it was.
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
        return [f"the clock goes back from {before.isoformat()}"]
    zone = ZoneInfo(settings.report_timezone)
    if as_of.year != before.year or as_of.astimezone(zone).year != before.astimezone(zone).year:
        return ["a year ended, and calendars reach further"]
    return []


def _definitions() -> dict[str, str]:
    return {
        path.relative_to(DBT_PROJECT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in MODEL_PARTS
        for path in _files(DBT_PROJECT / part)
    }


def _files(part: Path) -> list[Path]:
    return [part] if part.is_file() else [path for path in part.rglob("*") if path.is_file()]


def changed_names(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The keys whose values differ."""
    return sorted(name for name in before | now if before.get(name) != now.get(name))


def _named(what: str, names: list[str]) -> list[str]:
    return [f"{what} ({', '.join(names[:3])}{', ...' if names[3:] else ''})"] if names else []
