"""Every way to spoil every column of the file contract, each as a row of its own, and its verdict.

The faults follow from what the contract declares: type, key, required, accepted values, parent.
What it does not declare, the sense of a row, is listed by hand in `SENSELESS`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.contract.tables import Column, Table, contract_tables

AS_OF = "2024-02-01T00:00:00Z"
MODELLED, QUARANTINED, DEFERRED = "modelled", "quarantined", "deferred"
DUPLICATE, SUPERSEDED, UNDECLARED = "duplicate", "superseded", "undeclared"

Record = dict[str, str | None]


@dataclass(frozen=True)
class Case:
    """A row to land, and its expected result."""

    record: Record
    changed: str  # the column and its value, for people to read
    disposition: str = MODELLED
    reason: str | None = None


TYPICAL = {
    "string": "1",
    "timestamp": "2024-01-02T00:00:00Z",
    "date": "2024-01-01",
    "boolean": "false",
    "integer": "1",
    "number": "1",
    "json": '{"priority": "1"}',
}
# A sound row where its columns' types alone do not make one.
SOUND: dict[str, Record] = {
    "tickets": {"created_at": "2024-01-01T00:00:00Z", "merged_into_id": None},
    "sla_policies": {"valid_to": "2024-01-03T00:00:00Z"},
    "sla_targets": {"valid_to": "2024-01-03T00:00:00Z"},
    "ticket_sla_applied": {"goal_seconds": None},
    "agent_teams": {"valid_to": "2024-01-03T00:00:00Z"},
    "business_hours": {"timezone": "Europe/Berlin", "end_minute": "1440"},
    "surveys": {"scale_max": "5"},
    "deletions": {"table": "tickets"},
}
HINTS = {
    "timestamp": "not an ISO 8601 time with an offset",
    "date": "not a date (YYYY-MM-DD)",
    "boolean": "not one of true, false, 1, 0",
    "integer": "not a whole number (digits alone, such as 1200)",
    "number": "not a number (with a point and no other separator, such as 1200.5)",
    "json": "not valid JSON",
}
NO_OFFSET = (
    "a time without an offset (if it is local time, name its zone in the settings:"
    " source_timezone: Europe/Oslo)"
)
LARGEST = "9223372036854775807"
UNREADABLE = {
    "timestamp": (
        "tomorrow", "2024-02-30T00:00:00Z", "1704153600", "0000-00-00T00:00:00Z", "2024-W01-2T00:00:00Z",
        "292278994-08-17T07:12:55Z", "2024-01-02T10.5Z", "2024-01-02T00:00:00Z\0", "\x07" * 20,
    ),
    "date": ("2.1.2024", "2024-02-30", "2024-01-02T10:00:00Z", "12024-01-01", "2024-01-0\0"),
    "boolean": ("yes", "2", "tru\x00e", "1.5"),
    "integer": ("one", "1.5", str(int(LARGEST) + 1), "1e2", "9" * 10_000, "1,000", "1 000", "1\0"),
    "number": ("one", "-Infinity", "Infinity", "1e999", "1,5", "1 000", "9" * 10_000, "1\0"),
    "json": ("{", "not JSON", '{"priority": "\x01"}', "[" * 10_000),
}  # fmt: skip
# Readable, however odd.
EXTREME = {
    "timestamp": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-18:00"),
    "date": ("0001-01-01", "9999-12-31"),
    "boolean": ("TRUE", "0"),
    "integer": (LARGEST, f"-{LARGEST}", "1.000", "+1"),
    "number": ("1e308", "-1e308", ".5", "1."),
    "json": ("{}", '{"priority": {"any_of": [1]}}', '{"team": [null, 1, "a\\u0000b"]}'),
}
# The values of a sound row, as other programs write them.
SPELT = {
    "timestamp": (
        "2024-01-02 00:00:00 +0000", "2024-01-02 00:00:00.0 UTC", "2024-01-02t01:00:00,0+01", "20240102T000000Z",
        "2024-01-01T24:00z", " 2024-01-02T00Z\n",
    ),
    "date": ("20240101", "2024-01-01 00:00:00", "2024-01-01T00:00:00.000Z", " 2024-01-01"),
    "boolean": (" False", "0.0"),
    "integer": (" 1 ", "1\n", "1.0"),
    "number": ("\t1", "1.00"),
    "json": (),
}  # fmt: skip
ODD_TEXTS = (
    "\0", "a\0b", "\x01\x02\x1f\x7f\x85", "\t tab, \"quotes\", 'quotes' \\ | ; \r\n and a line \r", "NULL AND VOID",
    "\u202eright to left\u2066 é e\u0301 🚀 \uffff", "'; drop table raw.tickets; --", "x" * 100_000,
)  # fmt: skip
YEAR_1, YEAR_9999 = EXTREME["timestamp"]
BEFORE = "2024-01-01T23:59:59Z"
CENTURY = "over a hundred years"
NO_OBJECT = "not a JSON object"
UNLISTED = (
    "none of pipeline, priority, team, channel, source, agent, channel_account, company, category"
)
UNDECLARED = "and no declared field"
NO_CONDITION = "priority is not a value, list of values or object of any_of, none_of and is_empty (true or false)"
WEEKDAY, START, END = "not 1 (Monday) to 7", "not 0 to 1440", "not start_minute to 2880"
RISING, OFF_SCALE = "scale_max: not above scale_min", "off the scale of its survey"
REVERSED = "valid_to: before valid_from"
# Values that parse and still make no sense: (table, column) to values and reasons.
SENSELESS: dict[tuple[str, str], dict[str | None, str]] = {
    ("ticket_field_history", "value"): {None: "missing"},
    ("sla_policies", "valid_to"): {BEFORE: REVERSED, YEAR_1: REVERSED},
    ("sla_policies", "valid_from"): {"2024-01-03T00:00:01Z": REVERSED, YEAR_9999: REVERSED},
    ("sla_policies", "conditions"): {
        '{"mood": "1"}': f"mood is {UNLISTED}, {UNDECLARED}: write fields: [{{field: mood}}] in the settings",
        '{"tags": "vip"}': f"tags are {UNLISTED}, and not declared: write tags: all in the settings",
        '{"public is": "1"}': f"public is is {UNLISTED}", '{"%s": 1}' % ("x" * 61): UNLISTED,
        **dict.fromkeys(("[]", "1", '"priority"', "null"), NO_OBJECT),
        **dict.fromkeys(
            (
                '{"priority": {"like": "h"}}', '{"priority": {}}', '{"priority": [["high"]]}',
                '{"priority": {"is_empty": "maybe"}}', '{"priority": [{"any_of": "high"}]}',
            ),
            NO_CONDITION,
        ),
    },
    ("ticket_fields", "options"): dict.fromkeys(("[]", "1", '"a"', "null"), NO_OBJECT),
    ("sla_targets", "valid_to"): {BEFORE: REVERSED, YEAR_1: REVERSED},
    ("sla_targets", "valid_from"): {"2024-01-03T00:00:01Z": REVERSED, YEAR_9999: REVERSED},
    ("sla_targets", "goal_seconds"): {
        "-1": "below zero", f"-{LARGEST}": "below zero", "3153600001": CENTURY, LARGEST: CENTURY,
    },
    ("ticket_sla_applied", "goal_seconds"): {
        "-1": "below zero", f"-{LARGEST}": "below zero", "3153600001": CENTURY, LARGEST: CENTURY,
    },
    ("sla_targets", "due_soon_seconds"): {
        "-1": "below zero", f"-{LARGEST}": "below zero", "3153600001": CENTURY, LARGEST: CENTURY,
    },
    ("agent_teams", "valid_to"): {BEFORE: REVERSED, YEAR_1: REVERSED},
    ("agent_teams", "valid_from"): {"2024-01-03T00:00:01Z": REVERSED, YEAR_9999: REVERSED},
    ("agent_availability", "ended_at"): dict.fromkeys((BEFORE, YEAR_1), "before started_at"),
    ("agent_availability", "started_at"): {YEAR_9999: "ended_at: before started_at"},
    ("agents", "capacity"): {"-1": "below zero", f"-{LARGEST}": "below zero"},
    ("holidays", "end_date"): dict.fromkeys(("2023-12-31", "0001-01-01"), "before start_date"),
    ("holidays", "start_date"): {"9999-12-31": "end_date: before start_date"},
    ("business_hours", "timezone"): dict.fromkeys(
        ("nobody", "Mars/Olympus", "+01:00", *ODD_TEXTS), "no IANA time zone"
    ),
    ("business_hours", "weekday"): dict.fromkeys(("0", "8", LARGEST, f"-{LARGEST}"), WEEKDAY),
    ("business_hours", "start_minute"): dict.fromkeys(("-1", "1441", LARGEST, f"-{LARGEST}"), START),
    ("business_hours", "end_minute"): dict.fromkeys(("0", "2881", LARGEST, f"-{LARGEST}"), END),
    ("surveys", "scale_max"): dict.fromkeys(("1", "\t1", "1.00", ".5", "1.", "-1e308"), RISING),
    ("surveys", "scale_min"): dict.fromkeys(("5", "1e308"), RISING),
    ("survey_responses", "score"): dict.fromkeys(("0.99", "5.01", ".5", "1e308", "-1e308"), OFF_SCALE),
    ("survey_responses", "responded_at"): {
        BEFORE: "before sent_at", None: "missing where there is a score",
    },
    ("survey_responses", "sent_at"): {YEAR_9999: "responded_at: before sent_at"},
    ("calls", "duration_seconds"): {
        "-1": "negative", f"-{LARGEST}": "negative", "3153600001": CENTURY, LARGEST: CENTURY,
    },
}  # fmt: skip
CONFLICT = "duplicate key: another row of this key in its file differs"


def sound_row(table: Table, number: int) -> Record:
    """A row with every column filled, whose references name row 1 of their tables, and whose key
    no other number has."""
    row: Record = {
        column.name: column.accepted[0] if column.accepted else TYPICAL[column.data_type]
        for column in table.columns
    }
    # Own fields are modelled where they are declared, and no value of one costs a row.
    row |= {column.name: None for column in table.columns if column.is_own}
    row |= SOUND.get(table.name, {})
    own = own_column(table)
    values = {"string": f"{number}", "integer": f"{number}", "timestamp": _minute(number)}
    return row | {own.name: values[own.data_type]}


def own_column(table: Table) -> Column:
    """The key column in which the rows here differ: an id that is not another row's, else the last."""
    keys = [column for column in table.columns if column.is_key]
    ids = [
        column
        for column in keys
        if column.data_type == "string"
        and column.name not in (table.parent, "table", "field", "metric")
    ]
    numbers = [column for column in keys if column.data_type == "integer"]
    return (ids or numbers or [column for column in keys if not column.accepted][-1:])[0]


