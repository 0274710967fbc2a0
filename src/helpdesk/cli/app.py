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

from helpdesk.cli import alerts as alerts_cli
from helpdesk.cli import begin as begin_cli
from helpdesk.cli import dev as dev_cli
from helpdesk.cli import digest as digest_cli
from helpdesk.cli import explain as explain_cli
from helpdesk.cli import fields as fields_cli
from helpdesk.cli import mcp as mcp_cli
from helpdesk.cli import quarantine as quarantine_cli
from helpdesk.cli import report as report_cli
from helpdesk.cli import spark as spark_cli
from helpdesk.cli import status as status_cli
from helpdesk.core import redaction
from helpdesk.core.command import note_options
from helpdesk.core.console import console, failures_explained
from helpdesk.core.errors import EXIT_CODES, HelpdeskError, nothing_published

if TYPE_CHECKING:
    from helpdesk.core.build import Build
    from helpdesk.core.paths import OutputPaths

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The open help-desk analytics warehouse: raw tickets in, tested marts and pages out.",
)

app.command(epilog=EXIT_CODES)(begin_cli.ingest)
for begin in ("init", "simulate", "example", "contract", "doctor"):
    app.command()(getattr(begin_cli, begin))
app.command("map", epilog=EXIT_CODES)(begin_cli.map_exports)
app.add_typer(report_cli.app, name="report")
app.add_typer(alerts_cli.app, name="alerts")
app.add_typer(fields_cli.app, name="fields")
app.command(epilog=EXIT_CODES)(quarantine_cli.quarantine)
app.command(epilog=EXIT_CODES)(explain_cli.explain)
app.command(epilog=EXIT_CODES)(dev_cli.dev)
app.command(epilog=EXIT_CODES)(digest_cli.digest)
app.command(epilog=EXIT_CODES)(mcp_cli.mcp)
app.command(epilog=status_cli.STATUS_CODES)(status_cli.status)
app.command("cluster", epilog=EXIT_CODES)(spark_cli.cluster)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        console.print(f"helpdesk {version('helpdesk-warehouse')}")
        raise typer.Exit


@app.callback()
def opened(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    redaction.install()
    if context.invoked_subcommand != "init":
        note_options(sys.argv)
        with failures_explained():
            import helpdesk.transform.project  # noqa: F401 - reports a missing project here


Output = Annotated[Path, typer.Option(help="Folder of the published warehouse.")]
Config = Annotated[
    Path | None, typer.Option(help="YAML file of settings, such as report_timezone.")
]


@app.command(epilog=EXIT_CODES)
def build(
    landing: Annotated[
        Path, typer.Option(help="Landing folder: CSV, JSON Lines or Parquet files by table.")
    ],
    output: Annotated[
        Path, typer.Option(help="Folder of the published warehouse; created if missing.")
    ],
    as_of: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="The as_of of the build, ISO 8601 with an offset. Default: now."
        ),
    ] = "",
    config: Config = None,
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Load every file and run dbt on every ticket again."),
    ] = False,
    dashboards: Annotated[
        bool, typer.Option("--dashboards", help="Write the dashboard pages too.")
    ] = False,
    allow_shrinking: Annotated[
        bool,
        typer.Option(
            "--allow-shrinking",
            help="Publish even if the build has no tickets, or far fewer than the published one.",
        ),
    ] = False,
    target: Annotated[
        str, typer.Option(help="Engine that runs the models: duckdb, or spark for a cluster.")
    ] = "duckdb",
    shared: Annotated[
        Path | None,
        typer.Option(help="Folder that the cluster mounts too. Default: that of the settings."),
    ] = None,
) -> None:
    """Load, check, run dbt and publish: OUTPUT/helpdesk.duckdb and OUTPUT/catalogue.json.

    A build that fails a check is not published. Example:

    helpdesk build --landing landing --output warehouse
    """
    from helpdesk.core.settings import parse_as_of

    with failures_explained():
        from helpdesk.core.settings import load_settings
        from helpdesk.transform.engines.factory import engine_of

        load_settings(config)
        if as_of:
            parse_as_of(as_of)
        request = _request(
            landing, output, as_of, config, full_refresh, target, shared, allow_shrinking
        )
        # A problem with the target is reported before anything is fetched or loaded.
        engine_of(request)
        _run(request, with_dashboards=dashboards)


@app.command("dashboards", epilog=EXIT_CODES)
def dashboards(output: Output, config: Config = None) -> None:
    """Build the dashboard pages again from the published marts of OUTPUT."""
    from helpdesk.core.paths import OutputPaths

    with failures_explained():
        if not OutputPaths(output).published.exists():
            raise nothing_published(output)
        _run(_request(Path(), output, config=config), with_marts=False, with_dashboards=True)


