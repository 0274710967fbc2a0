"""What a build shows on a terminal: a line per finished step, and below it what is being done."""

import logging
import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape


class Progress:
    """Prints information and warnings as lines; details pass by beside a spinner."""

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
        """Show one line of a step, at a level of the logging module."""
        seconds = time.monotonic() - self._started
        text = escape(message)
        if level >= logging.WARNING:
            self._console.print(f"[dim]{seconds:6.1f} s[/] [yellow]note:[/] {text}", soft_wrap=True)
        elif level >= logging.INFO:
            self._console.print(f"[dim]{seconds:6.1f} s[/] {text}", soft_wrap=True)
        else:
            self._status.update(text)