def _minute(number: int) -> str:
    return f"2024-01-02T{number // 60:02}:{number % 60:02}:00Z"


def cases_of(table: Table) -> list[Case]:
    """One row per fault of each column, a sound one before and behind them all."""
    cases = [Case(sound_row(table, 1), "sound"), Case(sound_row(table, 2), "sound")]
    for column in (column for column in table.columns if not column.is_own):
        for value, disposition, reason in _faults(table, column):
            row = sound_row(table, len(cases) + 1) | {column.name: value}
            if reason and not reason.startswith(tuple(f"{name}: " for name in table.column_names)):
                reason = f"{column.name}: {reason}"
            cases.append(Case(row, f"{column.name}={str(value)[:40]!r}", disposition, reason))
    cases += _repeats(table, len(cases) + 1)
    return [*cases, Case(sound_row(table, len(cases) + 1), "sound")]


def _faults(table: Table, column: Column) -> Iterator[tuple[str | None, str, str | None]]:
    """Values of a column, each with the expected result of its row and the reason."""
    senseless = SENSELESS.get((table.name, column.name), {})
    yield from ((value, QUARANTINED, reason) for value, reason in senseless.items())
    if None not in senseless:
        yield (None, QUARANTINED, "missing") if column.is_required else (None, MODELLED, None)
    for value in UNREADABLE.get(column.data_type, ()):
        yield _unreadable(column, value, HINTS[column.data_type])
    if column.data_type == "timestamp":
        for value in ("2024-01-02T00:00:00", "2024-01-02 00:00", "20240102T00"):
            yield _unreadable(column, value, NO_OFFSET)
        if column.accepts_date:
            yield "2024-01-02", MODELLED, None
        else:
            yield _unreadable(column, "2024-01-02", HINTS["timestamp"])
    if (column.accepted or column.data_type != "string") and column != own_column(table):
        # Blanks are not a value.
        reason = senseless.get(None, "missing" if column.is_required else None)
        yield " \t ", QUARANTINED if reason else MODELLED, reason
        for value in SPELT.get(column.data_type, ()):
            if value not in senseless:
                yield value, MODELLED, None
    if column.accepted:
        for value in (column.accepted[0].upper(), f" {column.accepted[0].capitalize()}\n"):
            yield value, MODELLED, None
        for value in ODD_TEXTS if column.accepts_own else ():
            yield value, UNDECLARED, None
        for value in () if column.accepts_own else ODD_TEXTS:
            yield value, QUARANTINED, f"not one of {', '.join(column.accepted)}"
    elif column.name == table.parent:
        for value in ("", *ODD_TEXTS):
            yield f"nobody{value}", QUARANTINED, "no such row in its table"
    else:
        texts = ODD_TEXTS if column == own_column(table) else ("nobody", *ODD_TEXTS)
        values = texts if column.data_type == "string" else EXTREME[column.data_type]
        # Two spellings of the sound row's own number would be its duplicates.
        is_own = column == own_column(table)
        for value in values:
            if value not in senseless and not (is_own and value in ("1.000", "+1")):
                yield (value, *_verdict(table, column, value))


