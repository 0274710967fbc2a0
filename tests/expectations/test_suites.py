"""The suites must agree with the contract."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.gate.suites import Suite, load_suites

SUITES = load_suites()

Contract = dict[str, dict[str, Any]]

each_suite = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table)


@each_suite
def test_a_description_starts_with_a_column_of_the_contract(
    suite: Suite, contract: Contract
) -> None:
    """The tests with the valid desk run every condition, so columns in them are checked there."""
    columns = [column["name"] for column in contract[suite.table]["columns"]]
    for one in suite.expectations:
        described = one.description.split()[0]
        assert described in (("at",) if one.is_of_table else columns)
        assert one.is_of_table or described in one.unusable


@each_suite
def test_a_suite_covers_what_the_contract_requires(suite: Suite, contract: Contract) -> None:
    descriptions = [one.description for one in suite.expectations]
    for column in contract[suite.table]["columns"]:
        name = column["name"]
        meta = column.get("config", {}).get("meta", {})
        # A history also has changes of own fields, declared or not.
        if (accepted := meta.get("accepted")) and not meta.get("accepts_own"):
            assert f"{name} is a value of the contract ({', '.join(accepted)})" in descriptions
        if meta.get("required"):
            assert f"{name} is filled" in descriptions
            if column["data_type"] == "timestamp":
                assert f"{name} is an ISO 8601 time with an offset or Z" in descriptions
    assert len(descriptions) == len(set(descriptions))


@each_suite
def test_a_suite_lists_no_values(suite: Suite) -> None:
    """Accepted values are only in the contract."""
    lists = [one for one in suite.expectations if "is a value of the contract" in one.description]
    text = suite.path.read_text(encoding="utf-8")
    assert text.count("not_of_contract") == len(lists)
    assert not any(one.among in text or one.unusable in text for one in lists)


def test_suites_are_required_where_the_contract_needs_the_table(contract: Contract) -> None:
    needed = {name for name, table in contract.items() if table["config"]["meta"].get("needed")}

    assert {suite.table for suite in SUITES if suite.required} == needed


def test_one_format_check_serves_all_times() -> None:
    """The same check is written once per column, and all copies must be equal."""
    checks = {
        (one.among.replace(column, "column"), one.unusable.replace(column, "column"))
        for suite in SUITES
        for one in suite.expectations
        if "ISO 8601 time" in one.description
        for column in [one.description.split()[0]]
    }

    assert checks == {("column is not null", "not is_time(column)")}
