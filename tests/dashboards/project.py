"""A small manifest, as dbt would write it, with one report that declares all there is to declare."""

from typing import Any

from dashboards.definitions import FILTERS

KEYS = [column for _, column, _ in FILTERS]
FILE = "models/marts/reports/rpt_speed.yml"


def model(name: str, columns: dict[str, str], **config: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.x.{name}", "resource_type": "model", "name": name, "alias": name,
        "schema": "marts", "access": "public", "original_file_path": f"models/{name}.sql",
        "patch_path": f"x://models/marts/reports/{name}.yml", "raw_code": "select {{ 1 }}",
        "columns": {key: {"name": key, "data_type": kind} for key, kind in columns.items()},
        "config": {"meta": config},
    }  # fmt: skip


def related(child: str, *links: tuple[str, str, str]) -> dict[str, Any]:
    """The `related` test of a model: of each column, the model and column it points to."""
    parents = [f"model.x.{parent}" for _, parent, _ in links]
    return {
        "unique_id": f"test.x.{child}", "resource_type": "test", "name": f"{child}_related",
        "attached_node": f"model.x.{child}",
        "depends_on": {"nodes": [*parents, f"model.x.{child}"]},
        "test_metadata": {
            "name": "related",
            "kwargs": {"relations": [
                {"column": column, "to": f"ref('{parent}')", "field": field}
                for column, parent, field in links
            ]},
        },
    }  # fmt: skip


def related_by_name(child: str) -> dict[str, Any]:
    """Every key column of a report, each to the dimension of its name."""
    return related(child, *((key, f"dim_{key}", "id_of") for key in [*KEYS, "status_key"]))


def good_manifest() -> dict[str, Any]:
    """One report of everything, its dimensions, and the model with the clock."""
    report = {
        "id": "R1",
        "title": "Speed",
        "question": "How fast?",
        "definition": "Seconds for each ticket.",
        "page": "analyze",
        "chart": "line",
        "stock": True,
        "needs": ["messages", "sla_targets"],
        "series": {"name": "status", "label": "Status", "column": "status_key", "order": "place"},
        "measures": [
            {"name": "average", "label": "Average", "sum": "seconds", "per": "tickets",
             "format": "duration", "values": "seconds_values"},
            {"name": "n", "label": "Tickets", "sum": "tickets", "format": "count"},
            {"name": "balance", "label": "Balance", "sum": "good", "less": "bad", "per": "tickets",
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
    columns |= {"priority": "varchar", "seconds_values": "bigint[]"}
    nodes = [
        model("rpt_speed", columns, report=report),
        model("log", {**clock, "report_timezone": "varchar"}),
        model("books", {"table_name": "varchar", "is_configured": "boolean", **counts}),
    ]
    for key in [*KEYS, "status_key"]:
        columns = {"id_of": "varchar", "name": "varchar", "title": "varchar", "place": "bigint"}
        nodes.append(model(f"dim_{key}", columns))
    nodes.append(related_by_name("rpt_speed"))
    return {"nodes": {node["unique_id"]: node for node in nodes}}


def declared(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["report"]


def unrelate(manifest: dict[str, Any], column: str) -> None:
    relations = manifest["nodes"]["test.x.rpt_speed"]["test_metadata"]["kwargs"]["relations"]
    relations[:] = [relation for relation in relations if relation["column"] != column]
