"""Describes the pages and their reports for the site, which shows them at run time.

The site's code knows no report. It reads the list of pages from `desk.json`, and each report's
texts and queries from a file of its own. Every query is run here first on the extracts, with the
defaults and with other choices: in the site a broken query would only show an error box.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.core.sql import text
from helpdesk.dashboards.definitions import Definitions, Measure, Report
from helpdesk.dashboards.inputs import Choices, readings
from helpdesk.reports.answers import json_bytes
from helpdesk.reports.dashboards import arranged, read_dashboards
from helpdesk.reports.definition import Alongside
from helpdesk.reports.errors import DashboardError
from helpdesk.reports.saved import REPORTS as REPORTS_FOLDER

TEMPLATES = PACKAGE_ROOT / "dashboards" / "templates"
# The folder of the reports' files.
REPORTS = "reports"
QUERIES = PACKAGE_ROOT / "dashboards" / "queries.jinja"
# Longer default results of a report's own page are left to the browser's database.
MOST_FIRST = 2000
# Below the folder of a site: the page that every address shows, and the menu.
SHELL = "page.html"
MENU = "api/pagesManifest.json"
# What a server without that page shows at an unknown address: a title and a link.
MISSING = ("There is no such page", "To the dashboards")
EXTRACT = re.compile(r"\bdesk\.d_(\w+)")
# One extract, or several months of it as `inputs.py` puts them together.
SCANNED = re.compile(
    rf"\(select \* from {EXTRACT.pattern}(?: union all select \* from {EXTRACT.pattern})+\)"
    rf"|{EXTRACT.pattern}"
)


def page_title(page: str) -> str:
    """The title of a page with reports."""
    return page.replace("_", " ").capitalize()


def list_pages(definitions: Definitions) -> list[dict[str, Any]]:
    """The pages with reports, for `desk.json`: names, titles, and their reports in order."""
    dashboards, _ = read_dashboards(REPORTS_FOLDER)
    return arranged(_pages(definitions), dashboards)


def _pages(definitions: Definitions) -> list[dict[str, Any]]:
    return [
        {
            "name": page,
            "title": page_title(page),
            "reports": [
                {
                    "slug": report.slug,
                    "title": report.title,
                    "question": report.question,
                    "wide": is_wide,
                    "page": page,
                }
                for report, is_wide in arrange(definitions.reports_of(page)).items()
            ],
        }
        for page in definitions.pages
    ]


# Pages that the site's code has, and where in the menu. The pages with reports are between them.
FIXED = {
    "summary": (1, "Summary"),
    "sla": (2, "SLA"),
    "builder": (999, "New report"),
    "quality": (1000, "Data quality"),
    "reports": (1001, "Reports"),
}
FIRST_POSITION = 10
# The reports that are on no dashboard.
LOOSE = "Other reports"


def menu(
    pages: Iterable[Mapping[str, Any]], loose: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The pages and their reports, in the format of Evidence's `pagesManifest.json`.

    `pages` as `desk.json` lists them; `loose` are reports on none of them.
    """
    found = {name: _entry(name, title, place) for name, (place, title) in FIXED.items()}
    for number, page in enumerate(pages):
        position = FIRST_POSITION + number
        entry = _entry(page["name"], page["title"], position)
        found[page["name"]] = entry | {"children": _reports(page["reports"])}
    if reports := _reports(loose):
        found["report"] = _entry("", LOOSE, FIRST_POSITION + len(found)) | {"children": reports}
    return _entry("", "Help desk", None) | {
        "label": "Home", "href": "/", "isPage": True, "children": found
    }  # fmt: skip


def _reports(listed: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        one["slug"]: _entry(f"report/{one['slug']}", one["title"], place)
        for place, one in enumerate(listed)
    }


def _entry(path: str, title: str, place: int | None) -> dict[str, Any]:
    front = {"title": title, "hide_toc": True, "hide_breadcrumbs": True}
    return {
        "label": path.rsplit("/")[-1].replace("_", " ").replace("-", " ") or title,
        "href": f"/{path}" if path else None,
        "children": {},
        "frontMatter": front | ({} if place is None else {"sidebar_position": place}),
        "isTemplated": False,
        "isPage": bool(path),
    }


