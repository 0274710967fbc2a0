"""Publishing: complete, check and copy the candidate, and serve the copy by one rename.

A build folder holds `helpdesk.duckdb` (schema `marts`, with every description as a comment) and
`catalogue.json`. When both are on disk, the link `current` moves to it.
Readers of the old file keep it; the next reader opens the new one.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.core.build import folder_lock
from helpdesk.core.errors import ConfigError, HelpdeskError, nothing_published
from helpdesk.core.files import copy_file, replace_link, sync, sync_tree
from helpdesk.core.limits import Limits
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.candidate import check_readable, complete
from helpdesk.publish.catalogue import catalogue
from helpdesk.publish.compaction import MARTS_GROWTH, compact_if_grown
from helpdesk.transform.nodes import read_manifest

# The published build and two before it, for slow readers and for a rollback.
KEPT_BUILDS = 3
FILE = "helpdesk.duckdb"
CATALOGUE = "catalogue.json"
# Links of version 0.1, which the first build of a later version removes.
OLD_LINKS = ("marts.duckdb", "parquet")
# Errors of DuckDB when a file cannot be written, at once or at commit.
DISK_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


@dataclass(frozen=True)
class Published:
    """The published build: its folder, rows of each table, number of marts, bytes.

    `removed`: files of version 0.1 that are no longer written.
    """

    folder: Path
    rows: dict[str, int]
    marts: int
    size_bytes: int
    is_compacted: bool
    removed: tuple[str, ...]


def publish(
    paths: OutputPaths, manifest: Path, build_id: str, limits: Limits | None = None
) -> Published:
    """Copy the candidate to a new build and make it the current one.

    `limits`: limits for DuckDB, by default those of the machine.
    Raises HelpdeskError if a mart is missing or the build cannot be written; the last build then
    stays the current one.
    """
    marts = read_manifest(manifest).marts
    folder = paths.builds / build_id
    paths.builds.mkdir(parents=True, exist_ok=True)
    for abandoned in paths.builds.glob("*.partial"):
        shutil.rmtree(abandoned)
    with _new_folder(folder.with_name(f"{build_id}.partial")) as partial:
        completed = complete(paths.candidate, marts)
        is_compacted = compact_if_grown(paths.candidate, MARTS_GROWTH, limits)
        copy_file(paths.candidate, partial / FILE)
        check_readable(partial / FILE, marts)
        described = catalogue(marts, build_id, completed.rows)
        (partial / CATALOGUE).write_text(json.dumps(described, indent=2))
        (partial / FILE).chmod(0o444)
        sync_tree(partial)
        partial.rename(folder)
        sync(paths.builds)
    _point_links(paths, folder)
    removed = _remove_old_files(paths)
    _prune(paths, keep=folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Published(folder, completed.rows, len(marts), size, is_compacted, removed)


def rollback(paths: OutputPaths, build_id: str = "") -> str:
    """Make `build_id`, or the build before the current one, current again; returns its id.

    Nothing is deleted, and the next build that passes its gates becomes current as always.
    Raises HelpdeskError if there is no such build, BusyError while a build is running.
    """
    with folder_lock(paths):
        # A build of version 0.1 has another file, which cannot be served any more.
        kept = [build.name for build in published_builds(paths) if (build / FILE).exists()]
        if not kept or not paths.current.exists():
            raise nothing_published(paths.root)
        current = paths.current.resolve().name
        older = [name for name in kept if name < current]
        target = build_id or (older[-1] if older else "")
        if not target:
            raise HelpdeskError(f"{paths.root}: no build older than {current} is kept.")
        # The beginning of an id is enough where only one build has it.
        named = [name for name in kept if name.startswith(target)]
        if len(named) != 1:
            raise ConfigError(
                f"{paths.root}: no build {target} is kept; there are {', '.join(kept)}."
            )
        target = named[0]
        _point_links(paths, paths.builds / target)
    return target


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder for a new build; deleted if the build fails, to free its space."""
    try:
        folder.mkdir()
        yield folder
    except (HelpdeskError, OSError, *DISK_ERRORS) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, HelpdeskError):
            raise
        raise HelpdeskError(
            f"{folder}: the new build cannot be written ({error}); free space there or fix that "
            "error, and build again. The last build is still served."
        ) from error


def _point_links(paths: OutputPaths, folder: Path) -> None:
    for name in (FILE, CATALOGUE):
        if not (paths.root / name).is_symlink():
            replace_link(paths.root / name, Path("current", name))
    replace_link(paths.current, folder.relative_to(paths.root))
    sync(paths.root)


def _remove_old_files(paths: OutputPaths) -> tuple[str, ...]:
    """Remove the dead links of version 0.1 and its working file; returns their paths."""
    links = [paths.root / name for name in OLD_LINKS]
    old = [link for link in links if link.is_symlink() and link.readlink().parent.name == "current"]
    old += list(paths.work.glob("warehouse.duckdb*"))
    for path in old:
        path.unlink()
    return tuple(path.relative_to(paths.root).as_posix() for path in old)


def published_builds(paths: OutputPaths) -> list[Path]:
    """The complete builds, oldest first: their names are the times at which they started."""
    folders = paths.builds.iterdir() if paths.builds.exists() else ()
    return sorted(path for path in folders if path.is_dir() and path.suffix != ".partial")


def _prune(paths: OutputPaths, keep: Path) -> None:
    for old in published_builds(paths)[:-KEPT_BUILDS]:
        if old != keep:
            shutil.rmtree(old)
