"""Builds the site: its code by Evidence, once for each state of the definitions, and its data.

Desks of the same definitions have the same code, so the last that was built is kept for them.

The pages read data by the name of a folder that `data/current.json` says, so that a build of the
marts costs new data only, and who has a page open still reads the data that it began with.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dashboards.boards.definitions import load_boards
from dashboards.boards.insights import Reword
from dashboards.boards.kinds import Boards
from dashboards.definitions import Definitions, load_definitions
from dashboards.errors import DashboardError
from dashboards.extracts import existing, write_extracts
from dashboards.generator import TEMPLATES, WORKSPACE, check_queries, write_pages
from dashboards.node import install_packages, package_files, run_node, tail

STATIC = ".evidence/template/static"
FINGERPRINT = ".fingerprint"
CURRENT = "current.json"
QUERY_ERROR = "Error in Query"
# The data of the last build stays for who has a page open.
KEPT_DATA = 2


@dataclass(frozen=True)
class SiteSummary:
    """What a build made: of its code, and of its data."""

    pages: int
    bytes: int
    seconds: float
    is_rebuilt: bool
    is_new_data: bool


def silent(message: str) -> None:
    """The report of somebody who does not want one."""


def install_node_packages(report: Callable[[str], None] = silent) -> bool:
    """Install the site's packages, unless they are there; says whether it did.

    Needs the npm registry. Raises DashboardError.
    """
    with _lock(report):
        return install_packages(WORKSPACE, report)


def build_site(
    marts: Path,
    manifest: Path,
    site: Path,
    report: Callable[[str], None] = silent,
    reword: Reword | None = None,
) -> SiteSummary:
    """Build the site of `marts`, as `manifest` defines it, at `site`; nothing to do, nothing done.

    What a reader sees is replaced by rename, once the new is complete. Raises DashboardError.
    """
    started = time.monotonic()
    definitions, boards = load_definitions(manifest), load_boards(manifest)
    fingerprint = _fingerprint(definitions)
    with _lock(report):
        is_stale = not _is_current(site, fingerprint)
        if is_stale:
            fresh = _beside(site, "new")
            try:
                shutil.copytree(_built(definitions, fingerprint, report), fresh)
                is_new = _write_data(marts, definitions, boards, fingerprint, fresh, report, reword)
                _publish(fresh, site)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        else:
            is_new = _write_data(marts, definitions, boards, fingerprint, site, report, reword)
    seconds = time.monotonic() - started
    return SiteSummary(_page_count(site), _size(site), seconds, is_stale, is_new)


def _write_data(
    marts: Path,
    definitions: Definitions,
    boards: Boards,
    fingerprint: str,
    site: Path,
    report: Callable[[str], None],
    reword: Reword | None,
) -> bool:
    """Write the data of `marts` into the site and point to it; false where it is there already."""
    data = site / "data"
    data.mkdir(exist_ok=True)
    # A published file is never written to again, so its place and time say which it is.
    real = existing(marts).resolve()
    origin = f"{real}|{real.stat().st_mtime_ns}|{real.stat().st_size}|{fingerprint}"
    folder = data / hashlib.sha256(origin.encode()).hexdigest()[:12]
    if folder.is_dir() and _current_data(data) == folder.name:
        return False
    for abandoned in data.glob("*.partial"):
        shutil.rmtree(abandoned)
    report("writing the data of the pages")
    partial = folder.with_suffix(".partial")
    write_extracts(marts, definitions, boards, partial, reword)
    check_queries(definitions, partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    beside = data / f".{CURRENT}.new"
    beside.write_text(json.dumps({"folder": folder.name}))
    beside.rename(data / CURRENT)
    _prune(data, folder)
    return True


def _current_data(data: Path) -> str:
    current = data / CURRENT
    return json.loads(current.read_text())["folder"] if current.is_file() else ""


def _prune(data: Path, current: Path) -> None:
    folders = [path for path in data.iterdir() if path.is_dir() and path != current]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in folders[KEPT_DATA - 1 :]:
        shutil.rmtree(old)


@contextmanager
def _lock(report: Callable[[str], None]) -> Iterator[None]:
    """One build at a time: they share the workspace."""
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    with (WORKSPACE / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another build of the site")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fingerprint(definitions: Definitions) -> str:
    """Changes when anything that the pages are made from does; a report's SQL is data to them."""
    reports = [replace(report, sql="") for report in definitions.reports]
    digest = hashlib.sha256(repr(reports).encode())
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    code = Path(__file__).parent
    files += sorted([*code.glob("*.py"), *code.glob("boards/*.py")])
    files += package_files()
    for path in files:
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(site: Path, fingerprint: str) -> bool:
    stored = site / FINGERPRINT
    return stored.is_file() and stored.read_text() == fingerprint


def _built(definitions: Definitions, fingerprint: str, report: Callable[[str], None]) -> Path:
    """The code of the site of these definitions, built or as it was built before; not its data."""
    built = WORKSPACE / "build"
    if not _is_current(built, fingerprint):
        install_packages(WORKSPACE, report)
        pages = write_pages(definitions, WORKSPACE)
        report(f"building {len(pages)} pages")
        _build(WORKSPACE)
        (built / FINGERPRINT).write_text(fingerprint)
    return built


def _build(workspace: Path) -> None:
    # A page that is gone from the definitions would otherwise stay in the site.
    shutil.rmtree(workspace / "build", ignore_errors=True)
    # The schema that the extracts are tables of, without a file that belongs to it beforehand.
    listed = workspace / STATIC / "data" / "manifest.json"
    shutil.rmtree(listed.parent, ignore_errors=True)
    listed.parent.mkdir(parents=True)
    listed.write_text(json.dumps({"renderedFiles": {"desk": []}}))
    log = workspace / "build.log"
    text = run_node(["npm", "run", "build"], workspace, log, "the site could not be built")
    if QUERY_ERROR in text:
        raise DashboardError(f"a query of the site does not run; {log} says:\n{query_errors(text)}")
    if not (workspace / "build" / "index.html").is_file():
        raise DashboardError(f"the build left no site; {log} ends:\n{tail(text)}")


def query_errors(log: str) -> str:
    """The queries that failed, with the reason that follows each in the log."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", log).splitlines()
    hits = [number for number, line in enumerate(lines) if QUERY_ERROR in line]
    found = [" ".join(line.strip() for line in lines[hit : hit + 3]).strip() for hit in hits]
    return "\n".join(dict.fromkeys(found))


def _beside(site: Path, word: str) -> Path:
    """A free place beside the site, from where and to where it can be renamed."""
    site.parent.mkdir(parents=True, exist_ok=True)
    # What a build that was killed left behind; no other one is running.
    for leftover in site.parent.glob(f".{site.name}.{word}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return site.with_name(f".{site.name}.{word}.{os.getpid()}")


def _publish(fresh: Path, site: Path) -> None:
    """Put the new site in the place of the old one, which a reader sees whole or not at all."""
    old = _beside(site, "old")
    if site.exists():
        site.rename(old)
    try:
        fresh.rename(site)
    except OSError:
        if old.exists():
            old.rename(site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _page_count(site: Path) -> int:
    return sum(1 for _ in site.rglob("index.html"))


def _size(site: Path) -> int:
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
