"""Publishing: a new build of the marts beside the published one, swapped in by one rename.

A build folder holds `marts.duckdb` (schema `marts`, with every description as a comment), the same
as Parquet files, `catalogue.json`, and `parts.json`: what it holds, part by part. It is made from
the newest build that is kept, so that writing it costs what has changed since: files of parts that
have not are linked, and `marts.duckdb` is copied and brought up to date. Only when all of it is on
disk does the link `current` move to it. Readers of the old file keep it; whoever opens next gets
the new one.
"""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk import sql
from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.build import folder_lock
from orchestration.catalogue import catalogue
from orchestration.dbt_project import mart_keys, mart_nodes
from orchestration.marts_file import FILE, start_copy, sync, usable, write_comments, write_marts
from orchestration.part_files import write_parts
from orchestration.parts import Base, read_base, read_mart, write_record

# The published build and two before it, for a reader that is slow to let go and for a second look.
KEPT_BUILDS = 3
LINKS = {
    "marts.duckdb": "current/marts.duckdb",
    "parquet": "current/parquet",
    "catalogue.json": "current/catalogue.json",
}
# What DuckDB raises when a file cannot be written, at once or when it comes to commit.
DISK_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


@dataclass(frozen=True)
class Published:
    """What was published: the build's folder, rows by mart, bytes, parts new and the same."""

    folder: Path
    rows: dict[str, int]
    size_bytes: int
    parts_written: int
    parts_reused: int


def publish(
    paths: OutputPaths, manifest: Path, build_id: str, models: Path | None = None
) -> Published:
    """Write the marts to a new build and make it the current one.

    `models`: the DuckDB file that has them, if that is not the working warehouse.
    Raises HelpdeskError where it cannot be written; the last build is then still the current one.
    """
    paths.builds.mkdir(parents=True, exist_ok=True)
    for abandoned in paths.builds.glob("*.partial"):
        shutil.rmtree(abandoned)
    with _new_folder(paths.builds / f"{build_id}.partial") as partial:
        source = models or paths.warehouse
        published = _write(paths, source, partial, _newest_base(paths), manifest, build_id)
        partial.rename(published.folder)
        sync(paths.builds)
    _point_links(paths, published.folder)
    _prune(paths, keep=published.folder)
    return published


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


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write a build in. Where the disk says no, what is written makes room again."""
    try:
        folder.mkdir()
        yield folder
    except (OSError, *DISK_ERRORS) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise HelpdeskError(
            f"{folder}: the new build cannot be written ({error}); free space there, or mend what "
            "is said, and build again. The last build is still served."
        ) from error


def _newest_base(paths: OutputPaths) -> Base | None:
    """What to start from: contents are compared, so any build will do; the newest differs least."""
    bases = (read_base(folder) for folder in reversed(published_builds(paths)))
    return next((base for base in bases if base), None)


def _write(
    paths: OutputPaths,
    source: Path,
    folder: Path,
    base: Base | None,
    manifest: Path,
    build_id: str,
) -> Published:
    nodes, keys = mart_nodes(manifest), mart_keys(manifest)
    with _modelled(paths, source) as connection, ThreadPoolExecutor(1) as pool:
        start = base if base and usable(base) else None
        copied = start_copy(pool, start, folder) if start else None
        marts = [read_mart(connection, node) for node in nodes]
        written, reused = write_parts(connection, base, folder, marts)
        if copied:
            copied.result()
        write_marts(connection, folder, start.marts if start else {}, marts, keys)
        write_comments(connection, nodes)
    file = folder / FILE
    file.chmod(0o444)
    by_name = {mart.name: mart for mart in marts}
    described = catalogue(nodes, build_id, by_name, manifest)
    (folder / "catalogue.json").write_text(json.dumps(described, indent=2))
    write_record(folder, marts, start.fresh_bytes if start else file.stat().st_size)
    _sync(folder, [file, *written])
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    rows = {mart.name: mart.rows for mart in marts}
    return Published(paths.builds / build_id, rows, size, len(written), reused)


@contextmanager
def _modelled(paths: OutputPaths, source: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads what was modelled, in the DuckDB file `source`, as `work`."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        # A mart has no order of its own; keeping that of its pages costs memory and time.
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set temp_directory = {sql.text(paths.work / 'spill')}")
        connection.execute(f"attach {sql.text(source)} as work (read_only)")
        yield connection


def _sync(folder: Path, written: list[Path]) -> None:
    """Make what is new durable before a link points at it: a crash must not publish half a file.

    A part that was linked is on disk since the build that wrote it; its name here is in its folder.
    """
    folders = [path for path in folder.rglob("*") if path.is_dir()]
    for path in [*written, *folder.glob("*.json"), *folders, folder]:
        sync(path)


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
