"""The `helpdesk` command. Heavy libraries are imported inside the commands that need them."""

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk import begin_cli, report_cli, spark_cli
from helpdesk.console import console, failures_explained
from helpdesk.errors import EXIT_CODES, HelpdeskError

if TYPE_CHECKING:
    from helpdesk.paths import OutputPaths
    from orchestration.build import Build

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The open help-desk analytics warehouse: raw tickets in, tested marts and pages out.",
)

app.command(epilog=EXIT_CODES)(begin_cli.ingest)
for begin in ("init", "simulate", "example", "contract", "doctor"):
    app.command()(getattr(begin_cli, begin))
app.add_typer(report_cli.app, name="report")
app.command("fields")(report_cli.fields)
app.command("cluster", epilog=EXIT_CODES)(spark_cli.cluster)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        console.print(f"helpdesk {version('helpdesk-warehouse')}")
        raise typer.Exit


@app.callback()
def opened(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand != "init":
        with failures_explained():
            import helpdesk.project  # noqa: F401 - a project that is not there is told here


Output = Annotated[
    Path, typer.Option(help="Folder of the published warehouse; created where missing.")
]
Config = Annotated[
    Path | None, typer.Option(help="YAML file of settings, such as report_timezone.")
]


@app.command(epilog=EXIT_CODES)
def build(
    landing: Annotated[
        Path, typer.Option(help="Landing folder: CSV, JSON Lines or Parquet by table.")
    ],
    output: Output,
    as_of: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="The build's clock, ISO 8601 with an offset. Default: now."
        ),
    ] = "",
    config: Config = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Read and model everything again.")
    ] = False,
    dashboards: Annotated[
        bool, typer.Option("--dashboards", help="Draw the dashboards too (needs Node 20).")
    ] = False,
    target: Annotated[
        str, typer.Option(help="What makes the models: duckdb, or spark, a cluster.")
    ] = "duckdb",
    shared: Annotated[
        Path | None,
        typer.Option(help="Folder that the cluster has mounted, too. Default: the settings'."),
    ] = None,
) -> None:
    """Land, check, model, test and publish: OUTPUT/marts.duckdb, Parquet and a catalogue beside it.

    Nothing that fails a gate is published. Example:

    helpdesk build --landing landing --output warehouse
    """
    from helpdesk.settings import parse_as_of

    with failures_explained():
        from helpdesk.settings import load_settings
        from orchestration.engines import engine_of

        load_settings(config)
        if as_of:
            parse_as_of(as_of)
        request = _request(landing, output, as_of, config, full_refresh, target, shared)
        # What is wrong with the target is told before anything is fetched or landed.
        engine_of(request)
        _run(request, with_dashboards=dashboards)


@app.command("dashboards", epilog=EXIT_CODES)
def draw(output: Output, config: Config = None) -> None:
    """Draw the dashboards again from the marts that are published in OUTPUT."""
    from helpdesk.paths import OutputPaths

    with failures_explained():
        if not OutputPaths(output).published.exists():
            raise HelpdeskError(f"{output}: nothing is published here; run `helpdesk build` first.")
        _run(_request(Path(), output, config=config), with_marts=False, with_dashboards=True)


@app.command()
def serve(
    output: Output,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
) -> None:
    """Show the dashboards of OUTPUT on this machine's loopback address."""
    from dashboards.server import serve as serve_site
    from helpdesk.paths import OutputPaths

    with failures_explained():
        site = OutputPaths(output).site
        if not site.exists():
            raise HelpdeskError(
                f"{site}: no dashboards yet; run `helpdesk build --dashboards` first."
            )
        console.print(f"http://127.0.0.1:{port} shows {site}; Ctrl-C ends it.")
        serve_site(site, port=port)


@app.command(epilog=EXIT_CODES)
def docs(output: Output) -> None:
    """Write OUTPUT/docs.html: every model, column, test and their lineage, one page."""
    from helpdesk.paths import OutputPaths
    from orchestration.docs import write_docs

    with failures_explained():
        console.print(f"wrote {write_docs(OutputPaths(output.resolve()))}")