def routes(definitions: Definitions) -> list[str]:
    """The addresses of the pages with reports, and of the reports."""
    return [*definitions.pages, *(f"report/{report.slug}" for report in definitions.reports)]


@cache
def _queries() -> Any:
    """The macros of `queries.jinja`, with delimiters that differ from the braces of inputs."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(QUERIES.parent),
        undefined=jinja2.StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    return environment.get_template(QUERIES.name).module


def shared_queries(report: Report) -> dict[str, str]:
    """The queries of a report on a page with others, by kind: `period`, `trend`, ...

    Single values are by far the most data, so only the headline has percentiles there.
    """
    queries = _queries()
    found = {"period": queries.period(report), "trend": queries.trend(report)}
    for other in report.alongside:
        found[f"alongside_{other.report.slug}"] = queries.trend(other.report)
    if report.histogram:
        found["scores"] = queries.scores(report)
    if report.series:
        limit = (report.limit or 10) if report.series.top else 0
        found["members"] = queries.members(report, report.series, "main", limit)
    elif has_percentiles(report.measures[0]):
        main = report.measures[0]
        found[f"percentiles_{main.name}"] = queries.percentiles(report, main)
    return found


def has_percentiles(measure: Measure) -> bool:
    """Whether median and 90th percentile are shown with it, as with an average."""
    return bool(measure.values) and not measure.quantile


def own_queries(report: Report) -> dict[str, str]:
    """The further queries of a report on its own page, by kind."""
    queries, shared = _queries(), shared_queries(report)
    found = {}
    for measure in report.measures:
        if has_percentiles(measure):
            if measure is not report.measures[0] and report.is_one_line and report.chart == "line":
                others = [one for one in report.measures if one is not measure]
                turned = replace(report, measures=(measure, *others))
                found[f"trend_{measure.name}"] = queries.trend(turned)
            found[f"percentiles_{measure.name}"] = queries.percentiles(report, measure)
            if not report.rows:
                found[f"percentiles_trend_{measure.name}"] = queries.percentiles_trend(
                    report, measure
                )
    if report.chart == "dots":
        found["multiples"] = queries.multiples(report)
    if report.breakdowns and not (report.is_point_in_time or report.measures[0].quantile):
        found["spread"] = queries.spread(report)
    for breakdown in report.breakdowns:
        kind = f"by_{breakdown.name}"
        found[kind] = queries.leaderboard(report, breakdown)
    return {kind: sql for kind, sql in found.items() if kind not in shared}


def arrange(reports: tuple[Report, ...]) -> dict[Report, bool]:
    """The reports in the order of the page, and whether each spans both columns.

    Reports with a series are wide, for their table, and come last. If the number of the others is
    odd, the last one is wide too, so that no row has a gap.
    """
    narrow = [report for report in reports if not report.series]
    wide = [report for report in reports if report.series]
    odd = len(narrow) % 2 == 1
    placed = {report: odd and report == narrow[-1] for report in narrow}
    return {**placed, **dict.fromkeys(wide, True)}


def describe(report: Report) -> dict[str, Any]:
    """The properties of a report for its component on the page."""
    return {
        "id": report.id,
        "slug": report.slug,
        "title": report.title,
        "question": report.question,
        "definition": report.definition,
        "chart": report.chart,
        "page": {"name": report.page, "title": page_title(report.page)},
        "relation": report.relation.name,
        "is_level": report.is_point_in_time,
        "series": report.series.name if report.series else None,
        "series_label": report.series.label if report.series else None,
        "rows": report.rows.name if report.rows else None,
        "rows_label": report.rows.label if report.rows else None,
        "sort": report.sort,
        "limit": report.limit,
        "stack": report.stack,
        "scores": report.histogram.values.name if report.histogram else None,
        "alongside": [describe_alongside(one) for one in report.alongside],
        "axis": report.axis.name if report.axis else None,
        "axis_label": report.axis.label if report.axis else None,
        "breakdowns": [
            {"name": one.name, "label": one.label, "is_several": one.is_several}
            for one in report.breakdowns
        ],
        "measures": [
            {
                "name": measure.name,
                "label": measure.label,
                "format": measure.shown_as,
                "per": bool(measure.denominator),
                "has_values": bool(measure.values),
                "is_percentile": bool(measure.quantile),
                "good": measure.good,
            }
            for measure in report.measures
        ],
    }


def describe_alongside(one: Alongside) -> dict[str, Any]:
    """Another report in the chart, for its component."""
    main = one.report.measures[0]
    return {
        "slug": one.report.slug,
        "label": main.label,
        "name": main.name,
        "is_level": one.report.is_point_in_time,
        "difference": one.difference,
    }


def choices_to_try(catalogue: dict[str, Any]) -> list[Choices]:
    """The default choices, then each filter with its first member, then all filters together.

    At last all with two members, and all without their first.
    """
    filters = {
        name: members["keys"] for name, members in catalogue["filters"].items() if members["keys"]
    }
    return [
        {},
        {"period": "all", "grain": "month"},
        *({name: keys[0]} for name, keys in filters.items()),
        {name: keys[0] for name, keys in filters.items()},
        {name: keys[:2] for name, keys in filters.items()},
        {f"{name}.not": keys[:1] for name, keys in filters.items()},
    ]


def bind(sql: str, inputs: dict[str, Any]) -> str:
    """The query's SQL with these inputs. Raises KeyError where there is no such input."""

    def value(match: re.Match[str]) -> str:
        found: Any = {"inputs": inputs}
        for name in match.group(1).split("."):
            found = found[name]
        return str(found)

    return re.sub(r"\$\{(.+?)\}", value, sql)


