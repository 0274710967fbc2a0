"""Matches the columns of a file with those of the contract, and reports missing ones.

The first line of a file without a header is a record, which may be a customer's. So messages quote
the columns of a file only if some of them are in the contract.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpdesk.contract.tables import Table
from helpdesk.core.errors import LandingError, near
from helpdesk.load.texts import WORDS, Header, plain_name

# Names that are safe to print: no addresses, numbers or sentences.
LIKE_A_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,39}")


@dataclass(frozen=True)
class Columns:
    """Positions in the file: `found` of contract columns, `extra` of all others, by name."""

    found: dict[str, int]
    extra: dict[str, list[int]]

    @property
    def repeated(self) -> dict[str, int]:
        """The columns outside the contract that occur more than once, with their number."""
        return {name: len(places) for name, places in self.extra.items() if len(places) > 1}


def match_columns(
    path: Path, table: Table, names: Sequence[str], header: Header | None = None
) -> Columns:
    """Find the contract's columns in a header.

    Raises LandingError if a required column is missing, or if a contract column is repeated.
    """
    found = {name: places for name in table.column_names if (places := _places(table, name, names))}
    missing = [name for name in table.required_names if name not in found]
    problems = []
    if missing:
        problems.append(_missing(path, table, names, [*found], missing, header))
    if repeated := sorted(name for name, places in found.items() if len(places) > 1):
        problems.append(
            f"{path}: column {', '.join(repeated)} is in the header more than once. Keep one of "
            "them, or rename the other."
        )
    if problems:
        raise LandingError("\n".join(problems))
    read = {places[0] for places in found.values()}
    extra: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        # dlt adds these columns to each row of a vendor's API.
        if position not in read and not name.startswith("_dlt_"):
            extra.setdefault(name, []).append(position)
    return Columns({name: places[0] for name, places in found.items()}, extra)


def _places(table: Table, column: str, names: Sequence[str]) -> list[int]:
    """The positions of a column: by its exact name, else regardless of case and blanks."""
    exact = [place for place, name in enumerate(names) if name == column]
    if exact or not table.is_of_contract:
        return exact
    return [place for place, name in enumerate(names) if plain_name(name) == column]


def no_contract_column(table: Table, names: Sequence[str]) -> bool:
    """Whether a line does not look like a header of this table.

    A header has a key, a required column, or two other columns of the table.
    """
    plain = {_as_words(name) for name in names}
    return not (
        plain & {*table.key_names, *table.required_names} or len(plain & {*table.column_names}) > 1
    )


def _missing(
    path: Path,
    table: Table,
    names: Sequence[str],
    found: list[str],
    missing: list[str],
    header: Header | None,
) -> str:
    wanted = [f"{name}*" if name in table.required_names else name for name in table.column_names]
    lines = [
        f"{path}: required column {', '.join(missing)} of table {table.name} is missing.",
        f"the contract has: {', '.join(wanted)} (* required)",
    ]
    # Only text files can have a record in place of the header.
    if header and no_contract_column(table, names):
        lines.insert(1, _unknown_header(header))
        lines.append(
            f"to change: line 1. It must name the columns, as in {','.join(table.required_names)}"
            " ... ; if it is a record, add such a line above it. For an export of a help desk, "
            "`helpdesk init --from` maps the columns"
        )
    else:
        shown = [name for name in names if LIKE_A_NAME.fullmatch(name.strip())]
        others = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
        lines.insert(1, f"the file has: {', '.join(shown)}{others}")
        free = [name for name in shown if plain_name(name) not in found]
        lines.append(f"to change: the header. {_renames(missing, free)}")
    return "\n    ".join(lines)


def _unknown_header(header: Header) -> str:
    """A description without the names, because the first line may be a customer's record."""
    count = len(header.names)
    if count == 1 and (other := _other_delimiter(header.names[0])):
        return f"the file has: one column; {other!r} is not a supported delimiter"
    if count == 1:
        return (
            "the file has: one column, and its name is not in the contract; supported delimiters "
            f"are {', '.join(WORDS.values())}"
        )
    by = WORDS.get(header.delimiter, repr(header.delimiter))
    return f"the file has: {count} columns, separated by {by}; none of them is in the contract"


def _as_words(name: str) -> str:
    """A heading as a column name: `Ticket ID` becomes `ticket_id`."""
    return re.sub(r"\W+", "_", plain_name(name)).strip("_")


def _other_delimiter(line: str) -> str:
    found = re.match(r"\W*[a-z]+_id\W*?([^\w\s\"'])\W*[a-z_]+", line, re.IGNORECASE)
    return found[1] if found else ""


def _renames(missing: list[str], free: list[str]) -> str:
    """Suggestions for the missing columns: rename one of the file's columns, or add one."""
    by_words = {_as_words(name): name for name in free}
    suggestions = []
    for column in missing:
        # A table's own id is often called id.
        guess = by_words.get(column) or (by_words.get("id") if column.endswith("_id") else None)
        if not guess and (hint := near(column, by_words)):
            guess = by_words[hint.removeprefix("; did you mean ").removesuffix("?")]
        suggestions.append(f"rename {guess} to {column}" if guess else f"add {column}")
    return "; ".join(suggestions)
