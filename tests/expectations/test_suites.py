"""The suites as data: they must say what the contract says."""

from __future__ import annotations

from typing import Any

import pytest

from expectations.gate import Suite, load_suites

SUITES = load_suites()

Contract = dict[str, dict[str, Any]]

each_suite = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table)


@each_suite
def test_every_column_of_a_suite_is_in_the_contract(suite: Suite, contract: Contract) -> None:
    columns = [column["name"] for column in contract[suite.table]["columns"]]
    for entry in suite.expectations:
        column = entry["kwargs"].get("column")
        # Queries are held to real columns by the good desk, which runs every one of them; here
        # their descriptions are, as a reader looks for the column there.
        described = entry["meta"]["description"].split()[0]
        assert column in (None, *columns)
        assert described in ("at", *columns)
        assert column in (None, described)


@each_suite
def test_a_suite_covers_what_the_contract_requires(suite: Suite, contract: Contract) -> None:
    sets = {
        entry["kwargs"]["column"]: entry["kwargs"]["value_set"]
        for entry in suite.expectations
        if entry["type"] == "expect_column_values_to_be_in_set"
    }
    descriptions = [entry["meta"]["description"] for entry in suite.expectations]
    for column in contract[suite.table]["columns"]:
        name = column["name"]
        meta = column.get("config", {}).get("meta", {})
        assert sets.get(name) == meta.get("accepted")
        if meta.get("required"):
            assert f"{name} is filled" in descriptions
            if column["data_type"] == "timestamp":
                assert f"{name} is an ISO 8601 time with an offset or Z" in descriptions
    assert len(descriptions) == len(set(descriptions))


def test_suites_are_required_where_the_contract_needs_the_table(contract: Contract) -> None:
    needed = {name for name, table in contract.items() if table["config"]["meta"].get("needed")}

    assert {suite.table for suite in SUITES if suite.required} == needed


def test_one_format_check_serves_all_times() -> None:
    """The same check is written once per column; it must not drift."""
    checks = {
        entry["kwargs"]["unexpected_rows_query"].replace(
            entry["meta"]["description"].split()[0], "column"
        )
        for suite in SUITES
        for entry in suite.expectations
        if "ISO 8601 time" in entry["meta"]["description"]
    }

    assert len(checks) == 1
