"""The consoles of the commands, and the reporting of failures.

Output contains names and values of other systems, so the consoles interpret no markup and no emoji
codes. Callers pass styles separately from the text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console as Plain
from rich.text import Text

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.redaction import redacted


class Console(Plain):
    """A console that prints no secret."""

    def print(self, *objects: Any, **options: Any) -> None:
        shown = (redacted(one) if isinstance(one, str) else one for one in objects)
        super().print(*shown, **options)


console = Console(highlight=False, markup=False, emoji=False)
errors = Console(stderr=True, highlight=False, markup=False, emoji=False)

# Control characters, which can move the cursor or change the terminal, and the marks that change
# the direction of text. Line ends and tabs are allowed.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> Text:
    """Text from outside, with every control character written as an escape."""
    return Text(_UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", redacted(text)))


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turn a failure into one message on standard error and its exit code."""
    try:
        yield
    except (HelpdeskError, RuntimeError) as error:
        errors.print(Text("error:", "red"), visible(str(error)), soft_wrap=True)
        code = error.exit_code if isinstance(error, HelpdeskError) else 1
        raise typer.Exit(code) from error
    except Exception as error:
        # DuckDB can raise this in any query, and its own message names no remedy.
        if not _is_damage(error):
            raise
        errors.print(
            Text("error:", "red"),
            visible(f"a file of the output folder is damaged ({error})."),
            "`helpdesk build --full-refresh` rebuilds it from the landing folder; "
            "`helpdesk rollback` publishes the previous build again.",
            soft_wrap=True,
        )
        raise typer.Exit(1) from error


def _is_damage(error: Exception) -> bool:
    from helpdesk.core.sql import is_damage

    return is_damage(str(error))
