"""The names that help desks use for the columns of the file contract, from `synonyms.yml`."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from helpdesk.contract.tables import contract_tables
from helpdesk.core.yaml_files import read_yaml

LISTED = Path(__file__).with_name("synonyms.yml")
# Jira's heading of a custom field.
CUSTOM = re.compile(r"custom field \((.*)\)", re.IGNORECASE)


@cache
def synonyms() -> dict[str, Any]:
    """By table: words in the names of its files, and headings of its columns."""
    declared: dict[str, Any] = read_yaml(LISTED)
    return declared


def plain_heading(name: str) -> str:
    """A heading in lower case, with blanks for punctuation, as it is compared."""
    inside = CUSTOM.fullmatch(name.strip())
    plain = re.sub(r"[^\w#']+|_", " ", (inside[1] if inside else name).lower())
    return " ".join(plain.split())


@cache
def known_headings() -> frozenset[str]:
    """All headings and columns, in lower case."""
    listed = [
        heading
        for table, declared in synonyms().items()
        if table != "states"
        for headings in declared["columns"].values()
        for heading in headings
    ]
    own = [column for table in contract_tables().values() for column in table.column_names]
    return frozenset([*listed, *own])


def state_of(status: str) -> str:
    """The state of a status by its words; empty if no word is known."""
    words = f" {plain_heading(status)} "
    for state, known in synonyms()["states"]:
        if any(f" {word} " in words for word in known):
            return str(state)
    return ""


def find_columns(table: str, names: tuple[str, ...]) -> dict[str, str]:
    """The columns of a table, each with a file's column that has a known heading.

    The name in the contract counts first, then the headings in their order. Each column of the file
    is used once.
    """
    left = {plain_heading(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    for column, headings in synonyms()[table]["columns"].items():
        for heading in (plain_heading(column), *headings):
            if heading in left and not (heading == "#" and "number" in left):
                found[column] = left.pop(heading)
                break
    return found
