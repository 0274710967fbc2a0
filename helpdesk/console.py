"""Where commands write to, and how a failure is told."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from helpdesk.errors import HelpdeskError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turns a failure into one message on standard error and its exit code."""
    try:
        yield
    except (HelpdeskError, RuntimeError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        code = error.exit_code if isinstance(error, HelpdeskError) else 1
        raise typer.Exit(code) from error
