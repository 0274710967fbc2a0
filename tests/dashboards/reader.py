"""A reader of the small desk's pages without a browser."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.dashboards.inputs import readings
from helpdesk.dashboards.pages import bind, own_queries, run_query, shared_queries
from tests.dashboards.truth import Without

GRAINS = ("day", "week", "month", "quarter", "year")


class Reader:
    """A reader of pages with given extracts, who chooses filters."""

    def __init__(self, desk, data: Path) -> None:
        self.desk, self.data = desk, data
        self.catalogue = json.loads((data / "desk.json").read_text())
        self.sqls = {
            f"{report.slug}_{kind}": sql
            for report in desk.definitions.reports
            for kind, sql in (shared_queries(report) | own_queries(report)).items()
        }
        self.connection = duckdb.connect()
        self.connection.execute("create schema desk")

    def inputs(self, *choices: dict[str, Any]) -> list[dict[str, Any]]:
        return [readings(self.catalogue, choice) for choice in choices]

    def rows(self, name: str, inputs: dict[str, Any]) -> list[dict]:
        return self.run(self.sqls[name], inputs)

    def run(self, sql: str, inputs: dict[str, Any]) -> list[dict]:
        relation = run_query(self.connection, self.data, bind(sql, inputs))
        names = [column[0] for column in relation.description]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def now(self, report, inputs: dict[str, Any]) -> dict:
        found = [row for row in self.rows(f"{report.slug}_period", inputs) if row["is_now"]]
        return found[0] if found else {}


def truth_keys(desk, choice: dict) -> dict:
    """The filters of a choice by key column, as the truth takes them."""
    columns = {item.name: item.column for item in desk.definitions.filters}
    left_out = {f"{name}.not": column for name, column in columns.items()}
    return {
        **{columns[name]: value for name, value in choice.items() if name in columns},
        **{left_out[name]: Without(v) for name, v in choice.items() if name in left_out},
    }


def everything(reader: Reader, grain: str = "month") -> dict[str, str]:
    clock = reader.catalogue["clock"]
    return {"period": "custom", "start": clock["first"], "end": clock["last"], "grain": grain}


def expect_values(row: dict, truth: dict, about: object) -> None:
    for name, value in truth.items():
        assert row.get(name) == pytest.approx(value), (about, name, row.get(name), value)
