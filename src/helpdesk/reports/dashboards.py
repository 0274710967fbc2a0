"""The dashboards that readers arrange: title, order and width of cards, first period and filters.

A dashboard is a page with reports. Its file, `reports/dashboards/<page>.yml`, is optional: without
it the page has the reports that name it, in the order of their ids.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.lines import Lines
from helpdesk.reports.saved import SLUG, TAKEN_PAGES, TEMPLATE, shown_path

FOLDER = "dashboards"
KEYS = ("title", "period", "filters", "reports")
WIDTHS = ("half", "full")
PERIOD = re.compile(r"[a-z_]{1,20}|[1-9]\d{0,3}")
# A filter of the pages; with `.not` the keys that it leaves out.
FILTER = re.compile(r"[a-z]\w{0,60}(\.[a-z_]{1,10})?", re.ASCII)
MOST_CARDS = 50
MOST_FILTERS, MOST_KEYS, LONGEST_KEY = 20, 100, 200
LONGEST_TITLE = 100


@dataclass(frozen=True)
class Card:
    """A report on a dashboard. Without a width the page chooses it."""

    report: str
    width: str = ""


@dataclass(frozen=True)
class Dashboard:
    """The file of a dashboard. `filters`: the keys of each filter with which it opens."""

    name: str
    title: str
    period: str
    cards: tuple[Card, ...]
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_dashboard(path: Path) -> Dashboard:
    """The dashboard of a file. Raises ReportError."""
    lines = Lines(path, shown_path(path))
    name = path.stem
    if not SLUG.fullmatch(name) or name in TAKEN_PAGES:
        raise lines.error((), f"{name!r} is not a name for a dashboard")
    return checked(name, lines.content, lines)


def checked(name: str, content: Any, lines: Lines) -> Dashboard:
    """The dashboard of a file's content. Raises ReportError."""
    if not isinstance(content, Mapping):
        raise lines.error((), f"a dashboard is expected, with {', '.join(KEYS)}")
    for key in content:
        if key not in KEYS:
            raise lines.error((key,), f"unknown key{nearest(str(key), KEYS)}")
    title, period = content.get("title", ""), str(content.get("period", ""))
    if not isinstance(title, str) or len(title) > LONGEST_TITLE or TEMPLATE.search(title):
        raise lines.error(("title",), f"a text of at most {LONGEST_TITLE} characters is expected")
    if period and not PERIOD.fullmatch(period):
        raise lines.error(("period",), f"{period!r} is not a period such as 30 or last_month")
    items = content.get("reports") or []
    if not isinstance(items, list) or len(items) > MOST_CARDS:
        raise lines.error(("reports",), f"a list of at most {MOST_CARDS} reports is expected")
    cards = []
    for number, item in enumerate(items):
        one = item if isinstance(item, Mapping) else {"report": item}
        report, width = one.get("report"), one.get("width", "")
        if set(one) - {"report", "width"} or not isinstance(report, str):
            raise lines.error(("reports", number), "{report: C1, width: full} is expected")
        if not SLUG.fullmatch(report):
            raise lines.error(("reports", number), f"{report!r} is not the id of a report")
        if width and width not in WIDTHS:
            hint = ", ".join(WIDTHS)
            raise lines.error(("reports", number), f"{width!r} is not a width: {hint}")
        cards.append(Card(report, width))
    filters = _filters(content.get("filters") or {}, lines)
    return Dashboard(name, " ".join(title.split()), period, tuple(cards), filters)


def _filters(declared: Any, lines: Lines) -> dict[str, tuple[str, ...]]:
    """The keys of each filter. A filter or key that a help desk lacks is left out by the page."""
    if not isinstance(declared, Mapping) or len(declared) > MOST_FILTERS:
        raise lines.error(("filters",), "filters and their keys are expected: {team: [KEY]}")
    found = {}
    for name, keys in declared.items():
        if not isinstance(name, str) or not FILTER.fullmatch(name):
            raise lines.error(("filters",), f"{name!r} is not a filter such as team or team.not")
        keys = [keys] if isinstance(keys, str) else keys
        if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
            raise lines.error(("filters", name), f"one to {MOST_KEYS} keys are expected")
        for key in keys:
            if not isinstance(key, str) or len(key) > LONGEST_KEY:
                raise lines.error(("filters", name), f"a key in quotes is expected, not {key!r}")
        found[name] = tuple(keys)
    return found


def read_dashboards(folder: Path) -> tuple[dict[str, Dashboard], list[str]]:
    """The dashboards of a folder of reports by name, and the errors of invalid files."""
    found, problems = {}, []
    for path in sorted((folder / FOLDER).glob("*.yml")):
        try:
            found[path.stem] = read_dashboard(path)
        except ReportError as error:
            problems.append(str(error))
    return found, problems


def dashboard_text(dashboard: Dashboard) -> str:
    """The YAML of a dashboard."""
    content: dict[str, Any] = {"title": dashboard.title} if dashboard.title else {}
    if dashboard.period:
        content["period"] = dashboard.period
    if dashboard.filters:
        content["filters"] = {name: list(keys) for name, keys in dashboard.filters.items()}
    text = yaml.safe_dump(content, allow_unicode=True, width=100) if content else ""
    lines = [
        f"  - {{report: {one.report}" + (f", width: {one.width}}}" if one.width else "}")
        for one in dashboard.cards
    ]
    return text + ("reports:\n" + "\n".join(lines) + "\n" if lines else "")


def arranged(
    pages: Iterable[Mapping[str, Any]], dashboards: Mapping[str, Dashboard]
) -> list[dict[str, Any]]:
    """The pages, as `desk.json` lists them, in the order and width of their dashboards.

    A dashboard may have reports of other pages. Reports of a page that its file does not list
    follow those that it lists.
    """
    listed = [dict(page) for page in pages]
    known = {one["slug"]: one for page in listed for one in page["reports"]}
    names = [page["name"] for page in listed]
    listed += [
        {"name": one.name, "title": one.title or one.name, "reports": []}
        for one in dashboards.values()
        if one.name not in names
    ]
    for page in listed:
        dashboard = dashboards.get(page["name"])
        if not dashboard:
            continue
        slugs = [card.report.lower() for card in dashboard.cards]
        placed = [
            known[slug] | ({"wide": card.width == "full"} if card.width else {})
            for slug, card in zip(slugs, dashboard.cards, strict=True)
            if slug in known
        ]
        page["reports"] = [*placed, *(one for one in page["reports"] if one["slug"] not in slugs)]
        page["title"] = dashboard.title or page["title"]
        if dashboard.period:
            page["period"] = dashboard.period
        if dashboard.filters:
            page["filters"] = {name: list(keys) for name, keys in dashboard.filters.items()}
    return listed