@app.command(epilog=EXIT_CODES)
def serve(
    output: Output,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve on.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Serve on an address that other machines can reach, without a sign-in.",
        ),
    ] = False,
    config: Config = None,
) -> None:
    """Serve the dashboards of OUTPUT and the API on this machine's loopback address.

    A build that is published meanwhile is served at once. Ctrl-C or SIGTERM ends the server.
    """
    from helpdesk.core.paths import OutputPaths
    from helpdesk.core.settings import load_settings
    from helpdesk.serve.options import options_of
    from helpdesk.serve.server import make_server
    from helpdesk.serve.server import serve as serve_site

    with failures_explained():
        settings = load_settings(config)
        paths = OutputPaths(output)
        if not paths.published.exists():
            raise nothing_published(output)
        if not paths.site.exists():
            raise HelpdeskError(
                f"{paths.site}: the pages are not written; run `helpdesk dashboards --output "
                f"{output}` first."
            )
        options = options_of(settings, paths.site, paths.root, host)
        serve_site(
            make_server(options, host, port, allow_remote),
            lambda address: console.print(
                f"{address} serves {paths.site}; Ctrl-C ends it.", soft_wrap=True
            ),
        )


@app.command(epilog=EXIT_CODES)
def docs(output: Output) -> None:
    """Write OUTPUT/docs.html: one page with every model, column and test, and their lineage."""
    from helpdesk.core.paths import OutputPaths
    from helpdesk.transform.docs import write_docs

    with failures_explained():
        console.print(f"wrote {write_docs(OutputPaths(output.resolve()))}", soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def publish(
    output: Output,
    to: Annotated[
        str, typer.Option(metavar="URL", help="Address of the database, without the password.")
    ] = "",
    to_env: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable that holds the address.")
    ] = "",
    grant_read: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="Role that may read the marts; may be repeated."),
    ] = None,
    config: Config = None,
) -> None:
    """Publish the marts of OUTPUT to Postgres 15 or newer, as schema `marts`, for BI tools.

    Readers see the last build until one transaction replaces it; unchanged tables are not touched.
    Give the password in the address of --to-env, in PGPASSWORD or in ~/.pgpass: the shell's history
    keeps command lines. Examples:

    helpdesk publish --output warehouse --to postgresql://loader@db.example.org/analytics

    helpdesk publish --output warehouse --to-env ANALYTICS_DATABASE --grant-read bi_reader

    With postgres_roles of audiences in the settings, row-level security shows a role the rows of
    its audience, and none to a role without one.
    """
    from helpdesk.cli.publish import database_address, publish_marts
    from helpdesk.core.paths import OutputPaths
    from helpdesk.core.settings import load_settings

    with failures_explained():
        address = database_address(to, to_env)
        publish_marts(
            OutputPaths(output.resolve()),
            address,
            grant_read or (),
            load_settings(config).audiences,
            lambda line: console.print(line, soft_wrap=True),
            to_env,
        )


@app.command(epilog=EXIT_CODES)
def export(
    output: Output,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A new folder, by default OUTPUT/parquet; with --page a file .pdf or .png.",
        ),
    ] = None,
    with_reports: Annotated[
        bool, typer.Option("--with-reports", help="Write the reports (views) too.")
    ] = False,
    page: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="A page of OUTPUT/site with its filters, as in the browser."
        ),
    ] = "",
    size: Annotated[
        str, typer.Option(metavar="WIDTHxHEIGHT", help="Pixels of a picture of a page.")
    ] = "1440x2400",
    config: Config = None,
) -> None:
    """Write the published marts as Parquet, or with --page one page as PDF or PNG.

    FOLDER/MART/*.parquet, with a catalogue: only tables, unless --with-reports is given. A mart is
    one file, or several if it has more than 122,880 rows. FOLDER is a link that moves to the new
    files when all are written; the previous files stay until the next export. With `parquet: true`
    in the settings each build does this.

    A page needs the pages of `helpdesk dashboards`, and Chromium or Chrome. Example:

    helpdesk export --output warehouse --page "analyze?period=30" --to analyze.pdf
    """
    from helpdesk.core.errors import ConfigError
    from helpdesk.publish.parquet import export_parquet

    with failures_explained():
        if page:
            if to is None or with_reports:
                raise ConfigError(
                    "--page needs --to FILE.pdf or --to FILE.png, and no --with-reports."
                )
            _print_page(output, page, to, size, config)
            return
        with _built(output) as paths:
            target = to.absolute() if to else paths.parquet
            exported = export_parquet(paths.current.resolve(), target, with_reports)
            console.print(f"wrote {exported}", soft_wrap=True)


