"""The suites as data: `raw/<table>.yml`, read and held to their shape; see README.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

FOLDER = Path(__file__).parent / "raw"


class GateError(Exception):
    """The gate itself cannot run: a broken suite or no raw layer. Not a verdict on the feed."""


@dataclass(frozen=True)
class Suite:
    """One suite file. A required table is checked even if nothing was landed for it."""

    path: Path
    required: bool
    expectations: tuple[dict[str, Any], ...]

    @property
    def table(self) -> str:
        """The raw table the suite is for: the file's name says it."""
        return self.path.stem

    def is_of_table(self, position: int) -> bool:
        """Whether an expectation is about the table, and not about each of its rows."""
        return str(self.expectations[position]["type"]).startswith("expect_table_")

    def references(self, position: int) -> set[str]:
        """The other raw tables that an expectation's query reads."""
        query = self.expectations[position]["kwargs"].get("unexpected_rows_query")
        if not isinstance(query, str):
            return set()
        try:
            return duckdb.get_table_names(query.format(batch=self.table)) - {self.table}
        except (duckdb.Error, KeyError, IndexError, ValueError) as error:
            description = self.expectations[position]["meta"]["description"]
            raise GateError(f"{self.path}: {description}: {error}") from error


def load_suites(folder: Path = FOLDER) -> list[Suite]:
    """Read all suites of a folder, in the order of their names."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        # A mistyped folder must not look like a feed without a fault.
        raise GateError(f"{folder}: no suites here")
    return [_load_suite(path) for path in paths]


def _load_suite(path: Path) -> Suite:
    """Read one suite file, or say which file is wrong and how."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise GateError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        raise GateError(f"{path}: wants a mapping with a list of `expectations`")
    if unknown := content.keys() - {"required", "expectations"}:
        raise GateError(f"{path}: unknown keys: {', '.join(sorted(map(str, unknown)))}")
    if not isinstance(content.get("required", False), bool):
        raise GateError(f"{path}: `required` wants true or false")
    for number, entry in enumerate(content["expectations"], start=1):
        if problem := _entry_problem(entry):
            raise GateError(f"{path}: expectation {number} {problem}")
    return Suite(path, content.get("required", False), tuple(content["expectations"]))


def _entry_problem(entry: Any) -> str | None:
    """Say what the shape of an expectation lacks; Great Expectations checks the rest."""
    if not isinstance(entry, dict) or entry.keys() != {"type", "kwargs", "meta"}:
        return "wants `type`, `kwargs` and `meta`, nothing else"
    if not isinstance(entry["type"], str) or not isinstance(entry["kwargs"], dict):
        return "wants text as `type` and a mapping as `kwargs`"
    if not isinstance(entry["meta"], dict) or not isinstance(entry["meta"].get("description"), str):
        return "wants a `description` in `meta`"
    return None
