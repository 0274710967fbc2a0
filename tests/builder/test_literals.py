"""Values stay literals in every layer that SQL passes through."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.literals import literal
from helpdesk.reports.properties import properties_yaml
from helpdesk.reports.saved import read_report
from helpdesk.reports.sql import Writer
from tests.builder.examples import HOSTILE, HOSTILE_REPORTS

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def tried(test):
    """The hostile texts, in addition to random ones."""
    for text in HOSTILE:
        test = example(text)(test)
    return test


@settings(deadline=None)
@given(TEXTS)
@tried
def test_a_text_survives_as_a_literal(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {literal(text)}").fetchone() == (text,)


@settings(deadline=None)
@given(TEXTS)
@tried
def test_no_template_interprets_a_literal(text: str) -> None:
    sql = literal(text)
    assert jinja2.Template(sql, keep_trailing_newline=True).render() == sql
    assert not set("{}%#\\\n") & set(sql)


def test_other_values_are_sql_literals() -> None:
    assert literal(True) == "true"
    assert literal(7) == "7"
    assert literal(-0.5) == "-0.5"
    assert literal(date(2026, 1, 31)) == "date '2026-01-31'"
    assert literal(datetime(2026, 1, 31, 12)) == "timestamp '2026-01-31 12:00:00'"
    with pytest.raises(ValueError, match="null character"):
        literal("a\0b")


class Relation(str):
    """A stand-in for a relation of dbt."""

    def include(self, database: bool) -> str:
        return f"marts.{self}"


def empty(*arguments: object, **named: object) -> str:
    """A macro of the declared fields, without declared fields."""
    return ""


@pytest.mark.parametrize("name", HOSTILE_REPORTS)
def test_a_model_of_hostile_values_has_only_its_own_templates(
    catalogue: Catalogue, tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.yml"
    path.write_text(HOSTILE_REPORTS[name], encoding="utf-8")
    report = read_report(path, catalogue)
    sql = Writer(report, catalogue).sql()
    rendered = (
        jinja2.Environment(undefined=jinja2.StrictUndefined)
        .from_string(sql)
        .render(ref=Relation, sorted_values=str, own_filter_columns=empty, own_filter_join=empty)
    )
    with duckdb.connect() as connection:
        statements = connection.extract_statements(rendered)
    assert [one.type for one in statements] == [duckdb.StatementType.SELECT]
    properties = properties_yaml([report], catalogue)
    # dbt renders every text of the properties.
    assert jinja2.Template(properties, keep_trailing_newline=True).render() == properties
    (model,) = yaml.safe_load(properties)["models"]
    assert model["config"]["meta"]["report"]["title"] == report.title
