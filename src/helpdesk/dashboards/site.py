"""Builds the site: its code by Evidence, once for each version, and its data.

The code knows no report: a changed definition changes data alone. It is kept for all output
folders, and the package has it built.

Pages read data from the folder that `data/current.json` names. So a build of the marts needs only
new data, and a page that is open still reads the data with which it was loaded.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.core.languages import ENGLISH, catalogues
from helpdesk.core.places import IS_CHECKOUT, PACKAGE_ROOT, PROJECT_ROOT
from helpdesk.core.settings import Audience, Goal
from helpdesk.dashboards.definitions import Definitions, load_definitions
from helpdesk.dashboards.extracts import existing, open_published, write_extracts
from helpdesk.dashboards.languages import menu_texts, write_languages
from helpdesk.dashboards.listed import write_fields, write_lists
from helpdesk.dashboards.node import install_packages, package_files, run_node, tail
from helpdesk.dashboards.pages import (
    FIXED,
    MENU,
    QUERIES,
    REPORTS,
    SHELL,
    TEMPLATES,
    list_pages,
    menu,
    routes,
    write_reports,
)
from helpdesk.dashboards.widgets.definitions import load_widgets
from helpdesk.dashboards.widgets.insights import Reword
from helpdesk.dashboards.widgets.kinds import Widgets
from helpdesk.reports.errors import DashboardError, lacking

# Where the site's code is built; its packages stay there.
WORKSPACE = (
    PACKAGE_ROOT / "dashboards" / "evidence"
    if IS_CHECKOUT
    else PROJECT_ROOT / ".helpdesk" / "evidence"
)
# The code as the package has it.
SHIPPED = PACKAGE_ROOT / "dashboards" / "site"
STATIC = ".evidence/template/static"
FINGERPRINT = ".fingerprint"
CURRENT = "current.json"
# More values are too many to choose from, and each adds rows to the reports.
MOST_VALUES = 1000
# The present data, and that of the last build for pages that are still open.
KEPT_DATA = 2


@dataclass(frozen=True)
class SiteSummary:
    """The result of a build: its pages, and whether code and data are new."""

    pages: int
    bytes: int
    seconds: float
    is_rebuilt: bool
    is_new_data: bool


def silent(message: str) -> None:
    """Ignore a message."""


def install_node_packages(report: Callable[[str], None] = silent) -> bool:
    """Install the site's packages if needed; returns whether it did.

    Needs the npm registry. Raises DashboardError.
    """
    with _lock(report):
        return install_packages(WORKSPACE, report)


def ship_code(report: Callable[[str], None] = silent) -> Path:
    """Build the code where a package has it; returns the folder. Raises DashboardError."""
    with _lock(report):
        fresh = _temporary(SHIPPED, "new")
        built = _built(_fingerprint(), report)
        if built == SHIPPED:
            return SHIPPED
        # Links take no room; neither place changes a file.
        shutil.copytree(built, fresh, copy_function=os.link)
        _publish(fresh, SHIPPED)
    return SHIPPED


def build_site(
    marts: Path,
    manifest: Path,
    site: Path,
    report: Callable[[str], None] = silent,
    reword: Reword | None = None,
    goals: tuple[Goal, ...] = (),
    language: str = ENGLISH,
    audience: Audience | None = None,
) -> SiteSummary:
    """Build the site of `marts` at `site`, by the definitions of `manifest`, if anything changed.

    A complete new site replaces the old one by rename. `language`: that of a reader who has not
    chosen one. `audience`: that of the readers; None sees everything. Raises DashboardError.
    """
    started = time.monotonic()
    definitions, widgets = load_definitions(manifest), load_widgets(manifest)
    fingerprint = _fingerprint()
    with _lock(report):
        is_stale = not _is_current(site, fingerprint)
        if is_stale:
            fresh = _temporary(site, "new")
            try:
                shutil.copytree(_built(fingerprint, report), fresh)
                is_new = _write_data(
                    marts, manifest, definitions, widgets, fingerprint, fresh, report, reword,
                    goals, language, audience,
                )  # fmt: skip
                _publish(fresh, site)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        else:
            is_new = _write_data(
                marts, manifest, definitions, widgets, fingerprint, site, report, reword, goals,
                language, audience,
            )  # fmt: skip
    seconds = time.monotonic() - started
    return SiteSummary(_page_count(site), _size(site), seconds, is_stale, is_new)


def _write_data(
    marts: Path,
    manifest: Path,
    definitions: Definitions,
    widgets: Widgets,
    fingerprint: str,
    site: Path,
    report: Callable[[str], None],
    reword: Reword | None,
    goals: tuple[Goal, ...],
    language: str,
    audience: Audience | None,
) -> bool:
    """Write the data of `marts` into the site and point to it; false if it is already there."""
    data = site / "data"
    data.mkdir(exist_ok=True)
    # A published file never changes, so its path and time identify it.
    real = existing(marts).resolve()
    origin = f"{real}|{real.stat().st_mtime_ns}|{real.stat().st_size}|{fingerprint}"
    origin += repr(definitions) + repr(list_pages(definitions)) + repr(goals) + language
    origin += repr(audience.limits) if audience else ""
    origin += _digest([*_writers(), *catalogues().values()])
    folder = data / hashlib.sha256(origin.encode()).hexdigest()[:12]
    if folder.is_dir() and _current_data(data) == folder.name:
        if not site_build(site):
            _point_to(data, folder.name, real.parent.name)
        return False
    for abandoned in data.glob("*.partial"):
        shutil.rmtree(abandoned)
    report("writing the data of the pages")
    partial = folder.with_suffix(".partial")
    catalogue = write_extracts(
        marts, definitions, widgets, partial, reword, goals, report, audience
    )
    for item in definitions.filters:
        values = len(catalogue["filters"][item.name]["keys"])
        if item.dimension is None and values > MOST_VALUES:
            report(
                f"the filter {item.column} has {values:,} values, and pages load rows for each: if "
                "they are slow, remove `filter: true` of this field in the settings"
            )
    with open_published(marts, audience) as connection:
        try:
            listed = write_lists(connection, manifest, catalogue, partial / REPORTS)
        except duckdb.Error as error:
            raise lacking(marts, error) from error
    fields = write_fields(manifest, partial)
    write_reports(definitions, partial, listed, fields, are_checked=audience is not None)
    write_languages(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    _write_routes(site, definitions, language)
    _point_to(data, folder.name, real.parent.name)
    _prune(data, folder)
    return True


def site_build(site: Path) -> str:
    """The build whose marts a site shows; empty where an earlier version built it."""
    try:
        return str(json.loads((site / "data" / CURRENT).read_text()).get("build", ""))
    except (OSError, ValueError):
        return ""


def _point_to(data: Path, folder: str, build_id: str) -> None:
    """Have pages read the data in `folder`, by one rename."""
    new = data / f".{CURRENT}.new"
    new.write_text(json.dumps({"folder": folder, "build": build_id}))
    new.rename(data / CURRENT)


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


def _write_routes(site: Path, definitions: Definitions, language: str) -> None:
    """Write the menu, and a file for the address of each page; a report that is gone has none.

    Readers may open them meanwhile: a file that is there has the same content and stays.
    """
    menu_file = site / MENU
    menu_file.parent.mkdir(parents=True, exist_ok=True)
    new = menu_file.with_suffix(".new")
    # A page is drawn in its language, so it learns the languages with the menu, before its data.
    languages = {"usual": language, "texts": menu_texts(definitions)}
    listed = menu(list_pages(definitions)) | {"languages": languages}
    new.write_text(json.dumps(listed), encoding="utf-8")
    new.rename(menu_file)
    pages = [page["name"] for page in list_pages(definitions)]
    wanted = ["", *FIXED, "ticket", "tickets", *pages, *routes(definitions)]
    for file in [*site.glob("*/index.html"), *site.glob("report/*/index.html")]:
        if file.parent.relative_to(site).as_posix() not in wanted:
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
    for route in wanted:
        target = site / route / "index.html"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(site / SHELL, target)


def _writers() -> list[Path]:
    """The files that decide what the data of the pages is: the extracts' code and the queries."""
    code = Path(__file__).parent
    return [QUERIES, *sorted([*code.glob("*.py"), *code.glob("widgets/*.py")])]


