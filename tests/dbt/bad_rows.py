"""Every way to spoil every column of the file contract, each as a row of its own, and its verdict.

The faults follow from what the contract declares: type, key, required, accepted values, parent.
What it does not declare, the sense of a row, is listed by hand in `SENSELESS`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.contract import Column, Table, contract_tables

AS_OF = "2024-02-01T00:00:00Z"
MODELLED, QUARANTINED, HELD_BACK = "modelled", "quarantined", "held_back"
DUPLICATE, SUPERSEDED = "duplicate", "superseded"

Record = dict[str, str | None]


@dataclass(frozen=True)
class Case:
    """A row to land, and what is to become of it."""

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
    "agent_teams": {"valid_to": "2024-01-03T00:00:00Z"},
    "business_hours": {"timezone": "Europe/Berlin", "end_minute": "1440"},
    "surveys": {"scale_max": "5"},
    "deletions": {"table": "tickets"},
}
HINTS = {
    "timestamp": "not an ISO 8601 time with an offset",
    "date": "not a date (YYYY-MM-DD)",
    "boolean": "not one of true, false, 1, 0",
    "integer": "not a whole number",
    "number": "not a number",
    "json": "not valid JSON",
}
LARGEST = "9223372036854775807"
UNREADABLE = {
    "timestamp": (
        "tomorrow", "2024-01-02T00:00:00", "2024-02-30T00:00:00Z", "1704153600", "0000-00-00T00:00:00Z",
        "292278994-08-17T07:12:55Z", " 2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z\0", "\x07" * 20,
    ),
    "date": ("2.1.2024", "2024-02-30", "2024-01-02T00:00:00Z", "12024-01-01", "2024-01-0\0"),
    "boolean": ("yes", "2", "tru\x00e", " true"),
    "integer": ("one", "1.5", str(int(LARGEST) + 1), "1e2", "9" * 10_000, "1\n", "1\0"),
    "number": ("one", "NaN", "Infinity", "1e999", "1,5", "9" * 10_000, "1\0"),
    "json": ("{", "not JSON", '{"priority": "\x01"}', "[" * 10_000),
}  # fmt: skip
# Readable, however odd.
EXTREME = {
    "timestamp": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-18:00"),
    "date": ("0001-01-01", "9999-12-31"),
    "boolean": ("TRUE", "0"),
    "integer": (LARGEST, f"-{LARGEST}", "1.000", "+1"),
    "number": ("1e308", "-1e308", ".5", "1."),
    "json": ("{}", '{"priority": {"a": [1]}}', '{"team": [null, 1, "a\\u0000b"]}'),
}
ODD_TEXTS = (
    "\0", "a\0b", "\x01\x02\x1f\x7f\x85", "\t tab, \"quotes\", 'quotes' \\ | ; \r\n and a line \r", "NULL",
    "\u202eright to left\u2066 é e\u0301 🚀 \uffff", "'; drop table raw.tickets; --", "x" * 100_000,
)  # fmt: skip
YEAR_1, YEAR_9999 = EXTREME["timestamp"]
BEFORE = "2024-01-01T23:59:59Z"
CENTURY = "over a hundred years"
CONDITIONS = "not an object of pipeline, priority, team, channel or source"
WEEKDAY, START, END = "not 1 (Monday) to 7", "not 0 to 1440", "not start_minute to 2880"
RISING, OFF_SCALE = "scale_max: not above scale_min", "off the scale of its survey"
REVERSED = "valid_to: before valid_from"
# What reads well and makes no sense all the same: (table, column) to values and reasons.
SENSELESS: dict[tuple[str, str], dict[str | None, str]] = {
    ("ticket_field_history", "value"): {None: "missing"},
    ("sla_policies", "valid_to"): {BEFORE: REVERSED, YEAR_1: REVERSED},
    ("sla_policies", "valid_from"): {"2024-01-03T00:00:01Z": REVERSED, YEAR_9999: REVERSED},
    ("sla_policies", "conditions"): dict.fromkeys(
        ('{"mood": "1"}', "[]", "1", '"priority"', "null"), CONDITIONS
    ),
    ("sla_targets", "valid_to"): {BEFORE: REVERSED, YEAR_1: REVERSED},
    ("sla_targets", "valid_from"): {"2024-01-03T00:00:01Z": REVERSED, YEAR_9999: REVERSED},
    ("sla_targets", "goal_seconds"): {
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
    ("surveys", "scale_max"): dict.fromkeys(("1", ".5", "1.", "-1e308"), RISING),
    ("surveys", "scale_min"): dict.fromkeys(("5", "1e308"), RISING),
    ("survey_responses", "score"): dict.fromkeys(("0.99", "5.01", ".5", "1e308", "-1e308"), OFF_SCALE),
    ("survey_responses", "responded_at"): {
        BEFORE: "before sent_at", None: "missing where there is a score",
    },
    ("survey_responses", "sent_at"): {YEAR_9999: "responded_at: before sent_at"},
    ("calls", "duration_seconds"): {
        "-1": "negative", f"-{LARGEST}": "negative", "3153600001": CENTURY, LARGEST: CENTURY,
    },
    ("deletions", "table"): dict.fromkeys(("nobody", *ODD_TEXTS), "not a table of the contract"),
}  # fmt: skip
CONFLICT = "duplicate key: another row of this key in its file differs"


def sound_row(table: Table, number: int) -> Record:
    """A row with every column filled, whose references name row 1 of their tables, and whose key
    no other number has."""
    row: Record = {
        column.name: column.accepted[0] if column.accepted else TYPICAL[column.data_type]
        for column in table.columns
    }
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
    return (ids or numbers or keys[-1:])[0]


def _minute(number: int) -> str:
    return f"2024-01-02T{number // 60:02}:{number % 60:02}:00Z"


def cases_of(table: Table) -> list[Case]:
    """One row per fault of each column, a sound one before and behind them all."""
    cases = [Case(sound_row(table, 1), "sound"), Case(sound_row(table, 2), "sound")]
    for column in table.columns:
        for value, disposition, reason in _faults(table, column):
            row = sound_row(table, len(cases) + 1) | {column.name: value}
            if reason and not reason.startswith(tuple(f"{name}: " for name in table.column_names)):
                reason = f"{column.name}: {reason}"
            cases.append(Case(row, f"{column.name}={str(value)[:40]!r}", disposition, reason))
    cases += _repeats(table, len(cases) + 1)
    return [*cases, Case(sound_row(table, len(cases) + 1), "sound")]


def _faults(table: Table, column: Column) -> Iterator[tuple[str | None, str, str | None]]:
    """Values of a column, each with what becomes of its row and why."""
    senseless = SENSELESS.get((table.name, column.name), {})
    yield from ((value, QUARANTINED, reason) for value, reason in senseless.items())
    if None not in senseless:
        yield (None, QUARANTINED, "missing") if column.is_required else (None, MODELLED, None)
    for value in UNREADABLE.get(column.data_type, ()):
        yield value, QUARANTINED, HINTS[column.data_type]
    if column.data_type == "timestamp":
        bare = None if column.accepts_date else HINTS["timestamp"]
        yield "2024-01-02", QUARANTINED if bare else MODELLED, bare
    if column.accepted:
        for value in (column.accepted[0].upper(), *ODD_TEXTS):
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


def _verdict(table: Table, column: Column, value: str) -> tuple[str, str | None]:
    if column.name in table.occurred and value == YEAR_1:
        return QUARANTINED, "not after 1970-01-01T00:00:00Z"
    if column.name in table.occurred[:1] and value == YEAR_9999:
        return HELD_BACK, None
    return MODELLED, None


def _repeats(table: Table, number: int) -> list[Case]:
    """A row twice, and a row with another of its key; the first of each stands."""
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
            is_free = not column.is_key and not column.accepted and column.name != table.parent
            if is_free and column.data_type == kind and column.name != "timezone":
                return row | {column.name: value}
    return None


def all_cases() -> dict[str, list[Case]]:
    """The cases of every table of the contract."""
    return {name: cases_of(table) for name, table in contract_tables().items()}