def _print_page(output: Path, page: str, to: Path, size: str, config: Path | None) -> None:
    from helpdesk.core.paths import OutputPaths
    from helpdesk.core.settings import load_settings
    from helpdesk.notify.printed import print_page

    paths = OutputPaths(output.resolve())
    if not paths.published.exists():
        raise nothing_published(output)
    print_page(paths, load_settings(config), page, to, size)
    console.print(f"wrote {to}", soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def rollback(
    output: Output,
    to: Annotated[
        str,
        typer.Option(
            metavar="BUILD",
            help="Folder of OUTPUT/builds, older or newer, or the beginning of its name. "
            "Default: the one before.",
        ),
    ] = "",
    dashboards: Annotated[
        bool, typer.Option("--dashboards", help="Build the pages of that build, too.")
    ] = False,
    config: Config = None,
) -> None:
    """Serve an older build again: the marts and the catalogue of OUTPUT/builds/BUILD.

    Nothing is deleted. The next build that passes its checks is served as always, so correct its
    cause or stop the schedule first. Builds of version 0.1 cannot be served again. Pages, Parquet
    and Postgres still have the later build: the command lists them, and the commands to follow.
    """
    from helpdesk.cli.status import stale_lines
    from helpdesk.core.paths import OutputPaths
    from helpdesk.pipeline.status import copies
    from helpdesk.publish.published import rollback as roll_back

    with failures_explained():
        paths = OutputPaths(output.resolve())
        if not paths.builds.exists():
            raise nothing_published(output)
        served = roll_back(paths, to)
        console.print(f"serving build {served}: {paths.published}", soft_wrap=True)
        if dashboards:
            _run(_request(Path(), output, config=config), with_marts=False, with_dashboards=True)
        for line in stale_lines(list(copies(paths)), served):
            console.print(line, soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def vacuum(
    output: Output,
    keep: Annotated[
        int,
        typer.Option(min=1, help="Number of newest builds to keep, for readers and for rollbacks."),
    ] = 3,
) -> None:
    """Delete old builds of OUTPUT, and leftovers of builds and checks that were killed.

    Each published build deletes old ones itself. Use this command when a disk fills up; --keep 1
    frees the most. The served build stays, however old, and so do the working files in
    OUTPUT/.work. To list the builds: ls OUTPUT/builds
    """
    from helpdesk.publish.builds import vacuum as vacuum_builds

    with failures_explained(), _built(output) as paths:
        console.print(f"{output}: {vacuum_builds(paths, keep)}", soft_wrap=True)


@app.command(epilog=EXIT_CODES)
def check(output: Output) -> None:
    """Run a full build in a scratch folder and compare its marts with those of OUTPUT row by row.

    The rows, as_of and settings are those of the last build, so nothing should differ; exit code 4
    means that something does. Nothing is published. Needs the time of a full build, and for that
    time the disk space of the two files in OUTPUT/.work.
    """
    from helpdesk.core.progress import Progress
    from helpdesk.publish.full_check import check_against_full

    with failures_explained(), _built(output) as paths:
        with Progress(console) as progress:
            check_against_full(paths, lambda line: progress.report(logging.INFO, line))
        console.print(f"{output}: every mart equals that of a full build", soft_wrap=True)


def _request(
    landing: Path,
    output: Path,
    as_of: str = "",
    config: Path | None = None,
    full_refresh: bool = False,
    target: str = "duckdb",
    shared: Path | None = None,
    allow_shrinking: bool = False,
) -> "Build":
    from helpdesk.core.build import Build

    return Build(
        landing=str(landing),
        output=str(output),
        as_of=as_of,
        config=str(config or ""),
        full_refresh=full_refresh,
        target=target,
        shared=str(shared or ""),
        allow_shrinking=allow_shrinking,
    )


def _run(request: "Build", with_marts: bool = True, with_dashboards: bool = False) -> None:
    # A build creates millions of objects, few of them in cycles. With Python's default threshold
    # the search for cycles would take a tenth of the build's own time.
    gc.set_threshold(50_000)
    from helpdesk.core.progress import Progress
    from helpdesk.pipeline.run import run_refresh

    with Progress(console) as progress:
        run_refresh(request, progress.report, with_marts, with_dashboards)


@contextmanager
def _built(output: Path) -> Iterator["OutputPaths"]:
    """The paths of an output folder with builds, under its lock."""
    from helpdesk.core.build import folder_lock
    from helpdesk.core.paths import OutputPaths

    paths = OutputPaths(output.resolve())
    if not paths.builds.exists():
        raise nothing_published(output)
    with folder_lock(paths):
        yield paths


if __name__ == "__main__":
    sys.exit(app())
