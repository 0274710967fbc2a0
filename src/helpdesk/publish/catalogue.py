"""`catalogue.json`: the description of the published marts for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from helpdesk.transform.nodes import Model


def catalogue(marts: Sequence[Model], build_id: str, rows: dict[str, int]) -> dict[str, Any]:
    """Models, columns, types, descriptions, keys, relations, measures.

    `rows`: of the marts that are tables; rows of views are not counted. The tests of the build
    check the keys, the relations and the columns that are never null.
    """
    return {
        "build_id": build_id,
        "schema": "marts",
        "models": [_described(mart, rows.get(mart.name)) for mart in marts],
    }


def _described(mart: Model, rows: int | None) -> dict[str, Any]:
    required = mart.never_null
    return {
        "name": mart.name,
        "group": mart.group,
        "description": mart.description,
        "kind": "view" if rows is None else "table",
        "rows": rows,
        "key": list(mart.key),
        "relations": [asdict(one) for one in mart.foreign_keys],
        "columns": [
            {
                "name": column.name,
                "type": column.data_type,
                "required": column.name in required,
                "description": column.description,
            }
            for column in mart.columns.values()
        ],
        **_report(mart),
    }


def _report(mart: Model) -> dict[str, Any]:
    report = mart.meta.get("report")
    if not report:
        return {}
    summed = {
        measure[part]
        for measure in report["measures"]
        for part in ("sum", "denominator", "minus")
        if part in measure
    }
    return {
        "report": report["id"],
        "title": report["title"],
        "question": report["question"],
        "definition": report["definition"],
        # For a level: rows of one date add up, rows of several dates do not.
        "is_stock": report.get("point_in_time", False),
        "measures": report["measures"],
        "dimensions": [
            name for name in mart.columns if name.endswith(("_key", "_date")) and name not in summed
        ],
    }
