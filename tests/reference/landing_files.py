"""A desk as landing files: each table in one to three files of random formats and value types.

Text has the forms that programs write: times in several forms, words in any case, with blanks around them.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import pyarrow as pa
from pyarrow import parquet

from helpdesk.contract.tables import contract_tables

from .desk import Desk
from .values import instant

FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")
TIMES = {
    "created_at",
    "updated_at",
    "changed_at",
    "sent_at",
    "applied_at",
    "started_at",
    "ended_at",
    "responded_at",
}
WHOLE_NUMBERS = {
    "seq",
    "weekday",
    "start_minute",
    "end_minute",
    "rank",
    "goal_seconds",
    "duration_seconds",
    "capacity",
}
NUMBERS = {"score", "scale_min", "scale_max"}
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
Rows = Sequence[dict[str, str | None]]


def write_landing(
    desk: Desk, folder: Path, formats: Sequence[str] = FORMATS, seed: int = 0
) -> None:
    """Write every table below `folder`; now and then rows land a second time in a later file."""
    draw = Random(seed)
    for table, rows in desk.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if not columns:
            continue
        parts = _parts(draw, rows)
        if len(parts) == 1 and draw.randrange(2):
            _write(folder / table, table, draw.choice(formats), columns, parts[0], draw)
            continue
        for number, part in enumerate(parts):
            stem = folder / table / f"{number:03}"
            _write(stem, table, draw.choice(formats), columns, part, draw)


def _parts(draw: Random, rows: Rows) -> list[Rows]:
    """The rows in one to three files, the last of which may repeat some of the others'."""
    cuts = sorted(draw.randrange(len(rows) + 1) for _ in range(draw.randrange(3)))
    ends = [*cuts, len(rows)]
    parts = [list(rows[start:end]) for start, end in zip([0, *cuts], ends, strict=True)]
    if len(parts) > 1 and parts[0]:
        # A row without version or seq would have another position if it landed again.
        again = [
            row for row in parts[0] if None not in (row.get("updated_at", ""), row.get("seq", ""))
        ]
        parts[-1] += draw.sample(again, min(len(again), 5))
    return [part for part in parts if part]


def _write(stem: Path, table: str, form: str, columns: list[str], rows: Rows, draw: Random) -> None:
    path = stem.with_name(f"{stem.name}.{form}")
    path.parent.mkdir(parents=True, exist_ok=True)
    words = {column.name for column in contract_tables()[table].columns if column.accepted}
    spelt = [
        {name: _spelt(name, value, words, draw) for name, value in row.items()} for row in rows
    ]
    if form == "parquet":
        parquet.write_table(_arrow(columns, rows, spelt, draw), path)
        return
    write = _csv if form.startswith("csv") else _json_lines
    text = write(columns, spelt)
    if form.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_bytes(text.encode())


def _spelt(column: str, value: str | None, words: set[str], draw: Random) -> str | None:
    """The value as another program writes it, for every second one."""
    if not value or draw.randrange(2):
        return value
    if column in TIMES:
        return draw.choice(_forms(instant(value)))
    if column in WHOLE_NUMBERS:
        return draw.choice((f"{value}.0", f" {value} "))
    if column in words or value in ("true", "false"):
        return draw.choice((value.upper(), f" {value.capitalize()} "))
    return value


def _forms(at: datetime) -> tuple[str, ...]:
    """ISO 8601 and its relatives."""
    fraction = f".{at:%f}" if at.microsecond else ""
    day, clock = f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}{fraction}"
    compact = f"{day}T{clock}Z".replace("-", "").replace(":", "")
    return (
        f"{day} {clock} +0000",
        f"{day} {clock} UTC",
        f"{day}t{clock}z",
        f"{day}T{clock}+00".replace(".", ","),
        compact,
    )


def _csv(columns: list[str], rows: Rows) -> str:
    lines: list[str] = []

    class Lines:
        def write(self, text: str) -> None:
            lines.append(text)

    writer = csv.DictWriter(Lines(), columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "".join(lines)


def _json_lines(columns: list[str], rows: Rows) -> str:
    """Nulls are written or left out by turns; booleans as such, where they are spelt out."""
    spelt = {"true": True, "false": False}
    lines = []
    for number, row in enumerate(rows):
        record = {
            column: spelt.get(value, value) if value else None
            for column, value in row.items()
            if value or number % 2
        }
        lines.append(json.dumps(record, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _arrow(columns: list[str], rows: Rows, spelt: Rows, draw: Random) -> pa.Table:
    """Times, booleans and whole numbers as text or as such."""
    data = {}
    for column in columns:
        values = [row.get(column) or None for row in rows]
        data[column] = pa.array([row.get(column) or None for row in spelt], pa.string())
        if draw.randrange(2):
            continue
        if column in TIMES:
            data[column] = _typed(values, instant, pa.timestamp("us", tz="UTC"))
        elif column.startswith("is_") or column == "higher_is_better":
            data[column] = _typed(values, lambda value: BOOLEANS[value.lower()], pa.bool_())
        elif column in WHOLE_NUMBERS:
            data[column] = _typed(values, int, pa.int64())
        elif column in NUMBERS:
            data[column] = _typed(values, float, pa.float64())
    return pa.table(data)


def _typed(
    values: Sequence[str | None], parse: Callable[[str], object], data_type: pa.DataType
) -> pa.Array:
    return pa.array([None if value is None else parse(value) for value in values], data_type)
