"""What is written is what changed; what is served is the working warehouse, whole."""

import json
import random
from pathlib import Path

import duckdb
import pytest

from helpdesk.paths import OutputPaths
from orchestration.dbt_project import mart_keys, mart_nodes
from tests.orchestration.publishing.warehouse import (
    LISTS,
    SPELLS,
    assert_serves_the_working_warehouse,
    change,
    inodes,
    publish_next,
    served,
    written,
)


def test_a_first_build_is_cut_by_month_and_read_only(paths: OutputPaths) -> None:
    assert_serves_the_working_warehouse(paths)
    catalogue = json.loads((paths.root / "catalogue.json").read_text())
    models = {model["name"]: model["parquet"] for model in catalogue["models"]}
    assert models[SPELLS] == {
        "files": f"parquet/{SPELLS}/*.parquet",
        "months_of": "entered_date",
        "open_rows": "is_current",
    }
    assert models["dim_agents"] == {"files": "parquet/dim_agents.parquet"}
    for parquet in models.values():
        if column := parquet.get("months_of"):
            apart = parquet.get("open_rows", "false")
            months = duckdb.execute(
                f"""select distinct parse_filename(filename, true),
                    case when {apart} then 'open'
                        else coalesce(strftime({column}, '%Y-%m'), 'undated') end
                from read_parquet('{paths.root / parquet["files"]}', filename = true)"""
            ).fetchall()
            assert all(file == month for file, month in months)
    files = [path for path in paths.current.resolve().rglob("*.*") if path.suffix != ".json"]
    assert {path.stat().st_mode & 0o222 for path in files if path.is_file()} == {0}


def test_facts_and_reports_are_published_by_month(paths: OutputPaths) -> None:
    for node in mart_nodes(paths.manifest):
        declared = node["config"]["meta"].get("published_by", [])
        is_cut = any(column in node["columns"] for column in declared)
        layer = node["fqn"][2]
        assert is_cut == (
            node["name"].startswith("fct_") or layer in ("reports", "service", "custom")
        )
        assert mart_keys(paths.manifest)[node["name"]]


def test_nothing_is_written_where_nothing_has_changed(paths: OutputPaths) -> None:
    before = inodes(paths)
    again = publish_next(paths)
    assert (again.parts_written, again.parts_reused) == (0, len(before))
    assert inodes(paths) == before
    assert_serves_the_working_warehouse(paths)


def test_what_changes_is_written_and_nothing_else(paths: OutputPaths) -> None:
    before = inodes(paths)
    change(
        paths,
        f"update marts.{SPELLS} set status_key = 'new' where spell_number = 100",
        "update marts.dim_agents set name = 'Anna' where name = 'Ann'",
    )
    done = publish_next(paths)
    assert written(paths, before) == {f"{SPELLS}/2024-01.parquet", "dim_agents.parquet"}
    assert (done.parts_written, done.parts_reused) == (2, len(before) - 2)
    assert_serves_the_working_warehouse(paths)


def test_a_row_that_moves_to_another_month_leaves_the_one_it_was_in(paths: OutputPaths) -> None:
    before = inodes(paths)
    change(
        paths,
        f"update marts.{SPELLS} set entered_date = null where entered_date < '2023-11-01' and not is_current",
    )
    publish_next(paths)
    assert written(paths, before) == {f"{SPELLS}/undated.parquet"}
    assert before.keys() - inodes(paths).keys() == {f"{SPELLS}/2023-10.parquet"}
    assert_serves_the_working_warehouse(paths)


def test_a_clock_that_moves_many_rows_changes_them_in_place(paths: OutputPaths) -> None:
    order = f"select ticket_key from served.marts.{SPELLS} order by rowid"
    before = served(paths, order)
    change(
        paths,
        f"update marts.{SPELLS} set duration_seconds = duration_seconds + 60 where is_current",
    )
    publish_next(paths)
    assert served(paths, order) == before
    assert_serves_the_working_warehouse(paths)
    # Those that differ otherwise are taken out and put in again, behind the rest.
    change(
        paths,
        f"update marts.{SPELLS} set duration_seconds = duration_seconds + 60 where is_current",
        f"update marts.{SPELLS} set is_current = false, status_key = 'x' where ticket_key = 'many:3'",
    )
    publish_next(paths)
    moved = ("many:3",)
    assert served(paths, order) == [row for row in before if row != moved] + [moved]
    assert_serves_the_working_warehouse(paths)


@pytest.mark.parametrize("seed", range(3))
def test_any_change_is_published(paths: OutputPaths, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(5):
        before = inodes(paths)
        with duckdb.connect(paths.warehouse) as work:
            changed = {random_change(work, draw) for _ in range(draw.randint(1, 4))}
        done = publish_next(paths)
        assert_serves_the_working_warehouse(paths)
        assert done.parts_written + done.parts_reused == len(inodes(paths))
        touched = {Path(name).parts[0].removesuffix(".parquet") for name in written(paths, before)}
        assert touched <= changed


def random_change(work: duckdb.DuckDBPyConnection, draw: random.Random) -> str:
    """Changes some mart in some way; returns its name."""
    marts = work.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
    mart = draw.choice([*(name for (name,) in marts.fetchall()), *[SPELLS, LISTS] * 20])
    described = work.execute(f"describe marts.{mart}").fetchall()
    column, kind = draw.choice([(name, kind) for name, kind, *_ in described])
    some = f"hash(rowid) % {draw.choice([1, 2, 5, 200, 10_000])} = 0"
    other = {
        "BIGINT": f"coalesce({column}, 0) + 1",
        "BIGINT[]": f"case when {column} is null then [] when {column} = [] then [null] end",
        "BOOLEAN": f"not coalesce({column}, false)",
        "DATE": f"{column} + 20",
        "DOUBLE": f"coalesce({column}, 0) + 0.5",
        "TIMESTAMP": f"{column} + interval 90 seconds",
        "VARCHAR": f"{column} || '.'",
    }[kind]
    statements = {
        f"update marts.{mart} set {column} = {other} where {some}": 6,
        f"update marts.{mart} set {column} = null where {some}": 2,
        f"delete from marts.{mart} where {some}": 2,
        # Rows that are alike, which no key tells apart.
        f"insert into marts.{mart} from marts.{mart} where {some}": 2,
        f'alter table marts.{mart} add column "more {draw.random()}" bigint default 7': 1,
        f"alter table marts.{mart} alter {column} type varchar": 1 if kind == "BOOLEAN" else 0,
    }
    (statement,) = draw.choices(list(statements), list(statements.values()))
    work.execute(statement)
    return mart


def test_marts_come_and_go_with_the_manifest(paths: OutputPaths) -> None:
    manifest = json.loads(paths.manifest.read_text())
    gone = {key for key, node in manifest["nodes"].items() if node["name"] in (SPELLS, "dim_dates")}
    described = json.loads(paths.manifest.read_text())
    described["nodes"] = {
        key: node
        for key, node in manifest["nodes"].items()
        if key not in gone and node.get("attached_node") not in gone
    }
    for node in described["nodes"].values():
        if node["name"] == "dim_agents":
            node["columns"]["name"]["description"] = "What they are called."
    paths.manifest.write_text(json.dumps(described))
    before = inodes(paths)
    publish_next(paths)
    assert served(paths, "from duckdb_tables() where table_name = 'dim_dates'") == []
    assert written(paths, before) == set()
    comment = "select comment from duckdb_columns() where table_name = 'dim_agents' and column_name = 'name'"
    assert served(paths, comment) == [("What they are called.",)]
    paths.manifest.write_text(json.dumps(manifest))
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)
