"""The nodes of the dbt project that a refresh need not run: nothing that they read has changed.

A view is its definition, and a build in which that changed is no refresh. A table, or a test, rests
where no file of the raw tables behind it came, went or changed since the models were last whole,
and where it does not go by the build's clock. Models that only hold rows back until their time say
so (`config.meta.holds_back`), and rest while they hold none.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb

from helpdesk import sql
from ingestion.changes import landed_signatures, last_modelled
from ingestion.contract import landed_tables
from orchestration.dbt_project import ensure_manifest, nodes_read
from orchestration.refresh import changed_names

# Where the models of a help desk are, and the one whose tables the contract itself describes.
SOURCES = "staging"
CONTRACT = "generic"
CLOCK = frozenset({"landing.builds"})
# What these say of a table only changes with its files.
FOLLOWING = frozenset({"landing.files", "landing.tables"})


def nodes_at_rest(
    connection: duckdb.DuckDBPyConnection, models: duckdb.DuckDBPyConnection | None = None
) -> list[dict[str, Any]]:
    """The manifest's models and tests that the build may leave as they are; none if it is full.

    To be asked before the build has begun to model. `models`: where the models can be read, if not
    in the working warehouse that `connection` opened.
    """
    last = last_modelled(connection)
    rebuilt = rebuilt_models(connection)
    if not last or rebuilt is None:
        return []
    manifest = json.loads(ensure_manifest().read_text())
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    landed = landed_signatures(connection)
    waiting = _waiting(models or connection, nodes)
    touched = {*changed_names(last[1].get("landed", {}), landed), *waiting}
    return _resting(manifest, touched, rebuilt)


def absent_nodes(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The manifest's models of help desks of which nothing has landed, and their tests.

    The models behind them read the help desks that have landed, and a help desk that comes has
    everything modelled anew.
    """
    absent = {
        f"{SOURCES}.{source}"
        for (source,) in connection.execute(
            """select source_system from landing.tables group by source_system
            having not bool_or(is_configured)"""
        ).fetchall()
        # Of no help desk at all the models are the contract's own.
        if source != CONTRACT
    }
    nodes = json.loads(ensure_manifest().read_text())["nodes"]
    models = {
        name: node
        for name, node in nodes.items()
        if node["resource_type"] == "model" and ".".join(node["fqn"][1:3]) in absent
    }
    tests = [
        node
        for node in nodes.values()
        if node["resource_type"] == "test" and models.keys() & set(node["depends_on"]["nodes"])
    ]
    return [*models.values(), *tests]


def rebuilt_models(connection: duckdb.DuckDBPyConnection) -> set[str] | None:
    """The models that a refresh models whole; None where the build is no refresh."""
    found = connection.execute(
        "select rebuilt from landing.builds where previous_as_of is not null"
    ).fetchone()
    return set(found[0]) if found else None


def each_once(*lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes of several lists."""
    return list({node["unique_id"]: node for nodes in lists for node in nodes}.values())


def leaving_out(nodes: list[dict[str, Any]]) -> list[str]:
    """Arguments of dbt that leave out these nodes and none besides."""
    names = " ".join(node["name"] for node in nodes)
    # Not the tests that go with a model, which dbt takes along: they may be of another one as well.
    return ["--exclude", names, "--indirect-selection", "empty"] if nodes else []


def _waiting(connection: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]]) -> set[str]:
    """Tables of the raw layer of which the last build held rows back."""
    waiting = {
        node["config"]["meta"]["holds_back"]
        for node in nodes
        if "holds_back" in node["config"]["meta"]
        and sql.number(
            connection,
            f"select count(*) from {sql.name(node['schema'])}.{sql.name(node['alias'])} "
            "where row_disposition = 'held_back'",
        )
    }
    return {name for name, table in landed_tables().items() if waiting.intersection(table.feeds)}


def _resting(
    manifest: Mapping[str, Any], touched: set[str], rebuilt: set[str]
) -> list[dict[str, Any]]:
    nodes, sources = manifest["nodes"], manifest["sources"]

    @cache
    def moved_by(unique_id: str) -> frozenset[str]:
        """What changed among all that a node reads, by name."""
        if source := sources.get(unique_id):
            name = f"{source['source_name']}.{source['name']}"
            is_book = source["source_name"] == "landing"
            moves = name not in FOLLOWING if is_book else source["identifier"] in touched
            return frozenset({name} if moves else ())
        node = nodes[unique_id]
        moved = [moved_by(parent) for parent in nodes_read(node)]
        if "holds_back" in node["config"].get("meta", {}):
            moved = [names for names in moved if names != CLOCK]
        own = {unique_id} if node["name"] in rebuilt else frozenset[str]()
        return frozenset(own).union(*moved)

    def rests(node: dict[str, Any]) -> bool:
        kind = node["resource_type"]
        is_view = kind == "model" and node["config"]["materialized"] == "view"
        return kind in ("model", "test") and (is_view or not moved_by(node["unique_id"]))

    return [node for node in nodes.values() if rests(node)]