def write_reports(
    definitions: Definitions,
    data: Path,
    with_tickets: Collection[str] = (),
    with_file: Collection[str] = (),
    are_checked: bool = False,
) -> None:
    """Write a file for each report into `data`: its texts, its queries and their default results.

    With the default results a page needs no database in the browser before the first choice.
    `with_tickets`: the slugs of reports with a list of tickets; `with_file`: of those that a file
    declares, which readers can change; `are_checked`: the queries run with other choices already,
    on other extracts. Raises DashboardError where a query does not run on the extracts.
    """
    catalogue = json.loads((data / "desk.json").read_text(encoding="utf-8"))
    choices = [{}] if are_checked else choices_to_try(catalogue)
    tried = [readings(catalogue, one) for one in choices]
    folder = data / REPORTS
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        for report in definitions.reports:
            shared, own = shared_queries(report), own_queries(report)
            first = {}
            for kind, sql in {**shared, **own}.items():
                rows = _checked(connection, data, f"{report.slug}: query {kind}", sql, tried)
                if kind in shared or len(rows) <= MOST_FIRST:
                    first[kind] = rows
            content = {
                "definition": describe(report)
                | {
                    "has_tickets": report.slug in with_tickets,
                    "has_file": report.slug in with_file,
                },
                "queries": shared,
                "own_queries": own,
                "first": first,
            }
            file = folder / f"{report.slug}.json"
            file.write_bytes(json_bytes(content))


def _checked(
    connection: duckdb.DuckDBPyConnection,
    data: Path,
    name: str,
    sql: str,
    tried: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Returns the rows of a query with the first inputs, and plans it with the others.

    Planning finds what a query lacks; running each ten times took minutes on a large help desk.
    Raises DashboardError.
    """
    first, *others = tried
    try:
        result = run_query(connection, data, bind(sql, first))
        columns = [column for column, *_ in result.description]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        for inputs in others:
            run_query(connection, data, f"explain {bind(sql, inputs)}")
    except KeyError as error:
        raise DashboardError(f"report {name}: no input {error}") from error
    except duckdb.Error as error:
        raise DashboardError(f"report {name}: {error}") from error
    return rows


def run_query(
    connection: duckdb.DuckDBPyConnection, data: Path, sql: str
) -> duckdb.DuckDBPyConnection:
    """Run a bound query on the extracts in `data`. Raises duckdb.Error."""
    return connection.execute(on_files(sql, data))


def on_files(sql: str, data: Path) -> str:
    """A bound query with a scan of the Parquet files in place of the names of its extracts.

    The months of an extract are one scan: planning one for each took longer than the query.
    """

    def scan(match: re.Match[str]) -> str:
        files = [
            text(str(data.joinpath(*name.split("__")[1:]).with_suffix(".parquet")))
            for name in EXTRACT.findall(match[0])
        ]
        return f"read_parquet([{', '.join(files)}])"

    return SCANNED.sub(scan, sql)
