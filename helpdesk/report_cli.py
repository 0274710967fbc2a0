"""`helpdesk report ...` and `helpdesk fields`: reports of one's own, without SQL."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from helpdesk.console import console, failures_explained
from helpdesk.errors import HelpdeskError

if TYPE_CHECKING:
    from builder.catalogue import Catalogue
    from builder.report import SavedReport

app = typer.Typer(
    no_args_is_help=True,
    help="Reports of your own: a small YAML file in reports/, no SQL.",
    epilog="Begin with `helpdesk fields`, then `helpdesk report new`. docs/report-builder.md has "
    "an example from the first field to the page.",
)

Name = Annotated[str, typer.Argument(help="The report: its file in reports/ without .yml.")]
Names = Annotated[list[str] | None, typer.Option(help="May be given several times.")]


def fields(
    word: Annotated[str, typer.Argument(help="What to look for; everything if left out.")] = "",
    source: Annotated[str, typer.Option(help="Only of this source, such as tickets.")] = "",
) -> None:
    """List what reports are made of: measures, dates, dimensions, details, with descriptions.

    Examples: helpdesk fields channel; helpdesk fields "message id"; helpdesk fields --source calls
    """
    from builder.search import search

    with failures_explained():
        catalogue = _catalogue()
        if source:
            _known(source, catalogue.sources, "source")
        found = search(catalogue, word, source)
        if not found:
            raise HelpdeskError(
                f"nothing is called {word!r} or like it; `helpdesk fields` lists all"
            )
        table = Table()
        # Names are there to be copied.
        table.add_column("name", no_wrap=True)
        table.add_column("source and kind")
        table.add_column("what it is")
        for one in found:
            told = escape(f"{one.label}. {one.description}")
            table.add_row(one.name, f"{one.source}, {one.kind}", told)
        console.print(table)


@app.command("list")
def list_reports() -> None:
    """List the saved reports, and the prebuilt ones that can be copied."""
    from builder.files import listed, prebuilt_reports
    from builder.models import read_reports

    with failures_explained():
        manifest = _manifest()
        table = Table("id", "name", "page", "title")
        for row in listed(read_reports(_catalogue()), prebuilt_reports(manifest)):
            table.add_row(*map(escape, row))
        console.print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the file, such as calls_by_agent.")] = "",
    source: Annotated[str, typer.Option(help="What it counts rows of, such as tickets.")] = "",
    measure: Names = None,
    dimension: Names = None,
    join: Names = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="A filter: the field is that value."),
    ] = None,
    title: Annotated[str, typer.Option(help="Its heading on the page.")] = "",
    page: Annotated[str, typer.Option(help="An existing page, or a new one by its name.")] = "",
    date: Annotated[str, typer.Option(help="The date it counts on. Default: the measure's.")] = "",
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "",
    chart: Annotated[str, typer.Option(help="bar or line.")] = "",
    axis: Annotated[str, typer.Option(help="A dimension drawn in place of time.")] = "",
    series: Annotated[str, typer.Option(help="A dimension drawn as lines or bars.")] = "",
) -> None:
    """Write a new report to reports/NAME.yml, and its model; asks for what no flag says.

    Example: helpdesk report new calls_by_agent --source calls --measure missed_calls
    --dimension call_agent --title "Missed calls" --page responses
    """
    from builder.files import save_report

    with failures_explained():
        catalogue = _catalogue()
        name = name or typer.prompt("Name, such as calls_by_agent")
        source = source or _ask("Source", list(catalogue.primary))
        _known(source, catalogue.primary, "source of reports")
        known = catalogue.sources[source]
        told: dict[str, Any] = {
            "title": title or typer.prompt("Title"),
            "source": source,
            "join": join,
            "measures": measure
            or _ask_many("Measures", [one.name for one in known.measures.values() if not one.of]),
            "dimensions": dimension,
            "filters": [_filter(one) for one in where or []],
            "date": date,
            "grain": grain,
            "chart": chart,
            "axis": axis,
            "series": series,
            "page": page or typer.prompt("Page", default="responses"),
        }
        _saved(save_report(name, told, catalogue), catalogue)


@app.command()
def copy(
    report: Annotated[str, typer.Argument(help="A prebuilt report's id, such as R3, or a name.")],
    name: Annotated[str, typer.Option("--as", help="Name of the copy.")],
    title: Annotated[str, typer.Option(help="Its heading on the page.")] = "",
    page: Annotated[str, typer.Option(help="An existing page, or a new one by its name.")] = "",
) -> None:
    """Start a report of your own from a prebuilt or a saved one, to be changed in its file.

    Example: helpdesk report copy R3 --as first_response_by_priority --page responses
    """
    from builder.files import copied, save_report

    with failures_explained():
        catalogue = _catalogue()
        told = copied(report, _manifest(), catalogue)
        told |= {key: value for key, value in (("title", title), ("page", page)) if value}
        _saved(save_report(name, told, catalogue), catalogue)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The report; all of them if left out.")] = "",
) -> None:
    """Check saved reports: every name, type and join, and that their models are up to date."""
    from builder.files import report_path
    from builder.models import model_files, read_reports, stale_files
    from builder.saved import read_report

    with failures_explained():
        catalogue = _catalogue()
        if name:
            read_report(report_path(name), catalogue)
        reports = read_reports(catalogue)
        stale = stale_files(model_files(reports, catalogue))
        if stale:
            raise HelpdeskError(
                f"{', '.join(stale)} in models/marts/custom are not what reports/ "
                "gives; run `helpdesk report write`"
            )
        console.print(f"{name or f'{len(reports)} reports'}: right, and up to date", soft_wrap=True)


@app.command()
def write() -> None:
    """Write the models, exposures and the editor's schema of all saved reports.

    To be run after a file in reports/ was changed; the next build then has them.
    """
    from builder.written import write_all

    with failures_explained():
        changed = write_all(_catalogue())
        console.print(f"{len(changed)} files changed: {', '.join(changed)}" if changed
                      else "everything is up to date", soft_wrap=True)  # fmt: skip


@app.command()
def run(
    name: Name,
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    by: Annotated[
        list[str] | None,
        typer.Option(help="`date` or one of its dimensions. Default: what its chart shows."),
    ] = None,
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="First day, such as 2026-01-31.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this CSV file.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Write the chart to this SVG file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="The last rows to show here.")] = 40,
) -> None:
    """Show a report's figures, straight from the published marts: no build is needed.

    Example: helpdesk report run response_time_by_agent --output warehouse/simulated --grain month
    """
    from builder.files import report_path
    from builder.run import table_of
    from builder.saved import read_report
    from helpdesk.paths import OutputPaths

    with failures_explained():
        catalogue = _catalogue()
        report = read_report(report_path(name), catalogue)
        marts = OutputPaths(output.resolve()).published
        table = table_of(report, catalogue, marts, tuple(by or ()), grain, since, until)
        console.print(table.shown(rows))
        if len(table.rows) > rows:
            console.print(f"the last {rows} of {len(table.rows)} rows; --csv writes all")
        for path, put in ((csv, table.write_csv), (chart, lambda to: _drawn(to, table, report))):
            if path:
                _put(path, put)


def _drawn(path: Path, table: Any, report: "SavedReport") -> None:
    from builder.charts import Chart

    path.write_text(Chart(table, report.chart).svg(), encoding="utf-8")


def _put(path: Path, put: Callable[[Path], None]) -> None:
    try:
        put(path)
    except OSError as error:
        raise HelpdeskError(f"{path}: cannot be written: {error.strerror}") from error
    console.print(f"wrote {path}", soft_wrap=True)


def _saved(report: "SavedReport", catalogue: "Catalogue") -> None:
    """Write what follows from a new file, and say what comes next."""
    from builder.written import write_all

    write_all(catalogue)
    console.print(
        f"wrote {report.file}, and its model {report.model}. The next build shows it on page "
        f"{report.page}: helpdesk build --dashboards ...; its figures now: helpdesk report run "
        f"{report.name} --output ...",
        soft_wrap=True,
    )


def _catalogue() -> "Catalogue":
    from builder.catalogue import load_catalogue

    return load_catalogue()


def _manifest() -> dict[str, Any]:
    import json

    from orchestration.dbt_project import ensure_manifest

    found: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    return found


def _known(name: str, names: Any, what: str) -> None:
    from dashboards.checks import nearest

    if name not in names:
        raise HelpdeskError(f"{name!r} is no {what}{nearest(name, names)}")


def _filter(told: str) -> dict[str, Any]:
    import yaml

    field, equals, value = told.partition("=")
    if not equals:
        raise HelpdeskError(f"--where {told}: FIELD=VALUE is expected, such as priority=high")
    try:
        return {"field": field.strip(), "is": yaml.safe_load(value)}
    except yaml.YAMLError:
        return {"field": field.strip(), "is": value}


def _ask(what: str, names: list[str]) -> str:
    console.print(f"{what}: {', '.join(names)}", soft_wrap=True)
    answer: str = typer.prompt(what)
    return answer.strip()


def _ask_many(what: str, names: list[str]) -> list[str]:
    return [one.strip() for one in _ask(what, names).split(",") if one.strip()]
