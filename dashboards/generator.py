"""Writes the pages of the site from the definitions, and runs every query of every page first.

The site's own build only warns when a page's SQL is broken, and the reader then sees a red box. So
each query runs here, over the very files the browser will load, with the inputs' default values.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from dashboards.definitions import Definitions, Report
from dashboards.errors import DashboardError
from dashboards.extracts import CLOCK_TABLE, SOURCE, Extracts, Span, filter_table, series_table

TEMPLATES = Path(__file__).parent / "templates"
GRAINS = ("day", "week", "month", "quarter", "year")
PRESETS = ("Last 7 Days", "Last 30 Days", "Last 90 Days", "Last 365 Days", "All Time")
RECENT, EVERYTHING = "Last 90 Days", "All Time"
# Copied as they are; the rest of the templates folder is rendered.
PLAIN = ("components", "pages/+layout.svelte", "evidence.config.yaml", "evidence.settings.json")
QUERY = re.compile(r"^```sql (\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Defaults:
    """What a page shows before a reader touches it."""

    preset: str
    grain: str


# What a page is rendered with where the data has no say in it.
PAGE_DEFAULTS = Defaults(RECENT, "week")


def choose_defaults(span: Span) -> Defaults:
    """The last 90 days by week; all time where next to nothing happened in those.

    A desk that was closed, or an old export, trails off: its last 90 days would show hardly a
    ticket. A tenth of its usual pace is where the line is drawn.
    """
    pace, recent_pace = span.rows / span.days, span.recent_rows / min(90, span.days)
    if recent_pace >= pace / 10:
        return Defaults(RECENT, "week" if span.days > 31 else "day")
    grain = "week" if span.days <= 182 else "month" if span.days <= 5 * 365 else "quarter"
    return Defaults(EVERYTHING, grain)


def write_pages(definitions: Definitions, extracts: Extracts, workspace: Path) -> tuple[str, ...]:
    """Write every page, and the files they need, into the workspace; returns the page names.

    Raises DashboardError, naming page and query, where a query does not run.
    """
    for name in ("pages", "components"):
        shutil.rmtree(workspace / name, ignore_errors=True)
    _copy_plain(workspace)
    defaults = choose_defaults(extracts.span)
    pages = render_pages(definitions, defaults, extracts.empty)
    check_queries(pages, extracts, default_inputs(definitions, extracts.span, defaults))
    for name, text in pages.items():
        target = workspace / "pages" / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(pages)


def _copy_plain(workspace: Path) -> None:
    for name in PLAIN:
        source, target = TEMPLATES / name, workspace / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)


def render_pages(
    definitions: Definitions, defaults: Defaults, empty: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The text of every page by name; reports whose tables are `empty` are only named.

    A desk without SLAs, say, has no use for a third of the page that says so.
    """
    environment = _environment()
    titles = {page: page.replace("_", " ").capitalize() for page in definitions.pages}
    pages = [
        {
            "name": page,
            "title": titles[page],
            "reports": [
                {"title": report.title, "question": report.question}
                for report in arrange(definitions.reports_of(page))
                if report.relation.name not in empty
            ],
        }
        for page in definitions.pages
    ]
    rendered = {"index": environment.get_template("pages/index.md.jinja").render(pages=pages)}
    template = environment.get_template("pages/page.md.jinja")
    for page in definitions.pages:
        absent = [item for item in definitions.reports_of(page) if item.relation.name in empty]
        shown = [item for item in definitions.reports_of(page) if item not in absent]
        reports = arrange(tuple(shown))
        rendered[page] = template.render(
            title=titles[page],
            filters=definitions.filters,
            reports=list(reports),
            absent=[report.title for report in absent],
            described=lambda report, wide=reports: describe(report, wide[report]),
            defaults=defaults,
            presets=PRESETS,
            grains=GRAINS,
        )
    return rendered


def _environment() -> jinja2.Environment:
    """Jinja with delimiters that mean nothing to Svelte, whose braces fill the templates."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        keep_trailing_newline=True,
    )
    environment.filters["js"] = to_js
    environment.globals.update(
        source=SOURCE, clock_table=CLOCK_TABLE, filter_table=filter_table, series_table=series_table
    )
    return environment


def to_js(value: Any) -> str:
    """A JavaScript literal that survives Markdown and Svelte whatever its strings hold."""

    def escape(string: re.Match[str]) -> str:
        return re.sub(
            r"[^\w \\\".,:;()/-]", lambda match: f"\\u{ord(match.group()):04x}", string.group()
        )

    return JSON_STRING.sub(escape, json.dumps(value))


def arrange(reports: tuple[Report, ...]) -> dict[Report, bool]:
    """The reports in the order of the page, and whether each spans both columns.

    Those with a series are wide, for their table, and come last; where the others are odd in
    number, the first one is wide too, so that no row has a hole.
    """
    narrow = [report for report in reports if not report.series]
    wide = [report for report in reports if report.series]
    odd = len(narrow) % 2 == 1
    placed = {report: odd and number == 0 for number, report in enumerate(narrow)}
    return {**placed, **dict.fromkeys(wide, True)}


def describe(report: Report, is_wide: bool) -> dict[str, Any]:
    """What the page's component needs to know of a report."""
    return {
        "id": report.id,
        "title": report.title,
        "question": report.question,
        "definition": report.definition,
        "chart": report.chart,
        "wide": is_wide,
        "measures": [
            {"name": measure.name, "label": measure.label, "format": measure.format}
            for measure in report.measures
        ],
    }


def page_queries(text: str) -> Iterator[tuple[str, str]]:
    """Name and SQL of every query of a page."""
    for match in QUERY.finditer(text):
        yield match.group(1), match.group(2)


def default_inputs(definitions: Definitions, span: Span, defaults: Defaults) -> dict[str, str]:
    """What `${inputs...}` stands for before a reader touches the page."""
    return {
        **{f"inputs.{item.name}.value": "0" for item in definitions.filters},
        "inputs.grain": defaults.grain,
        "inputs.period.start": span.first.isoformat(),
        "inputs.period.end": span.last.isoformat(),
    }


def bind(sql: str, inputs: dict[str, str]) -> str:
    """The query's SQL with these inputs."""
    return re.sub(r"\$\{(.+?)\}", lambda match: inputs[match.group(1)], sql)


def check_queries(pages: dict[str, str], extracts: Extracts, inputs: dict[str, str]) -> None:
    """Run every query of every page over the extracts. Raises DashboardError."""
    with duckdb.connect() as connection:
        load_extracts(connection, extracts)
        for page, text in pages.items():
            for name, sql in page_queries(text):
                try:
                    connection.execute(bind(sql, inputs)).fetchall()
                except KeyError as error:
                    raise DashboardError(f"page {page}: query {name}: no input {error}") from error
                except duckdb.Error as error:
                    raise DashboardError(f"page {page}: query {name}: {error}") from error


def load_extracts(connection: duckdb.DuckDBPyConnection, extracts: Extracts) -> None:
    """Views on the extracts, under the names that the pages use."""
    connection.execute(f"create schema {SOURCE}")
    for table in extracts.tables:
        path = str(table.path).replace("'", "''")
        connection.execute(
            f"""create view {SOURCE}."{table.name}" as select * from read_parquet('{path}')"""
        )
