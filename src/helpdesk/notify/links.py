"""Addresses of the pages with the figures of a message."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from helpdesk.mcp.opened import Opened
from helpdesk.notify.watched import Finding

# The names of filters on the pages, where the catalogue has another.
ON_PAGES = {"owner": "agent"}


def page_of(base: str, path: str, period: Mapping[str, Any], filters: Mapping[str, Any]) -> str:
    """The address of a page with its period and filters; empty without a base address."""
    if not base:
        return ""
    chosen = [("period", "custom"), ("start", str(period["start"])), ("end", str(period["end"]))]
    chosen += [(name, str(value)) for name, values in filters.items() for value in values]
    return f"{base.rstrip('/')}/{path}?{urlencode(chosen)}"


def choices_of(build: Opened, filters: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Filters of a query as the choices of a page; what a page cannot filter by is left out."""
    known = {one.field: one.name for one in build.definitions.pages.filters}
    found: dict[str, list[Any]] = {}
    for one in filters:
        field, comparison = one.get("field"), one.get("comparison")
        if comparison not in ("is", "is_not") or not one.get("values"):
            continue
        # A page filter has the name of its key; any other field has its comparison in its name.
        name = known.get(str(field))
        shown = name + (".not" if comparison == "is_not" else "") if name else None
        found[shown or f"{field}.{comparison}"] = list(one["values"])
    return found


def page_of_finding(build: Opened, base: str, finding: Finding) -> str:
    """The page of the report that shows the measure of an alert, else the list of reports."""
    watched = finding.watched
    report = watched.report or next(
        (
            one for one in build.definitions.reports
            if one.source.name == watched.measure.source
            and watched.measure.name in {measure.name for measure in one.measures}
        ),
        None,
    )  # fmt: skip
    if not base:
        return ""
    if report is None or not report.page:
        return f"{base.rstrip('/')}/reports"
    period = {"start": finding.since, "end": finding.until}
    return page_of(base, f"report/{report.id.lower()}", period, choices_of(build, finding.filters))
