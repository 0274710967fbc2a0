"""The pages as they are now: those of the build, and what readers have saved since.

A report whose file is not as the build read it is live: the server computes it.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from helpdesk.dashboards.pages import MENU, menu, page_title
from helpdesk.reports.answers import json_bytes
from helpdesk.reports.comments import kept
from helpdesk.reports.dashboards import (
    FOLDER,
    KEYS,
    arranged,
    checked,
    dashboard_text,
    read_dashboards,
)
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import Conflict, digest, replace_text
from helpdesk.reports.lines import Lines
from helpdesk.reports.query import QueryLines
from helpdesk.reports.saved import NO_PAGE, SLUG, TAKEN_PAGES
from helpdesk.serve.definitions import Definitions
from helpdesk.serve.options import Options
from helpdesk.serve.pages import Pages

PAGE_LINE = re.compile(r"^page:[^\n]*$", re.MULTILINE)
DECLARATIONS = "declarations.json"


class Shelf:
    """Lists pages and reports, and saves dashboards."""

    def __init__(self, options: Options, pages: Pages) -> None:
        self.options = options
        self.pages = pages
        self.folder = options.reports / FOLDER

    def listed(self, definitions: Definitions, folder: str) -> dict[str, Any]:
        """The pages, the live reports, and the files with errors. `folder`: a build's data."""
        desk = self.pages.desk(folder)
        live = self._live(definitions, folder, desk)
        dashboards, problems = read_dashboards(self.options.reports)
        return {
            "pages": arranged(_with_live(desk["pages"], live), dashboards),
            "live": live,
            "problems": [*definitions.broken.values(), *problems],
            "dashboards": {
                name: digest((self.folder / f"{name}.yml").read_text(encoding="utf-8"))
                for name in dashboards
            },
        }

    def menu(self, definitions: Definitions) -> dict[str, Any]:
        """The menu with what readers have saved."""
        folder = self.pages.current()
        now = self.listed(definitions, folder)
        placed = {one["slug"] for page in now["pages"] for one in page["reports"]}
        loose = [one for slug, one in now["live"].items() if slug not in placed]
        built: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            # The build's menu knows the languages of the pages.
            built = json.loads((self.options.site / MENU).read_text(encoding="utf-8"))
        return built | menu(now["pages"], loose)

    def has(self, definitions: Definitions, path: str) -> bool:
        """Whether a path is the address of a report or dashboard that no build has yet."""
        kind, _, name = path.strip("/").rpartition("/")
        if kind == "report":
            return name.lower() in definitions.files or name in definitions.broken
        dashboards, _ = read_dashboards(self.options.reports)
        return not kind and (
            name in dashboards or any(one.page == name for one in definitions.reports)
        )

    def save(self, definitions: Definitions, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Write the file of a dashboard, or delete it. Raises ReportError or Conflict."""
        if not SLUG.fullmatch(name) or name != name.lower() or name in TAKEN_PAGES:
            raise ReportError(f"{name[:60]!r} is not a name for a dashboard")
        path, base = self.folder / f"{name}.yml", given.get("base")
        if not isinstance(base, str | None):
            raise ReportError("a base is expected")
        if given.get("delete") is True:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if text and digest(text) != base:
                raise Conflict("somebody else has saved it meanwhile: reload the page")
            path.unlink(missing_ok=True)
            self._release(definitions, name)
            return {"name": name, "digest": None}
        content = {key: given[key] for key in KEYS if given.get(key)}
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        text = kept(dashboard_text(checked(name, content, QueryLines(content))), before)
        replace_text(path, text, base)
        return {"name": name, "digest": digest(text)}

    def _release(self, definitions: Definitions, name: str) -> None:
        """Leave the own reports of a dashboard without one."""
        for report in definitions.reports:
            path = definitions.files[report.name]
            if report.page == name and path.parent == self.options.reports:
                text = path.read_text(encoding="utf-8")
                replace_text(path, PAGE_LINE.sub(f"page: {NO_PAGE}", text), digest(text))

    def _live(
        self, definitions: Definitions, folder: str, desk: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        built = self._declared(folder)
        found = {}
        for report in definitions.reports:
            path, slug = definitions.files[report.name], report.id.lower()
            if path.parent != self.options.reports:
                continue
            content = json.loads(json_bytes({"": Lines(path, path.name).content}))[""]
            # A report without a dashboard is not among those of the build.
            if slug not in desk["reports"] or built.get(slug) != content:
                found[slug] = {
                    "slug": slug,
                    "title": report.title,
                    "question": report.question,
                    "page": report.page,
                    "wide": bool(report.series),
                }
        for name, error in definitions.broken.items():
            found[name] = {"slug": name, "question": "", "error": error, "wide": False,
                           **_read_loosely(self.options, name)}  # fmt: skip
        return found

    def _declared(self, folder: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(
                (self.pages.data / folder / DECLARATIONS).read_text(encoding="utf-8")
            )
            return found
        except (OSError, ValueError):
            # Data of an earlier version.
            return {}


def _read_loosely(options: Options, name: str) -> dict[str, str]:
    """Title and page of a file with an error, as far as it has them."""
    found = {"title": name, "page": ""}
    try:
        content = Lines(options.reports / f"{name}.yml", name).content
    except ReportError:
        return found
    for key in found:
        value = content.get(key) if isinstance(content, Mapping) else None
        if isinstance(value, str) and value != NO_PAGE:
            found[key] = value[:100]
    return found


def _with_live(
    pages: list[dict[str, Any]], live: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The pages of a build with live reports in the place of those that it has, or at the end."""
    found = [{**page, "reports": []} for page in pages]
    by_name = {page["name"]: page for page in found}
    for page, built in zip(found, pages, strict=True):
        for one in built["reports"]:
            now = live.get(one["slug"])
            if not now or now["page"] == page["name"]:
                page["reports"].append({**one, **(now or {})})
    placed = {one["slug"] for page in found for one in page["reports"]}
    for slug, one in live.items():
        name = one["page"]
        if slug in placed or not name:
            continue
        if name not in by_name:
            by_name[name] = {"name": name, "title": page_title(name), "reports": []}
            found.append(by_name[name])
        by_name[name]["reports"].append(dict(one))
    return found
