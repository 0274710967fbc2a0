"""Facts that only the working files have: landed rows, applied policies, merges, schedules."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb

from helpdesk.contract.tables import Column, Table, contract_tables
from helpdesk.core.build import opened
from helpdesk.core.errors import BusyError
from helpdesk.core.paths import OutputPaths
from helpdesk.explain.find import Row, read
from helpdesk.explain.model import Event, LandedRow, whole
from helpdesk.explain.opening import OwnSchedule
from helpdesk.explain.words import conditions_text, working
from helpdesk.load.changes import last_modelled
from helpdesk.transform.build_report import MASKED
from helpdesk.transform.dbt_results import HARMLESS

POLICIES_APPLIED = """
    select * from intermediate.int_ticket_sla_applied_valid
    where source_system = $1 and ticket_id = $2
"""
POLICIES_IN_HISTORY = """
    select changed_at as applied_at, value as policy_id, landed_file, landed_row
    from intermediate.int_ticket_field_history_valid
    where source_system = $1 and ticket_id = $2 and field = 'sla_policy' and value is not null
"""
POLICIES = """
    select policy_id, name, rank, conditions from intermediate.int_sla_policies_valid
    where source_system = $1
"""
SCHEDULES = """
    select calendars.schedule_id, assigned.valid_from, assigned.valid_to
    from intermediate.int_ticket_schedules as assigned
    inner join intermediate.int_tickets_numbered as numbered
        on assigned.ticket_number = numbered.ticket_number
    left join intermediate.int_calendars as calendars
        on assigned.calendar_id = calendars.calendar_id
    where numbered.ticket_key = $1
    order by assigned.valid_from
"""
MERGES = """
    select ticket_id, merged_into_id from intermediate.int_tickets_valid
    where source_system = $1 and (ticket_id = $2 or merged_into_id = $2)
    order by ticket_id
"""
DISPOSITIONS = """
    select landed_file, landed_row, row_disposition, row_issue, row_raw, deferred_until
    from intermediate.int_{0}_rejected where ticket_id = $2 and source_system = $1
"""
REJECTED_TICKET = """
    select source_system, row_disposition, row_issue, landed_file, landed_row, deferred_until
    from intermediate.int_tickets_rejected
    where ticket_id = $1 or source_system || ':' || ticket_id = $1
    order by row_disposition = 'quarantined' desc limit 1
