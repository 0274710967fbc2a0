"""A desk as landing files: each table in one to three files of random formats and value types."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
from pyarrow import parquet

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
            _write(folder / table, draw.choice(formats), columns, parts[0], draw)
            continue
        for number, part in enumerate(parts):
            _write(folder / table / f"{number:03}", draw.choice(formats), columns, part, draw)


def _parts(draw: Random, rows: Rows) -> list[Rows]:
    """The rows in one to three files, the last of which may repeat some of the others'."""
    cuts = sorted(draw.randrange(len(rows) + 1) for _ in range(draw.randrange(3)))
    ends = [*cuts, len(rows)]
    parts = [list(rows[start:end]) for start, end in zip([0, *cuts], ends, strict=True)]
    if len(parts) > 1 and parts[0]:
        parts[-1] += draw.sample(parts[0], min(len(parts[0]), 5))
    return [part for part in parts if part]


def _write(stem: Path, form: str, columns: list[str], rows: Rows, draw: Random) -> None:
    path = stem.with_name(f"{stem.name}.{form}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "parquet":
        parquet.write_table(_arrow(columns, rows, draw), path)
        return
    write = _csv if form.startswith("csv") else _json_lines
    text = write(columns, rows)
    if form.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_bytes(text.encode())


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


def _arrow(columns: list[str], rows: Rows, draw: Random) -> pa.Table:
    """Times, booleans and whole numbers as text or as such."""
    data = {}
    for column in columns:
        values = [row.get(column) or None for row in rows]
        data[column] = pa.array(values, pa.string())
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
