"""The manifest of the dbt project as dagster-dbt takes it, which is the JSON of dbt."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import manifest_of

Manifest = Mapping[str, Any]


@cache
def manifest() -> Manifest:
    """The manifest, with a short name and a description for every dbt test.

    dbt names a generic test without a `name` after all of its arguments, hundreds of characters
    in some cases. Its alias is short: the check gets the alias, and the long name as description.
    """
    read: dict[str, Any] = json.loads(ensure_manifest().read_text())
    for node in read["nodes"].values():
        if node["resource_type"] == "test":
            description = node.get("description") or f"dbt test {node['name']}"
            node["meta"] = {**node.get("meta", {}), "description": description}
            node["name"] = node["alias"]
    return read


def source_description(schema: str, table: str) -> str:
    """The description of a table of a dbt source."""
    return _source_descriptions()[schema, table]


@cache
def _source_descriptions() -> dict[tuple[str, str], str]:
    sources = manifest_of(manifest()).sources
    return {(source.schema, source.name): source.description for source in sources}