"""
# The form of a time, number or boolean.
TYPED = re.compile(r"(?i)[0-9TZ .:+-]{1,40}|true|false")
FIELDS = {"owner": "agent", "channel account": "channel_account"}
ROWS = {"message": "messages", "call": "calls", "survey": "survey_responses"}


Placer = Callable[[Event], Event]


class Working:
    """The working file of the build; without one each answer is empty."""

    def __init__(self, connection: duckdb.DuckDBPyConnection | None, is_lacking: str = "") -> None:
        self._connection = connection
        self.is_lacking = is_lacking

    @property
    def is_there(self) -> bool:
        return self._connection is not None

    def _read(self, select: str, *values: object) -> list[Row]:
        """No rows if the relation does not exist: after a cluster's build or another version's."""
        if self._connection is None:
            return []
        try:
            return read(self._connection, select, *values)
        except (duckdb.CatalogException, duckdb.BinderException):
            return []

    def policy_events(self, source: str, ticket_id: str) -> Iterator[tuple[Row, Event]]:
        names = {row["policy_id"]: row["name"] for row in self._read(POLICIES, source)}
        applied = [
            *self._read(POLICIES_IN_HISTORY, source, ticket_id),
            *self._read(POLICIES_APPLIED, source, ticket_id),
        ]
        for row in sorted(applied, key=lambda row: row["applied_at"]):
            name = names.get(row["policy_id"])
            text = f"{name} ({row['policy_id']})" if name else row["policy_id"]
            if row.get("metric"):
                goal = row.get("goal_seconds")
                text += f", {row['metric']}" + ("" if goal is None else f" of {working(goal)}")
            place = _place(row["landed_file"], row["landed_row"])
            text = f"SLA policy {text}, applied by the help desk"
            yield row, Event(row["applied_at"], "SLA policy", text, landed_at=place)

    def why_policy(self, clock: Row, decided_at: datetime, applied: list[Row]) -> str | None:
        """Why a clock has its policy."""
        then = [
            row
            for row in applied
            if row["applied_at"] <= decided_at and row.get("metric") in (None, clock["metric"])
        ]
        if then and then[-1]["policy_id"] == clock["policy_id"]:
            return f"applied to the ticket at {then[-1]['applied_at']:%Y-%m-%d %H:%M:%S} UTC"
        for row in self._read(POLICIES, clock["source_system"]):
            if row["policy_id"] == clock["policy_id"]:
                conditions = conditions_text(row["conditions"])
                return (
                    f"the first policy that matches the ticket as of the clock's end: rank "
                    f"{row['rank']}, conditions {conditions}"
                )
        return None

    def own_schedules(self, ticket: Row) -> tuple[OwnSchedule, ...]:
        return tuple(
            OwnSchedule(row["schedule_id"], whole(row["valid_from"]), whole(row["valid_to"]))
            for row in self._read(SCHEDULES, ticket["ticket_key"])
        )

    def merges(self, source: str, ticket_id: str) -> tuple[str | None, list[str]]:
        """The id that the ticket was merged into, and those of the tickets merged into it."""
        rows = self._read(MERGES, source, ticket_id)
        into = [row["merged_into_id"] for row in rows if row["ticket_id"] == ticket_id]
        taken = [row["ticket_id"] for row in rows if row["merged_into_id"] == ticket_id]
        return (into[0] if into else None), taken

    def known_of(self, wanted: str) -> str:
        """Why a loaded ticket is not in the build; empty if no ticket with this id was loaded."""
        for row in self._read(REJECTED_TICKET, wanted.strip().removeprefix("#")):
            place = _place(row["landed_file"], row["landed_row"])
            if row["row_disposition"] == "deferred":
                until = row["deferred_until"]
                return (
                    f" It landed ({place}) and is deferred: dated {until:%Y-%m-%d %H:%M:%S} UTC, "
                    "after as_of."
                )
            if row["row_issue"]:
                return (
                    f" It landed ({place}) and was rejected: {row['row_issue']}; "
                    "`helpdesk quarantine tickets` says what to do."
                )
        return ""

    def landed(self, source: str, ticket_id: str) -> Iterator[LandedRow]:
        """Every landed row that names the ticket, with its disposition and its values."""
        modelled = last_modelled(self._connection) if self._connection else None
        is_personal_shown = bool(modelled and modelled[1]["settings"]["include_personal_data"])
        for name, table in contract_tables().items():
            where = _names_ticket(table)
            if where is None:
                continue
            select = f"select * from intermediate.int_{name}_valid where source_system = $1 and "
            for row in self._read(select + where, source, ticket_id):
                values = {
                    column.name: _shown(column, row, is_personal_shown)
                    for column in table.columns
                    if row.get(column.name) is not None
                }
                yield LandedRow(name, row["landed_file"], row["landed_row"], "modelled", values)
            for row in self._read(DISPOSITIONS.format(name), source, ticket_id):
                values = {
                    column: str(value)
                    for column, value in json.loads(row["row_raw"] or "{}").items()
                    if value is not None
                }
                yield LandedRow(
                    name, row["landed_file"], row["landed_row"], _disposition(row), values
                )

    def placer(self, source: str, ticket_id: str) -> Placer:
        """A function that adds to an event its landed row, if known."""
        places: dict[tuple[object, ...], str] = {}
        history = (
            "select field, changed_at, landed_file, landed_row "
            "from intermediate.int_ticket_field_history_valid "
            "where source_system = $1 and ticket_id = $2"
        )
        for row in self._read(history, source, ticket_id):
            place = _place(row["landed_file"], row["landed_row"])
            places[row["field"], row["changed_at"]] = place
        for kind, table in ROWS.items():
            key = contract_tables()[table].row_key
            select = (
                f"select {key} as row_id, landed_file, landed_row "
                f"from intermediate.int_{table}_valid "
                "where source_system = $1 and ticket_id = $2"
            )
            for row in self._read(select, source, ticket_id):
                places[kind, row["row_id"]] = _place(row["landed_file"], row["landed_row"])
        ticket = (
            "select landed_file, landed_row from intermediate.int_tickets_valid "
            "where source_system = $1 and ticket_id = $2"
        )
        for row in self._read(ticket, source, ticket_id):
            places["created",] = _place(row["landed_file"], row["landed_row"])
        return lambda event: _with_place(event, places)


@contextmanager
def working_of(paths: OutputPaths, build_id: str) -> Iterator[Working]:
    """The working file where it is of this build, and no program writes there."""
    with ExitStack() as stack:
        connection, is_lacking = None, "the working files are not there"
        if paths.warehouse.exists():
            try:
                connection = stack.enter_context(opened(paths.warehouse, read_only=True))
                held = _build_in(connection)
                is_lacking = f"the working files are of {f'build {held}' if held else 'no build'}"
            except BusyError:
                held, is_lacking = None, "a build has the working files open"
            connection = connection if held == build_id else None
        yield Working(connection, is_lacking)


def _build_in(connection: duckdb.DuckDBPyConnection) -> str | None:
    try:
        rows = connection.execute("select build_id from landing.builds").fetchall()
    except duckdb.CatalogException:
        return None
    return str(rows[0][0]) if rows else None


def _names_ticket(table: Table) -> str | None:
    """SQL of whether a row names the ticket $2; None for a table whose rows name none."""
    names = table.column_names
    if table.name == "deletions":
        return '"table" = \'tickets\' and "key" = $2'
    if table.name == "tickets":
        return "(ticket_id = $2 or merged_into_id = $2)"
    return "ticket_id = $2" if "ticket_id" in names else None


def _shown(column: Column, row: Row, is_personal_shown: bool) -> str:
    value = row[column.name]
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    if is_personal_shown:
        return text
    is_word = column.is_harmless or bool(column.accepted)
    is_id = is_word or column.is_key or column.name.endswith("_id")
    if column.is_personal or column.data_type == "json":
        return MASKED
    if column.data_type != "string":
        return text if TYPED.fullmatch(text) else MASKED
    # In a change: an id or a word of the help desk, except for fields that the contract lacks.
    if column.name == "value" and "field" in row:
        is_id = row["field"] in _listed_fields()
    return text if is_id and HARMLESS.fullmatch(text) else MASKED


def _listed_fields() -> tuple[str, ...]:
    history = contract_tables()["ticket_field_history"]
    return next(column.accepted for column in history.columns if column.name == "field")


def _disposition(row: Row) -> str:
    if row["row_issue"]:
        return f"rejected: {row['row_issue']}"
    if row["row_disposition"] == "deferred":
        return f"deferred until {row['deferred_until']:%Y-%m-%d %H:%M:%S} UTC"
    return "replaced by a newer row" if row["row_disposition"] == "superseded" else "a duplicate"


def _with_place(event: Event, places: dict[tuple[object, ...], str]) -> Event:
    keys: tuple[tuple[Any, ...], ...] = (
        (event.kind, event.row_id),
        (FIELDS.get(event.kind, event.kind), event.at),
        (event.kind,),
    )
    found = next((places[key] for key in keys if key in places), event.landed_at)
    return replace(event, landed_at=found)


def _place(file: str, row: int) -> str:
    return f"{file}, row {row}"
