"""The commands before a build: a project of your own, and files for the landing folder."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from helpdesk.core.console import console, failures_explained


def ingest(
    landing: Annotated[Path, typer.Option(help="Landing folder; created if missing.")],
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
            help="Tables that another loader has written, instead of the API: duckdb:PATH, "
            "parquet:FOLDER, or postgres:VARIABLE, an environment variable with the address. "
            "#SCHEMA may follow.",
        ),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="Layout of the tables of --from: fivetran or airbyte.")
    ] = "fivetran",
    account: Annotated[
        list[str] | None,
        typer.Option(help="One of several accounts of a vendor, by its name in the settings."),
    ] = None,
) -> None:
    """Fetch new records from vendors' APIs into LANDING, one folder per vendor.

    `helpdesk build --config` does this too, before it builds. A run that was interrupted continues
    at the same place. Tokens come from environment variables. Examples:

    HUBSPOT_TOKEN=... helpdesk ingest hubspot --landing landing --config helpdesk.yml

    helpdesk ingest zendesk --landing landing --from duckdb:lake.duckdb --layout airbyte
    """
    from helpdesk.cli.ingest import ingest_tables, ingest_vendors

    with failures_explained():
        if origin:
            ingest_tables(vendors or [], account or [], landing, origin, layout, config, console)
        else:
            ingest_vendors(vendors or [], account or [], landing, config, console)


def simulate(
    out: Annotated[Path, typer.Option(help="Landing folder to write; its tables are replaced.")],
    tickets: Annotated[int, typer.Option(min=0, help="Number of tickets.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 1,
    until: Annotated[
        str, typer.Option(metavar="TIME", help="The end of the data, ISO 8601 with an offset.")
    ] = "",
    companies: Annotated[
        int,
        typer.Option(min=1, help="Number of companies; a few of them write most of the tickets."),
    ] = 120,
    no_incidents: Annotated[
        bool, typer.Option("--no-incidents", help="A quiet year without unusual events.")
    ] = False,
) -> None:
    """Write the landing files of a simulated help desk, to try the warehouse."""
    from helpdesk.core.settings import parse_as_of
    from helpdesk.simulator import DEFAULT_UNTIL, Desk
    from helpdesk.simulator import simulate as simulate_desk

    with failures_explained():
        last: datetime = parse_as_of(until) if until else DEFAULT_UNTIL
        desk = Desk(companies=companies)
        simulate_desk(tickets, seed, out, last, desk, incidents=not no_incidents)
        console.print(f"{tickets:,} tickets until {last.isoformat()} in {out}")


def example(
    out: Annotated[Path, typer.Option(help="Landing folder to write; its tables are replaced.")],
) -> None:
    """Write the landing files of the real ServiceNow incident log in examples/servicenow."""
    from helpdesk.simulator.examples import land_example

    with failures_explained():
        land_example(out)
        console.print(f"the ServiceNow incident log in {out}")


def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the project; created if missing.")
    ] = Path("desk"),
    origin: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Folder with exports of a help desk."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings for reading the exports.")
    ] = None,
) -> None:
    """Create a folder for your own models, macros and reports, outside the installed package.

    A file in models/ or macros/ replaces the shipped file with the same path.

    With --from, guess which export feeds which table of the file contract and write the mapping as
    SQL to FOLDER/mapping, with TODO lines where the guess failed. The commands up to the first page
    are printed. Examples:

    helpdesk init desk && export HELPDESK_PROJECT=desk

    helpdesk init --from exports desk
    """
    from helpdesk.core.places import init_project

    with failures_explained():
        root = init_project(folder)
        if origin:
            from helpdesk.cli.mapping import begin_mapping

            for line in begin_mapping(folder, origin, config):
                console.print(line, soft_wrap=True)
            return
        console.print(
            f"{root}: models/, macros/ and reports/ are yours.\nexport HELPDESK_PROJECT={root}",
            soft_wrap=True,
        )


def map_exports(
    folder: Annotated[Path, typer.Argument(help="Folder of a project with a mapping.")],
    origin: Annotated[Path, typer.Option("--from", metavar="FOLDER", help="The exports.")],
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings. Default: FOLDER/helpdesk.yml.")
    ] = None,
) -> None:
    """Run the mapping of a project on exports and write the contract files to FOLDER/landing.

    The mapping is FOLDER/mapping/*.sql, which `helpdesk init --from` writes and you edit. Example:

    helpdesk map desk --from exports
    """
    from helpdesk.cli.mapping import map_to_landing

    with failures_explained():
        for line in map_to_landing(folder, origin, config):
            console.print(line, soft_wrap=True)


def contract() -> None:
    """Print the file contract as Markdown: every table and column of a landing folder."""
    from helpdesk.contract.tables import contract_markdown

    typer.echo(contract_markdown())


def doctor() -> None:
    """Check this machine for the requirements of builds, dashboards and tests."""
    from helpdesk.cli.doctor import examine

    findings = examine()
    for finding in findings:
        mark = (
            Text("ok     ", "green")
            if finding.is_ok
            else Text("missing", "red")
            if finding.is_needed
            else Text("absent ", "yellow")
        )
        console.print(mark, f"{finding.name}: {finding.found}", soft_wrap=True)
        if not finding.is_ok:
            console.print(f"        {finding.remedy}", soft_wrap=True)
    if any(finding.is_needed and not finding.is_ok for finding in findings):
        raise typer.Exit(1)
