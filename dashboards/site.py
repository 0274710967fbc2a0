"""Builds the site: extracts and pages from the published marts, then Evidence's static build."""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboards.definitions import Definitions, load_definitions
from dashboards.errors import DashboardError
from dashboards.extracts import Extracts, write_extracts
from dashboards.generator import TEMPLATES, write_pages
from dashboards.node import install_packages, package_files, run_node, tail

WORKSPACE = Path(__file__).parent / "evidence"
STATIC = ".evidence/template/static"
FINGERPRINT = ".fingerprint"
QUERY_ERROR = "Error in Query"


@dataclass(frozen=True)
class SiteSummary:
    """What a build made."""

    pages: tuple[str, ...]
    bytes: int
    seconds: float
    is_rebuilt: bool


def silent(message: str) -> None:
    """The report of somebody who does not want one."""


def install_node_packages(report: Callable[[str], None] = silent) -> bool:
    """Install the site's packages, unless they are there; says whether it did.

    Needs the npm registry. Raises DashboardError.
    """
    with _lock(report):
        return install_packages(WORKSPACE, report)


def build_site(
    marts: Path, manifest: Path, site: Path, report: Callable[[str], None] = silent
) -> SiteSummary:
    """Build the site of `marts`, as `manifest` defines it, at `site`; nothing to do, nothing done.

    The site at `site` is replaced by rename, once the new one is complete. Raises DashboardError.
    """
    started = time.monotonic()
    definitions = load_definitions(manifest)
    with _lock(report):
        install_packages(WORKSPACE, report)
        extracts = write_extracts(marts, definitions, WORKSPACE / STATIC)
        for table in extracts.large:
            report(f"{table.name}: {table.rows:,} rows; pages that read it will be slow")
        pages = write_pages(definitions, extracts, WORKSPACE)
        fingerprint = _fingerprint(definitions, extracts)
        is_stale = not _is_current(site, fingerprint)
        if is_stale:
            report(f"building {len(pages)} pages")
            _build(WORKSPACE)
            _publish(WORKSPACE / "build", site, fingerprint)
    seconds = time.monotonic() - started
    return SiteSummary(pages, _size(site), seconds, is_stale)


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


def _fingerprint(definitions: Definitions, extracts: Extracts) -> str:
    """Changes when anything the site is made from does."""
    digest = hashlib.sha256(repr(definitions).encode())
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    files += sorted(Path(__file__).parent.glob("*.py"))
    files += package_files()
    files += [table.path for table in extracts.tables]
    for path in files:
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(site: Path, fingerprint: str) -> bool:
    stored = site / FINGERPRINT
    return stored.is_file() and stored.read_text() == fingerprint


def _build(workspace: Path) -> None:
    # A page that is gone from the definitions would otherwise stay in the site.
    shutil.rmtree(workspace / "build", ignore_errors=True)
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


def _publish(built: Path, site: Path, fingerprint: str) -> None:
    """Put the built site in the place of the old one, which a reader sees whole or not at all."""
    site.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = (site.with_name(f".{site.name}.{word}.{os.getpid()}") for word in ("new", "old"))
    # What a build that was killed left behind; no other one is running.
    for leftover in site.parent.glob(f".{site.name}.*.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.move(built, fresh)
    (fresh / FINGERPRINT).write_text(fingerprint)
    if site.exists():
        site.rename(old)
    try:
        fresh.rename(site)
    except OSError:
        if old.exists():
            old.rename(site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _size(site: Path) -> int:
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
