"""Reads the suites, `expectations/raw/<table>.yml`, and checks their structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from helpdesk.contract.tables import contract_tables
from helpdesk.core import sql
from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.core.yaml_files import read_yaml

FOLDER = PACKAGE_ROOT / "expectations" / "raw"
_COUNTS = "`rows`, or a mapping of `unusable` with or without `among`, or of `not_of_contract`"

# Tests whether staging can read a text. `{offset}` is empty or `?`.
_FORMS = {
    "is_date": "try_strptime(left(replace({text}, '-', ''), 8), '%Y%m%d') is not null",
    "is_time": """regexp_matches(
            {text},
            '(?i)^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{8}})[T ][0-9]{{2}}[0-9:.,]*'
            || '( ?(Z|UTC|GMT|[+-][0-9]{{2}}(:?[0-9]{{2}})?)){offset}$'
        )
        and try_strptime(left(replace({text}, '-', ''), 8), '%Y%m%d') is not null""",
    "is_boolean": "lower({text}) in ('true', 'false', '1', '0', '1.0', '0.0')",
}
_TEXT = "trim(value, ' ' || chr(9) || chr(10) || chr(13) || chr(160))"


def functions(source_timezone: str = "") -> list[str]:
    """The functions for conditions of suites, as macros. With a zone, times need no offset."""
    offset = "?" if source_timezone else ""
    return [
        f"{name}(value) as ({form.format(text=_TEXT, offset=offset)})"
        for name, form in _FORMS.items()
    ]


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A database without tables, to parse the queries of suites."""
    connection = duckdb.connect()
    for definition in functions():
        connection.execute(f"create macro {definition}")
    return connection


class GateError(Exception):
    """The gate cannot run: a suite is invalid, or there is no raw layer."""


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite, and the count that it checks.

    `type` and `kwargs` are those of Great Expectations. `among` and `unusable` are SQL conditions
    on a raw row. The checked value is the share of `unusable` rows among the rows of `among`. If
    `unusable` is empty, it is the number of rows of the table.
    """

    type: str
    kwargs: dict[str, Any]
    description: str
    among: str = "true"
    unusable: str = ""

    @property
    def is_of_table(self) -> bool:
        """Whether it checks the whole table instead of each row."""
        return not self.unusable

    @property
    def counts(self) -> str:
        """The SQL of two aggregates: the checked rows, and the unusable ones among them."""
        both = f"({self.among}) and ({self.unusable or 'false'})"
        return f"count(*) filter (where {self.among}), count(*) filter (where {both})"


@dataclass(frozen=True)
class Suite:
    """One suite file. A required table is checked even if it has no files."""

    path: Path
    required: bool
    expectations: tuple[Expectation, ...]

    @property
    def table(self) -> str:
        """The raw table of the suite, from the name of the file."""
        return self.path.stem

    def references(self, position: int) -> set[str]:
        """The other raw tables in the conditions of an expectation."""
        expectation = self.expectations[position]
        query = f"select {expectation.counts} from {sql.name(self.table)}"
        try:
            return _parser().get_table_names(query) - {self.table}
        except duckdb.Error as error:
            raise GateError(f"{self.path}: {expectation.description}: {error}") from error


def load_suites(folder: Path = FOLDER) -> list[Suite]:
    """Read all suites of a folder, sorted by name."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        # A wrong folder must not look like a gate that passed.
        raise GateError(f"{folder}: there is no suite (*.yml) in this folder")
    return [_load_suite(path) for path in paths]


def _load_suite(path: Path) -> Suite:
    """Read one suite file. Raises GateError with the path and the problem."""
    try:
        content = read_yaml(path)
    except yaml.YAMLError as error:
        raise GateError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        raise GateError(f"{path}: write a mapping with a list of `expectations`")
    if unknown := content.keys() - {"required", "expectations"}:
        names = ", ".join(sorted(map(str, unknown)))
        raise GateError(f"{path}: unknown keys: {names}; the keys are required, expectations")
    if not isinstance(content.get("required", False), bool):
        raise GateError(f"{path}: `required` must be true or false")
    for number, entry in enumerate(content["expectations"], start=1):
        if problem := _entry_problem(entry):
            raise GateError(f"{path}: expectation {number}: {problem}")
    expectations = (_expectation(path, entry) for entry in content["expectations"])
    return Suite(path, content.get("required", False), tuple(expectations))


def _expectation(path: Path, entry: dict[str, Any]) -> Expectation:
    kind, kwargs, counts = entry["type"], entry["kwargs"], entry["counts"]
    description = entry["meta"]["description"]
    if counts == "rows":
        return Expectation(kind, kwargs, description)
    column = counts.get("not_of_contract")
    if not column:
        return Expectation(kind, kwargs, description, **counts)
    table = contract_tables().get(path.stem)
    accepted = {one.name: one.accepted for one in table.columns}.get(column) if table else None
    if not accepted:
        raise GateError(
            f"{path}: the contract lists no values of {column}; write a condition `unusable` in "
            "place of `not_of_contract`"
        )
    # Like in staging, case and blanks around a value are ignored.
    values = ", ".join(map(sql.text, accepted))
    return Expectation(
        kind,
        kwargs,
        f"{description} ({', '.join(accepted)})",
        f"{sql.name(column)} is not null",
        f"lower(trim({sql.name(column)})) not in ({values})",
    )


def _entry_problem(entry: Any) -> str | None:
    """The problem in the structure of an expectation. Great Expectations checks the rest."""
    if not isinstance(entry, dict) or entry.keys() != {"type", "kwargs", "counts", "meta"}:
        return "write exactly the keys `type`, `kwargs`, `counts` and `meta`"
    if not isinstance(entry["type"], str) or not isinstance(entry["kwargs"], dict):
        return "`type` must be a text and `kwargs` a mapping"
    if not isinstance(entry["meta"], dict) or not isinstance(entry["meta"].get("description"), str):
        return "write a `description` in `meta`"
    if not _are_counts(entry["counts"]):
        return f"`counts` must be {_COUNTS}"
    return None


def _are_counts(counts: Any) -> bool:
    if not isinstance(counts, dict):
        return bool(counts == "rows")
    if not all(isinstance(one, str) and one for one in counts.values()):
        return False
    return counts.keys() in ({"unusable"}, {"among", "unusable"}, {"not_of_contract"})