@app.command(epilog=EXIT_CODES)
def publish(
    output: Output,
    to: Annotated[
        str, typer.Option(metavar="URL", help="Address of the database, without a password.")
    ] = "",
    to_env: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable that holds the address.")
    ] = "",
    grant_read: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="Role that may read the marts; may be repeated."),
    ] = None,
) -> None:
    """Publish the marts of OUTPUT to Postgres 15 or newer, as schema `marts`, for BI tools.

    Loaded beside what is served and swapped in by one transaction; tables that have not changed
    stay. A password belongs in the address of --to-env, in PGPASSWORD or in ~/.pgpass, for the
    command line is kept in the shell's history. Examples:

    helpdesk publish --output warehouse --to postgresql://loader@db.example.org/analytics

    helpdesk publish --output warehouse --to-env ANALYTICS_DATABASE --grant-read bi_reader
    """
    from helpdesk.paths import OutputPaths
    from helpdesk.publish import database_address, publish_marts

    with failures_explained():
        address = database_address(to, to_env)
        publish_marts(
            OutputPaths(output.resolve()),
            address,
            grant_read or (),
            lambda line: console.print(line, soft_wrap=True),
        )


@app.command(epilog=EXIT_CODES)
def rollback(
    output: Output,
    to: Annotated[
        str, typer.Option(metavar="BUILD", help="Folder of OUTPUT/builds. Default: the one before.")
    ] = "",
) -> None:
    """Serve an older build again: the marts, Parquet and catalogue of OUTPUT/builds/BUILD.

    Nothing is deleted. The next build that passes its gates is served as always: mend or stop
    what went wrong first. The dashboards follow with `helpdesk dashboards --output OUTPUT`.
    """
    from helpdesk.paths import OutputPaths
    from orchestration.publish import rollback as roll_back

    with failures_explained():
        paths = OutputPaths(output.resolve())
        if not paths.builds.exists():
            raise HelpdeskError(f"{output}: nothing is published here; run `helpdesk build` first.")
        console.print(f"serving build {roll_back(paths, to)}: {paths.published}", soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def vacuum(
    output: Output,
    keep: Annotated[
        int, typer.Option(min=1, help="The newest builds to keep, for readers and for rollbacks.")
    ] = 3,
) -> None:
    """Delete old builds of OUTPUT, and what a build or check that died has left there.

    Each build that is published deletes old ones itself: this is for a disk that fills up, with
    --keep 1 to the utmost. The build that is served stays, however old, and so does the working
    warehouse in OUTPUT/.work. To see what there is: ls OUTPUT/builds
    """
    from orchestration.builds import vacuum as vacuum_builds

    with failures_explained(), _built(output) as paths:
        console.print(f"{output}: {vacuum_builds(paths, keep)}", soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def check(output: Output) -> None:
    """Build OUTPUT's marts once more from scratch, beside them, and compare row for row.

    The landed rows, the clock and the settings are those of the last build, so that nothing may
    differ; exit code 4 says that something does. Nothing is published and nothing served changes.
    Needs the time of a full build, and for a while the space of OUTPUT/.work/warehouse.duckdb.
    """
    from helpdesk.progress import Progress
    from orchestration.full_check import check_against_full

    with failures_explained(), _built(output) as paths:
        with Progress(console) as progress:
            check_against_full(paths, lambda line: progress.report(logging.INFO, line))
        console.print(f"{output}: every mart is what a full build gives", soft_wrap=True)


def _request(
    landing: Path,
    output: Path,
    as_of: str = "",
    config: Path | None = None,
    full_refresh: bool = False,
    target: str = "duckdb",
    shared: Path | None = None,
) -> "Build":
    from orchestration.build import Build

    return Build(
        landing=str(landing),
        output=str(output),
        as_of=as_of,
        config=str(config or ""),
        full_refresh=full_refresh,
        target=target,
        shared=str(shared or ""),
    )


def _run(request: "Build", with_marts: bool = True, with_dashboards: bool = False) -> None:
    # A build makes objects by the million, few of them in cycles: to look for those as often as
    # Python does takes a tenth of its own time.
    gc.set_threshold(50_000)
    from helpdesk.progress import Progress
    from orchestration.run import quiet_environment, run_refresh

    quiet_environment()
    with Progress(console) as progress:
        run_refresh(request, progress.report, with_marts, with_dashboards)


@contextmanager
def _built(output: Path) -> Iterator["OutputPaths"]:
    """The paths of an output folder that has builds, while no build writes there."""
    from helpdesk.paths import OutputPaths
    from orchestration.build import folder_lock

    paths = OutputPaths(output.resolve())
    if not paths.builds.exists():
        raise HelpdeskError(f"{output}: nothing is published here; run `helpdesk build` first.")
    with folder_lock(paths):
        yield paths


if __name__ == "__main__":
    sys.exit(app())
