"""The published file in tools on SQLAlchemy: list, reflect, read whole tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from sqlalchemy import Engine, MetaData, create_engine, inspect, select, text

from helpdesk.core.paths import OutputPaths
from tests.orchestration.publishing.warehouse import (
    COLUMNS,
    ROWS,
    STATEMENTS,
    change,
    publish_next,
    write_manifest,
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    paths = OutputPaths(tmp_path_factory.mktemp("sqlalchemy"))
    write_manifest(paths, COLUMNS)
    change(paths, *STATEMENTS)
    publish_next(paths)
    return paths


@pytest.fixture(scope="module")
def engine(paths: OutputPaths) -> Iterator[Engine]:
    engine = create_engine(f"duckdb:///{paths.published}", connect_args={"read_only": True})
    yield engine
    engine.dispose()


def test_the_inspector_lists_schemas_tables_and_views(engine: Engine) -> None:
    inspector = inspect(engine)
    assert {"helpdesk.main", "helpdesk.marts"} <= set(inspector.get_schema_names())
    assert set(inspector.get_table_names(schema="marts")) == {"fct_tickets", "dim_agents"}
    assert inspector.get_view_names(schema="marts") == ["rpt_by_agent"]
    assert set(inspector.get_view_names()) == set(COLUMNS)
    assert inspector.has_table("rpt_by_agent", schema="marts")


@pytest.mark.parametrize("mart", COLUMNS)
def test_the_inspector_describes_a_table_and_a_view(engine: Engine, mart: str) -> None:
    inspector = inspect(engine)
    columns = inspector.get_columns(mart, schema="marts")
    assert {column["name"]: column["comment"] for column in columns} == {
        name: f"The {name} of {mart}." for name in COLUMNS[mart]
    }
    nullable = {column["name"] for column in columns if column["nullable"]}
    assert nullable == set(COLUMNS[mart]) - ({"ticket_key"} if mart == "fct_tickets" else set())
    assert inspector.get_table_comment(mart, schema="marts") == {"text": f"The grain of {mart}."}


def test_a_schema_is_reflected_and_queried(engine: Engine) -> None:
    metadata = MetaData()
    metadata.reflect(engine, schema="marts", views=True)
    agents = metadata.tables["marts.dim_agents"]
    with engine.connect() as connection:
        found = connection.execute(select(agents.c.name).where(agents.c.agent_key == "a7")).all()
    assert found == [("Agent 7",)]


@pytest.mark.parametrize(("mart", "rows"), [("fct_tickets", ROWS), ("rpt_by_agent", 50)])
@pytest.mark.parametrize("where", [{"schema": "marts"}, {}])
def test_pandas_reads_a_table(engine: Engine, mart: str, rows: int, where: dict[str, Any]) -> None:
    frame = pandas.read_sql_table(mart, engine, **where)
    assert (len(frame), list(frame)) == (rows, list(COLUMNS[mart]))


def test_the_type_that_an_older_dialect_casts_to_is_there(engine: Engine) -> None:
    # duckdb-engine 0.17 with SQLAlchemy before 2.1 reflects keys with a cast to it.
    query = text("select cast('pg_catalog.pg_constraint' as regclass)")
    with engine.connect() as connection:
        assert connection.execute(query).scalar() == "pg_catalog.pg_constraint"


def test_a_file_that_was_replaced_is_read_by_new_connections(paths: OutputPaths) -> None:
    before = Path(paths.published).resolve()
    publish_next(paths)
    assert Path(paths.published).resolve() != before
    engine = create_engine(f"duckdb:///{paths.published}", connect_args={"read_only": True})
    assert len(pandas.read_sql_table("dim_agents", engine, schema="marts")) == 50
    engine.dispose()
