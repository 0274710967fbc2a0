"""Types of single settings, each with its check."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def _is_variable_name(name: str) -> str:
    # A likely mistake is to paste the secret here, so the message does not repeat the value.
    if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("write the name of an environment variable here, not its value")
    return name


def _is_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("is not a mail address: write one such as support@example.org")
    return text


def _are_different(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(names) or len(set(names)) < len(names):
        raise ValueError("has an empty name, or the same environment variable twice")
    return names


def as_text(value: Any) -> Any:
    """A whole number as text: YAML reads the id of a Zendesk field as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def none_as_nothing(declared: Any) -> Any:
    """An empty list for None: YAML reads a key as None if every line below it is a comment."""
    return () if declared is None else declared


def _as_bound(value: Any) -> Any:
    # YAML reads a bound without a unit as a number, which may have a fraction.
    return str(value) if isinstance(value, float) else as_text(value)


VariableName = Annotated[str, AfterValidator(_is_variable_name)]
VariableNames = Annotated[tuple[VariableName, ...], AfterValidator(_are_different)]
Address = Annotated[str, AfterValidator(_is_address)]
# A value in the unit of a measure, such as 4h, 90% or 4.5.
Bound = Annotated[str, BeforeValidator(_as_bound)]
