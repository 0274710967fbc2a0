"""Publishing: the marts copied to a file of their own, and swapped in by one rename.

A build folder is written whole beside the published one: `marts.duckdb` (schema `marts`, with every
description as a comment), `parquet/<mart>.parquet` and `catalogue.json`. Only then does the link
`current` move to it. Readers of the old file keep it; whoever opens next gets the new one.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.dbt_project import mart_nodes
from orchestration.resources import folder_lock

# The published build and two before it, for a reader that is slow to let go and for a second look.
KEPT_BUILDS = 3
LINKS = {
    "marts.duckdb": "current/marts.duckdb",
    "parquet": "current/parquet",
    "catalogue.json": "current/catalogue.json",
}


@dataclass(frozen=True)
class Published:
    """What was published: the build's folder, rows by mart, bytes on disk."""

    folder: Path
    rows: dict[str, int]
    size_bytes: int


def publish(paths: OutputPaths, manifest: Path, build_id: str) -> Published:
    """Copy the marts of the working warehouse to a new build and make it the current one."""
    paths.builds.mkdir(parents=True, exist_ok=True)
    for abandoned in paths.builds.glob("*.partial"):
        shutil.rmtree(abandoned)
    partial = paths.builds / f"{build_id}.partial"
    (partial / "parquet").mkdir(parents=True)
    nodes = mart_nodes(manifest)
    rows = _copy_marts(paths.warehouse, partial, nodes)
    (partial / "catalogue.json").write_text(json.dumps(_catalogue(nodes, build_id, rows), indent=2))
    _sync(partial)
    folder = paths.builds / build_id
    partial.rename(folder)
    _point_links(paths, folder)
    _prune(paths, keep=folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Published(folder, rows, size)


def rollback(paths: OutputPaths, build_id: str = "") -> str:
    """Make `build_id`, or else the build before the current one, current again; returns its id.

    Nothing is deleted, and the next build that passes its gates becomes current as always.
    Raises HelpdeskError where there is no such build, BusyError while a build writes.
    """
    with folder_lock(paths):
        kept = [build.name for build in published_builds(paths)]
        if not kept or not paths.current.exists():
            raise HelpdeskError(f"{paths.root}: nothing is published here.")
        current = paths.current.resolve().name
        older = [name for name in kept if name < current]
        target = build_id or (older[-1] if older else "")
        if not target:
            raise HelpdeskError(f"{paths.root}: no build older than {current} is kept.")
        if target not in kept:
            raise HelpdeskError(
                f"{paths.root}: no build {target} is kept; there are {', '.join(kept)}."
            )
        _point_links(paths, paths.builds / target)
    return target


def _copy_marts(warehouse: Path, folder: Path, nodes: list[dict[str, Any]]) -> dict[str, int]:
    rows = {}
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        # A mart has no order of its own; keeping that of its pages costs memory and time.
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach {sql.text(warehouse)} as work (read_only)")
        connection.execute(f"attach {sql.text(folder / 'marts.duckdb')} as published")
        connection.execute("create schema published.marts")
        for node in nodes:
            mart = f"published.marts.{sql.name(node['name'])}"
            parquet = folder / "parquet" / f"{node['name']}.parquet"
            connection.execute(f"create table {mart} as from work.marts.{sql.name(node['name'])}")
            connection.execute(
                f"copy {mart} to {sql.text(parquet)} (format parquet, compression zstd)"
            )
            rows[node["name"]] = sql.number(connection, f"select count(*) from {mart}")
            _write_comments(connection, mart, node)
        connection.execute("detach published")
    return rows


def _write_comments(connection: duckdb.DuckDBPyConnection, mart: str, node: dict[str, Any]) -> None:
    connection.execute(f"comment on table {mart} is {sql.text(node['description'].strip())}")
    for column in node["columns"].values():
        comment = sql.text(column["description"].strip())
        connection.execute(f"comment on column {mart}.{sql.name(column['name'])} is {comment}")


def _catalogue(nodes: list[dict[str, Any]], build_id: str, rows: dict[str, int]) -> dict[str, Any]:
    """What it takes to find a number: models, columns, types, descriptions, measures."""
    return {
        "build_id": build_id,
        "schema": "marts",
        "models": [
            {
                "name": node["name"],
                "description": node["description"].strip(),
                "rows": rows[node["name"]],
                "columns": [
                    {
                        "name": column["name"],
                        "type": column["data_type"],
                        "description": column["description"].strip(),
                    }
                    for column in node["columns"].values()
                ],
                **_report(node),
            }
            for node in nodes
        ],
    }


def _report(node: dict[str, Any]) -> dict[str, Any]:
    report = node["config"]["meta"].get("report")
    if not report:
        return {}
    summed = {
        measure[part]
        for measure in report["measures"]
        for part in ("sum", "per")
        if part in measure
    }
    columns = list(node["columns"])
    return {
        "report": report["id"],
        "measures": report["measures"],
        "dimensions": [
            name for name in columns if name.endswith(("_key", "_date")) and name not in summed
        ],
    }


def _sync(folder: Path) -> None:
    """Make the files durable before a link points at them: a crash must not publish half a file."""
    for path in [folder, *folder.rglob("*")]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _point_links(paths: OutputPaths, folder: Path) -> None:
    for name, target in LINKS.items():
        if not (paths.root / name).is_symlink():
            _replace_link(paths.root / name, Path(target))
    _replace_link(paths.current, folder.relative_to(paths.root))


def _replace_link(link: Path, target: Path) -> None:
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.rename(link)


def published_builds(paths: OutputPaths) -> list[Path]:
    """The builds that were written whole, oldest first: their names are the times they started."""
    folders = paths.builds.iterdir() if paths.builds.exists() else ()
    return sorted(path for path in folders if path.is_dir() and path.suffix != ".partial")


def _prune(paths: OutputPaths, keep: Path) -> None:
    for old in published_builds(paths)[:-KEPT_BUILDS]:
        if old != keep:
            shutil.rmtree(old)
