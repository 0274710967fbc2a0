"""`helpdesk report ...` and `helpdesk fields`: your own reports, without SQL."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.load.own_fields import OWN_FIELDS_HINT, resolved

if TYPE_CHECKING:
    from helpdesk.reports.catalogue import Catalogue
    from helpdesk.reports.report import SavedReport

app = typer.Typer(
    no_args_is_help=True,
    help="Reports of your own: a small YAML file in reports/, no SQL.",
    epilog="Start with `helpdesk fields`, then `helpdesk report new`. docs/report-builder.md has "
    "an example from the first field to the page.",
)

Name = Annotated[str, typer.Argument(help="The report: its name or its id, such as R3.")]
# Read from the command line, before the project is: `helpdesk.load.own_fields` has the rest.
Output = Annotated[
    Path | None,
    typer.Option("--output", help="Output folder; its last build has the list of own fields."),
]
Names = Annotated[list[str] | None, typer.Option(help="May be given several times.")]


@app.callback()
def reports(_output: Output = None) -> None:
    """Use the catalogue with the declared fields."""


def fields(
    word: Annotated[str, typer.Argument(help="Word to search for. Default: list everything.")] = "",
    source: Annotated[str, typer.Option(help="Only this source, such as tickets.")] = "",
    _config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="Settings that declare own fields. Default: HELPDESK_CONFIG."
        ),
    ] = None,
    _landing: Annotated[
        Path | None,
        typer.Option(
            "--landing", help="Landing folder with their types. Default: HELPDESK_LANDING."
        ),
    ] = None,
    _output: Output = None,
) -> None:
    """List the measures, dates, dimensions and details for reports, with descriptions.

    Examples: helpdesk fields channel; helpdesk fields "message id"; helpdesk fields --source calls
    """
    from helpdesk.reports.search import search

    with failures_explained():
        catalogue = _catalogue()
        if source:
            _known(source, catalogue.sources, "source")
        found = search(catalogue, word, source)
        if not found:
            hint = "" if resolved().fields else f". {OWN_FIELDS_HINT}"
            raise HelpdeskError(
                f"nothing matches {word!r}; `helpdesk fields` lists everything{hint}"
            )
        table = Table()
        # Names are shown in full, for copying.
        table.add_column("name", no_wrap=True)
        table.add_column("source and kind")
        table.add_column("description")
        for one in found:
            description = f"{one.label}. {one.description}"
            table.add_row(one.name, f"{one.source}, {one.kind}", description)
        console.print(table)
        for note in resolved().notes:
            console.print(visible(note), soft_wrap=True)


@app.command("list")
def list_reports(_output: Output = None) -> None:
    """List all reports. Saved and prebuilt ones can be run and copied."""
    from helpdesk.reports.files import listed
    from helpdesk.reports.models import read_reports
    from helpdesk.reports.saved import PREBUILT, REPORTS
    from helpdesk.transform.manifest import ensure_manifest
    from helpdesk.transform.nodes import read_manifest

    with failures_explained():
        catalogue = _catalogue()
        table = Table("id", "name", "page", "title")
        saved, prebuilt = (read_reports(catalogue, folder) for folder in (REPORTS, PREBUILT))
        models = read_manifest(ensure_manifest()).models.values()
        for row in listed(saved, prebuilt, models):
            table.add_row(*row)
        console.print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the file, such as calls_by_agent.")] = "",
    source: Annotated[str, typer.Option(help="Source of the rows to count, such as tickets.")] = "",
    measure: Names = None,
    dimension: Names = None,
    join: Names = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Filter: rows where the field has this value."),
    ] = None,
    title: Annotated[str, typer.Option(help="Its heading on the page.")] = "",
    page: Annotated[str, typer.Option(help="An existing page, or a new one by its name.")] = "",
    date: Annotated[
        str, typer.Option(help="Date on which rows count. Default: that of the measure.")
    ] = "",
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "",
    chart: Annotated[
        str,
        typer.Option(
            help="line, bar, area, stacked, share, heatmap, dots, figure, table or pivot."
        ),
    ] = "",
    axis: Annotated[str, typer.Option(help="Dimension as the x axis, in place of time.")] = "",
    series: Annotated[str, typer.Option(help="Dimension with a line or bar for each member.")] = "",
    rows: Annotated[str, typer.Option(help="Dimension with a row of a heatmap or dots each.")] = "",
    sort: Annotated[
        str, typer.Option(help="Which of them come first: count, highest, lowest or order.")
    ] = "",
    limit: Annotated[
        int, typer.Option(help="How many the chart shows one by one; the others are one together.")
    ] = 0,
    _output: Output = None,
) -> None:
    """Write a new report to reports/NAME.yml, and its model. Asks for missing options.

    Example: helpdesk report new calls_by_agent --source calls --measure missed_calls
    --dimension call_agent --title "Missed calls" --page responses
    """
    from helpdesk.reports.catalogue import is_reported
    from helpdesk.reports.files import save_report

    with failures_explained():
        catalogue = _catalogue()
        name = name or typer.prompt("Name, such as calls_by_agent")
        source = source or _ask("Source", list(catalogue.primary))
        _known(source, catalogue.primary, "source of reports")
        known = catalogue.sources[source]
        declared: dict[str, Any] = {
            "title": title or typer.prompt("Title"),
            "source": source,
            "join": join,
            "measures": measure
            or _ask_many(
                "Measures", [one.name for one in known.measures.values() if is_reported(one, known)]
            ),
            "dimensions": dimension,
            "filters": [_filter(one) for one in where or []],
            "date": date,
            "grain": grain,
            "chart": chart,
            "axis": axis,
            "series": series,
            "rows": rows,
            "sort": sort,
            "limit": limit,
            "page": page or typer.prompt("Page", default="responses"),
        }
        _saved(save_report(name, declared, catalogue), catalogue)


@app.command()
def copy(
    report: Annotated[str, typer.Argument(help="A prebuilt report's id, such as R3, or a name.")],
    name: Annotated[str, typer.Option("--as", help="Name of the copy.")],
    title: Annotated[str, typer.Option(help="Its heading on the page.")] = "",
    page: Annotated[str, typer.Option(help="An existing page, or a new one by its name.")] = "",
    _output: Output = None,
) -> None:
    """Copy a prebuilt or saved report to a new one, which you then edit in its file.

    Example: helpdesk report copy R3 --as first_response_by_priority --page responses
    """
    from helpdesk.reports.files import copied, save_report

    with failures_explained():
        catalogue = _catalogue()
        declared = copied(report, catalogue)
        declared |= {key: value for key, value in (("title", title), ("page", page)) if value}
        _saved(save_report(name, declared, catalogue), catalogue)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The report. Default: all reports.")] = "",
    _output: Output = None,
) -> None:
    """Check reports: every name, type and join, and that their models are up to date."""
    from helpdesk.reports.files import report_path
    from helpdesk.reports.models import (
        KINDS,
        all_reports,
        model_files,
        read_reports,
        stale_files,
        stale_line,
    )
    from helpdesk.reports.saved import read_report

    with failures_explained():
        catalogue = _catalogue()
        if name:
            read_report(report_path(name), catalogue)
        reports = all_reports(catalogue)
        for kind in KINDS:
            files = model_files(read_reports(catalogue, kind.reports), catalogue, kind)
            if stale := stale_files(files, kind.models):
                raise HelpdeskError(stale_line(stale, kind))
        console.print(f"{name or f'{len(reports)} reports'}: valid and up to date", soft_wrap=True)


@app.command()
def write(_output: Output = None) -> None:
    """Write the models, exposures and the editor's schema of all reports.

    Run it after a change of a file in reports/; the next build then has them.
    """
    from helpdesk.dashboards.written import write_generated_files

    with failures_explained():
        changed = write_generated_files(_catalogue())
        console.print(f"{len(changed)} files changed: {', '.join(changed)}" if changed
                      else "everything is up to date", soft_wrap=True)  # fmt: skip


@app.command()
def run(
    name: Name,
    output: Annotated[Path, typer.Option(help="Folder of the published warehouse.")],
    by: Annotated[
        list[str] | None,
        typer.Option(help="`date` or one of its dimensions. Default: those of its chart."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Filter: rows where the field has this value."),
    ] = None,
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="First day, such as 2026-01-31.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this CSV file.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Write the chart to this SVG file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Number of last rows to print.")] = 40,
) -> None:
    """Print a report's figures from the published marts. No build is needed.

    Example: helpdesk report run response_time_by_agent --output warehouse/simulated --grain month
    """
    from helpdesk.core.paths import OutputPaths
    from helpdesk.reports.files import find_report
    from helpdesk.reports.run import filtered, table_of
    from helpdesk.reports.saved import read_report

    with failures_explained():
        catalogue = _catalogue()
        file = find_report(name, catalogue)
        report = read_report(file, catalogue)
        if where:
            report = filtered(report, file, catalogue, [_field_and_value(one) for one in where])
        marts = OutputPaths(output.resolve()).published
        table = table_of(report, catalogue, marts, tuple(by or ()), grain, since, until)
        console.print(table.shown(rows))
        if len(table.rows) > rows:
            console.print(f"the last {rows} of {len(table.rows)} rows; --csv writes all")
        for path, put in (
            (csv, table.write_csv),
            (chart, lambda to: _write_chart(to, table, report)),
        ):
            if path:
                _put(path, put)


def _write_chart(path: Path, table: Any, report: "SavedReport") -> None:
    from helpdesk.reports.charts import Chart

    path.write_text(Chart(table, report.chart).svg(), encoding="utf-8")


def _put(path: Path, put: Callable[[Path], None]) -> None:
    try:
        put(path)
    except OSError as error:
        raise HelpdeskError(f"{path}: cannot be written: {error.strerror}") from error
    console.print(f"wrote {path}", soft_wrap=True)


def _saved(report: "SavedReport", catalogue: "Catalogue") -> None:
    """Write the files that are generated from a new report, and print the next commands."""
    from helpdesk.core.places import PROJECT_ROOT
    from helpdesk.dashboards.written import write_generated_files
    from helpdesk.reports.saved import shown_path

    write_generated_files(catalogue)
    console.print(
        f"wrote {shown_path(PROJECT_ROOT / report.file)}, and its model {report.model}. "
        f"The next build shows it on page {report.page}: helpdesk build --dashboards ...; its "
        f"figures now: helpdesk report run {report.name} --output ...",
        soft_wrap=True,
    )


def _catalogue() -> "Catalogue":
    from helpdesk.reports.catalogue import load_catalogue

    return load_catalogue()


def _known(name: str, names: Any, what: str) -> None:
    from helpdesk.reports.checks import nearest

    if name not in names:
        raise ConfigError(f"{name!r} is not a {what}{nearest(name, names)}")


def _field_and_value(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--where {text}: FIELD=VALUE is expected, such as priority=high")
    return field, value


def _filter(text: str) -> dict[str, Any]:
    import yaml

    field, value = _field_and_value(text)
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