def _unreadable(column: Column, value: str, reason: str) -> tuple[str, str, str | None]:
    """A column that is only compared rejects no row."""
    return (value, MODELLED, None) if column.is_compared_only else (value, QUARANTINED, reason)


def _verdict(table: Table, column: Column, value: str) -> tuple[str, str | None]:
    if column.name in table.occurred and value == YEAR_1:
        return QUARANTINED, "not after 1970-01-01T00:00:00Z"
    if column.name in table.occurred[:1] and value == YEAR_9999:
        return DEFERRED, None
    return MODELLED, None


def _repeats(table: Table, number: int) -> list[Case]:
    """A row twice, and a row with another one of its key; the first of each counts."""
    twice, once = sound_row(table, number), sound_row(table, number + 2)
    cases = [Case(twice, "twice"), Case(twice, "twice", DUPLICATE), Case(once, "two contents")]
    if changed := changed_row(table, once):
        cases.append(Case(changed, "two contents", QUARANTINED, CONFLICT))
    return cases


def changed_row(table: Table, row: Record) -> Record | None:
    """The row with its key and other content; None where every column is of the key."""
    others = {"string": "2", "boolean": "true", "integer": "2", "timestamp": _minute(1439)}
    for kind, value in others.items():
        for column in table.columns:
            is_free = not (column.is_key or column.accepted or column.is_own)
            if (
                is_free
                and column.data_type == kind
                and column.name not in ("timezone", table.parent)
            ):
                return row | {column.name: value}
    return None


def all_cases() -> dict[str, list[Case]]:
    """The cases of every table of the contract."""
    return {name: cases_of(table) for name, table in contract_tables().items()}
