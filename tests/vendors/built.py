"""Reads fetched rows, and runs the steps of a build between the gate and publishing."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from helpdesk.core.build import Build, folder_lock
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.pipeline.dbt_run import run_models
from helpdesk.pipeline.loading import load


def landed_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a stream's folder in the order of its files, without null fields."""
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.*")):
        if path.name.endswith(".jsonl.gz"):
            rows += [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        elif path.suffix == ".parquet":
            read = duckdb.sql(f"from read_parquet('{path}')")
            rows += [dict(zip(read.columns, row, strict=True)) for row in read.fetchall()]
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


def build_marts(
    landing: Path, output: Path, as_of: datetime, settings: Settings | None = None
) -> tuple[Path, list[str]]:
    """Load the folder and run dbt; returns the candidate and the logged lines."""
    output.mkdir(parents=True, exist_ok=True)
    config = output / "helpdesk.yml"
    config.write_text(yaml.safe_dump((settings or Settings()).model_dump(mode="json")))
    build = Build(str(landing), str(output), as_of.isoformat(), str(config))
    lines: list[str] = []
    with folder_lock(build.paths):
        for step in (load, run_models):
            step(build, lambda level, line: lines.append(line))
    return OutputPaths(output).candidate, lines
