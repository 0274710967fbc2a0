"""Writes the pages of the site from the definitions.

Pages are code: what they show is read by the browser from the extracts. Every query of every page
runs here first, over those very files, with what a reader sees first and with other choices: the
site itself would only show a red box where a query's SQL is broken.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from dashboards.definitions import Definitions, Report
from dashboards.errors import DashboardError
from dashboards.node import run_script
from helpdesk.project import IS_CHECKOUT, PROJECT_ROOT

TEMPLATES = Path(__file__).parent / "templates"
# Where the site is built; its packages stay there.
WORKSPACE = (
    Path(__file__).parent / "evidence" if IS_CHECKOUT else PROJECT_ROOT / ".helpdesk" / "evidence"
)
# Copied as they are; the rest of the templates folder is rendered.
PLAIN = (
    "components",
    "pages/+layout.svelte",
    "pages/summary.md",
    "pages/sla.md",
    "pages/quality.md",
    "pages/tickets.md",
    "evidence.config.yaml",
    "evidence.settings.json",
)
# Where it is kept what the queries of a report give first.
FIRST = "first"
# Below the pages about the present moment.
FIRST_POSITION = 10
QUERY = re.compile(r"^```sql (\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXTRACT = re.compile(r"\bdesk\.(d_\w+)")
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# What is set into the queries is worked out by the code that the browser runs.
READINGS = """
import { readFileSync } from 'fs';
import { readings } from %s;
const desk = JSON.parse(readFileSync(%s, 'utf-8'));
const choices = JSON.parse(%s);
console.log(JSON.stringify(choices.map((one) => readings(desk, { ...desk.defaults, ...one }))));
"""


def write_pages(definitions: Definitions, workspace: Path) -> tuple[str, ...]:
    """Write every page, and the files they need, into the workspace; returns the page names."""
    for name in ("pages", "components"):
        shutil.rmtree(workspace / name, ignore_errors=True)
    for name in PLAIN:
        source, target = TEMPLATES / name, workspace / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    pages = render_pages(definitions)
    for name, text in pages.items():
        target = workspace / "pages" / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(pages)


def render_pages(definitions: Definitions) -> dict[str, str]:
    """The text of every page by name: the index, the pages of reports, and each report's own."""
    environment = _environment()
    titles = {page: page.replace("_", " ").capitalize() for page in definitions.pages}
    pages = [
        {
            "name": page,
            "title": titles[page],
            "reports": [
                {"title": report.title, "question": report.question}
                for report in arrange(definitions.reports_of(page))
            ],
        }
        for page in definitions.pages
    ]
    rendered = {"index": environment.get_template("pages/index.md.jinja").render(pages=pages)}
    for page in definitions.pages:
        reports = arrange(definitions.reports_of(page))
        rendered[page] = environment.get_template("pages/page.md.jinja").render(
            title=titles[page],
            position=FIRST_POSITION + definitions.pages.index(page),
            reports=list(reports),
            described=lambda report, wide=reports: describe(report, wide[report]),
        )
    template = environment.get_template("pages/report.md.jinja")
    for report in definitions.reports:
        rendered[f"report/{report.slug}"] = template.render(
            report=report,
            position=definitions.reports.index(report),
            page_title=titles[report.page],
            described=lambda report: describe(report, False) | {"relation": report.relation.name},
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
    environment.filters["yaml"] = json.dumps
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
        "slug": report.slug,
        "title": report.title,
        "question": report.question,
        "definition": report.definition,
        "chart": report.chart,
        "wide": is_wide,
        "series": report.series.name if report.series else None,
        "series_label": report.series.label if report.series else None,
        "axis": report.axis.name if report.axis else None,
        "axis_label": report.axis.label if report.axis else None,
        "breakdowns": [{"name": one.name, "label": one.label} for one in report.breakdowns],
        "measures": [
            {
                "name": measure.name,
                "label": measure.label,
                "format": measure.format,
                "per": bool(measure.per),
                "has_values": bool(measure.values),
            }
            for measure in report.measures
        ],
    }


def page_queries(text: str) -> Iterator[tuple[str, str]]:
    """Name and SQL of every query of a page."""
    for match in QUERY.finditer(text):
        yield match.group(1), match.group(2)


def readings(catalogue: Path, choices: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The inputs of all queries for each of some choices of a reader."""
    module = (TEMPLATES / "components" / "reading.mjs").as_uri()
    script = READINGS % tuple(
        json.dumps(text) for text in (module, str(catalogue), json.dumps(choices))
    )
    found: list[dict[str, Any]] = json.loads(run_script(script, WORKSPACE))
    return found


def choices_to_try(catalogue: dict[str, Any]) -> list[dict[str, str]]:
    """The page as it opens, each filter with its first member, and all of them at once."""
    filters = catalogue["filters"].items()
    single = [{name: members["keys"][0]} for name, members in filters if members["keys"]]
    together = {name: key for one in single for name, key in one.items()}
    return [{}, {"period": "all", "grain": "month"}, *single, together]


def bind(sql: str, inputs: dict[str, Any]) -> str:
    """The query's SQL with these inputs. Raises KeyError where there is no such input."""

    def value(match: re.Match[str]) -> str:
        found: Any = {"inputs": inputs}
        for name in match.group(1).split("."):
            found = found[name]
        return str(found)

    return re.sub(r"\$\{(.+?)\}", value, sql)


def check_queries(definitions: Definitions, data: Path) -> None:
    """Run every query of every page over the extracts in `data`. Raises DashboardError.

    What a report shows before a reader has chosen anything is kept, for the browser to show while
    it still opens its database.
    """
    catalogue = data / "desk.json"
    tried = readings(catalogue, choices_to_try(json.loads(catalogue.read_text(encoding="utf-8"))))
    pages = render_pages(definitions)
    with duckdb.connect() as connection:
        connection.execute("create schema desk")
        for page, text in pages.items():
            first: dict[str, list[dict[str, Any]]] = {}
            for name, sql in page_queries(text):
                for inputs in tried:
                    try:
                        result = run_query(connection, data, bind(sql, inputs))
                    except KeyError as error:
                        raise DashboardError(
                            f"page {page}: query {name}: no input {error}"
                        ) from error
                    except duckdb.Error as error:
                        raise DashboardError(f"page {page}: query {name}: {error}") from error
                    if inputs is tried[0] and page in definitions.pages:
                        columns = [column for column, *_ in result.description]
                        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
                        first[name] = rows
            if page in definitions.pages:
                write_first(definitions.reports_of(page), first, data / FIRST)


def write_first(
    reports: Iterable[Report], rows: Mapping[str, list[dict[str, Any]]], folder: Path
) -> None:
    """Write a file for each report: the rows of its queries by kind: `period`, `trend`, ..."""
    folder.mkdir(exist_ok=True)
    for report in reports:
        own = f"{report.slug}_"
        found = {name.removeprefix(own): rows[name] for name in rows if name.startswith(own)}
        file = folder / f"{report.slug}.json"
        file.write_text(json.dumps(found, default=str), encoding="utf-8")


def run_query(
    connection: duckdb.DuckDBPyConnection, data: Path, sql: str
) -> duckdb.DuckDBPyConnection:
    """Run a bound query over the extracts in `data`, each a view of the name it has in SQL."""
    for table in dict.fromkeys(EXTRACT.findall(sql)):
        _, *path = table.removeprefix("d_").split("__")
        file = str(data.joinpath(*path).with_suffix(".parquet")).replace("'", "''")
        connection.execute(
            f"create view if not exists desk.{table} as select * from read_parquet('{file}')"
        )
    return connection.execute(sql)
