"""`helpdesk alerts`: test the channels of the settings."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import EXIT_CODES

app = typer.Typer(no_args_is_help=True, help="Test the alert channels of the settings.")


@app.callback()
def alerts() -> None:
    """Keep `test` as a subcommand: Typer drops the name of a single command."""


@app.command(epilog=EXIT_CODES)
def test(
    config: Annotated[Path, typer.Option(help="YAML file of settings, with `alerts`.")],
) -> None:
    """Send a sample to every alert channel and print the result of each.

    helpdesk alerts test --config helpdesk.yml
    """
    with failures_explained():
        from helpdesk.alerts.breaches import sample_alert
        from helpdesk.alerts.channels import channels, problem_of
        from helpdesk.core.errors import AlertError, ConfigError
        from helpdesk.core.settings import load_settings

        found = channels(load_settings(config).alerts)
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
