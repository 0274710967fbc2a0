"""The progress of a build on a terminal: a line per finished step, and the current step below."""

import logging
import time
from types import TracebackType

from rich.console import Console
from rich.text import Text

from helpdesk.core.console import visible


class Progress:
    """Prints information and warnings as lines, and shows details next to a spinner."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._status = console.status("starting")

    def __enter__(self) -> "Progress":
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def report(self, level: int, message: str) -> None:
        """Show one line of a step. `level` is one of the logging module."""
        seconds = time.monotonic() - self._started
        text, at = visible(message), Text(f"{seconds:6.1f} s", "dim")
        if level >= logging.WARNING:
            self._console.print(at, Text("note:", "yellow"), text, soft_wrap=True)
        elif level >= logging.INFO:
            self._console.print(at, text, soft_wrap=True)
        else:
            self._status.update(text)