def _fingerprint() -> str:
    """A digest of everything that the code of the pages depends on."""
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    return _digest([*files, *package_files()])


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(site: Path, fingerprint: str) -> bool:
    stored = site / FINGERPRINT
    return stored.is_file() and stored.read_text() == fingerprint


def _built(fingerprint: str, report: Callable[[str], None]) -> Path:
    """The folder of the site's code without data: the package's, or built here if needed."""
    if _is_current(SHIPPED, fingerprint):
        return SHIPPED
    built = WORKSPACE / "build"
    if not _is_current(built, fingerprint):
        install_packages(WORKSPACE, report)
        _copy_code(WORKSPACE)
        report("building the code of the pages (once for each version)")
        _build(WORKSPACE)
        (built / FINGERPRINT).write_text(fingerprint)
    return built


def _copy_code(workspace: Path) -> None:
    for name in ("pages", "components"):
        shutil.rmtree(workspace / name, ignore_errors=True)
    shutil.copytree(TEMPLATES, workspace, dirs_exist_ok=True)


def _build(workspace: Path) -> None:
    # Otherwise pages that are no longer defined would stay in the site.
    shutil.rmtree(workspace / "build", ignore_errors=True)
    # Evidence needs the schema of the extracts, but none of their files.
    listed = workspace / STATIC / "data" / "manifest.json"
    shutil.rmtree(listed.parent, ignore_errors=True)
    listed.parent.mkdir(parents=True)
    listed.write_text(json.dumps({"renderedFiles": {"desk": []}}))
    log = workspace / "build.log"
    text = run_node(
        ["npm", "run", "build"],
        workspace,
        log,
        "the code of the pages could not be built",
        # Nothing is rendered before there is a reader.
        VITE_EVIDENCE_SPA="true",
    )
    if not (workspace / "build" / SHELL).is_file():
        raise DashboardError(f"the build wrote no {SHELL}; {log} ends:\n{tail(text)}")


def _temporary(site: Path, word: str) -> Path:
    """A free path next to the site, on the same disk, for a rename."""
    site.parent.mkdir(parents=True, exist_ok=True)
    # Left by a build that was killed; no other build is running.
    for leftover in site.parent.glob(f".{site.name}.{word}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return site.with_name(f".{site.name}.{word}.{os.getpid()}")


def _publish(fresh: Path, site: Path) -> None:
    """Replace the old site by the new one; readers see one of them, complete."""
    old = _temporary(site, "old")
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


if __name__ == "__main__":
    ship_code(print)
