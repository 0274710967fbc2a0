"""The commands that come before a build: a project of one's own, and files to land."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from helpdesk.console import console, failures_explained


def ingest(
    landing: Annotated[Path, typer.Option(help="Landing folder; created where missing.")],
    vendors: Annotated[
        list[str] | None, typer.Argument(help="hubspot, zendesk. Default: all in the settings.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings, with a section `ingest`.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Tables that another loader has landed, instead of the API: duckdb:PATH, "
            "parquet:FOLDER, or postgres:VARIABLE, an environment variable that holds the "
            "address. #SCHEMA may follow.",
        ),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="Whose tables --from has: fivetran or airbyte.")
    ] = "fivetran",
) -> None:
    """Fetch what is new from vendors' APIs into LANDING, one folder each.

    `helpdesk build --config` does it too, before it builds. A run that breaks off goes on where
    it was. Tokens come from the environment. Examples:

    HUBSPOT_TOKEN=... helpdesk ingest hubspot --landing landing --config helpdesk.yml

    helpdesk ingest zendesk --landing landing --from duckdb:lake.duckdb --layout airbyte
    """
    from helpdesk.ingest_cli import ingest_tables, ingest_vendors

    with failures_explained():
        if origin:
            ingest_tables(vendors or [], landing, origin, layout, console)
        else:
            ingest_vendors(vendors or [], landing, config, console)


def simulate(
    out: Annotated[Path, typer.Option(help="Landing folder to write; its tables are replaced.")],
    tickets: Annotated[int, typer.Option(min=0, help="Tickets of the desk.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same desk.")] = 1,
    until: Annotated[
        str, typer.Option(metavar="TIME", help="The desk's last instant, ISO 8601 with an offset.")
    ] = "",
    companies: Annotated[
        int, typer.Option(min=1, help="Companies that write, a few of them most of the tickets.")
    ] = 120,
    no_incidents: Annotated[
        bool, typer.Option("--no-incidents", help="A quiet year: nothing out of the ordinary.")
    ] = False,
) -> None:
    """Write the landing files of a made-up help desk, to try the warehouse on."""
    from helpdesk.settings import parse_as_of
    from ingestion.simulator import DEFAULT_UNTIL, Desk
    from ingestion.simulator import simulate as simulate_desk

    with failures_explained():
        last: datetime = parse_as_of(until) if until else DEFAULT_UNTIL
        desk = Desk(companies=companies)
        simulate_desk(tickets, seed, out, last, desk, incidents=not no_incidents)
        console.print(f"{tickets:,} tickets until {last.isoformat()} in {out}")


def example(
    out: Annotated[Path, typer.Option(help="Landing folder to write; its tables are replaced.")],
) -> None:
    """Write the landing files of the real ServiceNow incident log in examples/servicenow."""
    from ingestion.examples import land_example

    with failures_explained():
        land_example(out)
        console.print(f"the ServiceNow incident log in {out}")


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the project; created where missing.")],
) -> None:
    """Make a folder for models, macros and reports of your own, beside the installed package.

    A file in models/ or macros/ with the path of one that ships replaces it. Example:

    helpdesk init desk && export HELPDESK_PROJECT=desk
    """
    from helpdesk.init import init_project

    with failures_explained():
        root = init_project(folder)
        console.print(
            f"{root}: models/, macros/ and reports/ are yours.\nexport HELPDESK_PROJECT={root}",
            soft_wrap=True,
        )


def contract() -> None:
    """Print the file contract as Markdown: every table and column of a landing folder."""
    from ingestion.contract import contract_markdown

    typer.echo(contract_markdown())


def doctor() -> None:
    """Say what this machine has and lacks for builds, dashboards and tests."""
    from helpdesk.doctor import examine

    findings = examine()
    for finding in findings:
        mark = (
            "[green]ok[/]     "
            if finding.is_ok
            else "[red]missing[/]"
            if finding.is_needed
            else "[yellow]absent[/] "
        )
        console.print(f"{mark} {finding.name}: {finding.found}", soft_wrap=True)
        if not finding.is_ok:
            console.print(f"        {finding.remedy}", soft_wrap=True)
    if any(finding.is_needed and not finding.is_ok for finding in findings):
        raise typer.Exit(1)
