"""A small manifest in dbt's format, with one report that declares every key."""

from typing import Any

from helpdesk.dashboards.definitions import FILTERS

KEYS = [column for _, column, _ in FILTERS]
FILE = "models/marts/reports/rpt_speed.yml"


def model(name: str, columns: dict[str, str], **config: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.x.{name}", "resource_type": "model", "name": name, "alias": name,
        "database": "helpdesk", "schema": "marts", "fqn": ["x", "marts", "reports", name],
        "access": "public", "original_file_path": f"models/{name}.sql",
        "patch_path": f"x://models/marts/reports/{name}.yml", "raw_code": "select {{ 1 }}",
        "description": "", "constraints": [], "depends_on": {"nodes": []},
        "columns": {
            key: {"name": key, "data_type": kind, "description": "", "constraints": [],
                  "config": {"meta": {}}}
            for key, kind in columns.items()
        },
        "config": {"meta": config, "materialized": "view", "group": None, "unique_key": None,
                   "contract": {"enforced": True}},
    }  # fmt: skip


def relations(**other: str) -> dict[str, dict[str, str]]:
    """The relation of each key column, to the dimension of its name or to another one."""
    return {
        key: {"model": other.get(key, f"dim_{key}"), "column": "id_of"}
        for key in [*KEYS, "status_key"]
    }


def good_manifest() -> dict[str, Any]:
    """One report with every key, its dimensions, and the model with as_of."""
    report = {
        "id": "R1",
        "title": "Speed",
        "question": "How fast?",
        "definition": "Seconds for each ticket.",
        "page": "analyze",
        "chart": "line",
        "point_in_time": True,
        "requires": ["messages", "sla_targets"],
        "series": {"name": "status", "label": "Status", "column": "status_key", "order": "place"},
        "measures": [
            {"name": "average", "label": "Average", "sum": "seconds", "denominator": "tickets",
             "format": "duration", "values": "seconds_values"},
            {"name": "n", "label": "Tickets", "sum": "tickets", "format": "count"},
            {"name": "balance", "label": "Balance", "sum": "good", "minus": "bad", "denominator": "tickets",
             "format": "points"},
        ],
        "breakdowns": [
            {"name": "team", "label": "Team", "column": "team_key", "member": "title"},
            {"name": "priority", "label": "Priority", "column": "priority"},
        ],
    }  # fmt: skip
    columns = {"report_date": "date", **dict.fromkeys([*KEYS, "status_key"], "varchar")}
    clock = {"build_id": "varchar", "as_of": "timestamp", "as_of_date": "date"}
    counts = dict.fromkeys(["rows_read", "rows_modelled"], "bigint")
    columns |= dict.fromkeys(["seconds", "tickets", "good", "bad"], "bigint")
    columns |= {"priority": "varchar", "seconds_values": "bigint[]", "tags": "varchar[]"}
    nodes = [
        model("rpt_speed", columns, report=report, relations=relations()),
        model("log", {**clock, "report_timezone": "varchar"}),
        model("books", {"table_name": "varchar", "is_configured": "boolean", **counts}),
    ]
    for key in [*KEYS, "status_key"]:
        columns = {"id_of": "varchar", "name": "varchar", "title": "varchar", "place": "bigint"}
        nodes.append(model(f"dim_{key}", columns))
    others = {"sources": {}, "semantic_models": {}, "metrics": {}}
    return {"nodes": {node["unique_id"]: node for node in nodes}, **others}


def declared(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["report"]


def unrelate(manifest: dict[str, Any], column: str) -> None:
    del manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["relations"][column]
