"""`catalogue.json`: what it takes to find a number, and to join it to others."""

from pathlib import Path
from typing import Any

from orchestration.dbt_project import mart_filled, mart_keys, mart_relations
from orchestration.parts import WHOLE, Mart


def catalogue(
    nodes: list[dict[str, Any]], build_id: str, marts: dict[str, Mart], manifest: Path
) -> dict[str, Any]:
    """Models, where their files are, columns, types, descriptions, keys, relations, measures.

    Keys, relations and columns that are never null are those that the build's own tests hold.
    """
    keys, filled, relations = (read(manifest) for read in (mart_keys, mart_filled, mart_relations))
    return {
        "build_id": build_id,
        "schema": "marts",
        "models": [
            {
                "name": node["name"],
                "group": node["config"].get("group"),
                "description": node["description"].strip(),
                "rows": marts[node["name"]].rows,
                "parquet": _parquet(marts[node["name"]]),
                "key": keys.get(node["name"], []),
                "relations": relations.get(node["name"], []),
                "columns": [
                    {
                        "name": column["name"],
                        "type": column["data_type"],
                        "required": column["name"] in filled.get(node["name"], ()),
                        "description": column["description"].strip(),
                    }
                    for column in node["columns"].values()
                ],
                **_report(node),
            }
            for node in nodes
        ],
    }


def _parquet(mart: Mart) -> dict[str, str]:
    """The files, as a pattern below the output folder, the column whose months they are, and which
    rows are in a file of their own."""
    if mart.cut_by:
        apart = {"open_rows": mart.apart} if mart.apart else {}
        return {"files": mart.parquet("*").as_posix(), "months_of": mart.cut_by, **apart}
    return {"files": mart.parquet(WHOLE).as_posix()}


def _report(node: dict[str, Any]) -> dict[str, Any]:
    report = node["config"]["meta"].get("report")
    if not report:
        return {}
    summed = {
        measure[part]
        for measure in report["measures"]
        for part in ("sum", "per", "less")
        if part in measure
    }
    columns = list(node["columns"])
    return {
        "report": report["id"],
        "title": report["title"],
        "question": report["question"],
        "definition": report["definition"],
        # Of a level: rows of one date add up, those of several do not.
        "is_stock": report.get("stock", False),
        "measures": report["measures"],
        "dimensions": [
            name for name in columns if name.endswith(("_key", "_date")) and name not in summed
        ],
    }
