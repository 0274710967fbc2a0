"""`helpdesk alerts`: test the channels of the settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import EXIT_CODES

if TYPE_CHECKING:
    from helpdesk.core.settings import Settings

STATES = {True: "on", False: "off", None: "unknown"}

app = typer.Typer(no_args_is_help=True, help="Test the alerts and their channels.")


@app.callback()
def alerts() -> None:
    """Keep `test` as a subcommand: Typer drops the name of a single command."""


@app.command("test", epilog=EXIT_CODES)
def rehearse(
    config: Annotated[Path, typer.Option(help="YAML file of settings, with `alerts`.")],
    output: Annotated[
        Path | None,
        typer.Option(help="Output folder: list each alert on a measure in its published build."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="With --output: send a sample to every channel, too.")
    ] = False,
) -> None:
    """Send a sample to every alert channel and print the result of each.

    With --output, print which alerts on measures are on in the published build, with their figures;
    nothing is sent without --send, and nothing is noted as sent. Examples:

    helpdesk alerts test --config helpdesk.yml

    helpdesk alerts test --config helpdesk.yml --output warehouse
    """
    with failures_explained():
        from helpdesk.core.settings import load_settings

        settings = load_settings(config)
        wrong = _rehearse(output, settings, config) if output else 0
        if send or not output:
            _send_samples(settings, config)
        if wrong:
            from helpdesk.core.errors import ConfigError

            raise ConfigError(f"{wrong} of the alerts on measures are wrong: see above.")


def _rehearse(output: Path, settings: "Settings", config: Path) -> int:
    """Print each alert of the settings; returns the number of those that are wrong."""
    from helpdesk.core.errors import nothing_published
    from helpdesk.core.paths import OutputPaths
    from helpdesk.notify.measures import rehearse as rehearsed

    paths = OutputPaths(output.resolve())
    if not paths.published.exists():
        raise nothing_published(output)
    wrong = 0
    for one in rehearsed(paths, settings, config):
        wrong += one.is_wrong
        state = "wrong" if one.is_wrong else STATES[one.is_on]
        console.print(visible(f"{state}: " + one.text.replace("\n", "\n  ")), soft_wrap=True)
    if not settings.alerts.measures:
        console.print(f"{config}: watches no measure; add one to `alerts: measures:`.")
    return wrong


def _send_samples(settings: "Settings", config: Path) -> None:
    from helpdesk.alerts.breaches import sample_alert
    from helpdesk.alerts.channels import channels, problem_of
    from helpdesk.core.errors import AlertError, ConfigError

    found = channels(settings.alerts)
    if not found:
        raise ConfigError(
            f"{config}: has no alert channel; add one to `alerts`: webhook_env, mail, "
            "urls_env or command."
        )
    failed = []
    for name, channel in found.items():
        problem = problem_of(channel, sample_alert())
        console.print(f"{name}:", visible(f"not sent: {problem}" if problem else "sent"))
        if problem:
            failed.append(name)
    if failed:
        raise AlertError(
            f"{len(failed)} of {len(found)} channels did not accept the sample: "
            f"{', '.join(failed)}. Correct the settings or the environment, and try again."
        )
