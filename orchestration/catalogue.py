"""`catalogue.json`: what it takes to find a number."""

from typing import Any

from orchestration.parts import WHOLE, Mart


def catalogue(nodes: list[dict[str, Any]], build_id: str, marts: dict[str, Mart]) -> dict[str, Any]:
    """Models, where their files are, columns, types, descriptions, measures."""
    return {
        "build_id": build_id,
        "schema": "marts",
        "models": [
            {
                "name": node["name"],
                "description": node["description"].strip(),
                "rows": marts[node["name"]].rows,
                "parquet": _parquet(marts[node["name"]]),
                "columns": [
                    {
                        "name": column["name"],
                        "type": column["data_type"],
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
        for part in ("sum", "per")
        if part in measure
    }
    columns = list(node["columns"])
    return {
        "report": report["id"],
        "measures": report["measures"],
        "dimensions": [
            name for name in columns if name.endswith(("_key", "_date")) and name not in summed
        ],
    }
