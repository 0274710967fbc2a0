"""Draws the layers of the dbt project from its manifest: `python -m orchestration.layers`.

One box a folder of models, with their number; an arrow where a model of one reads one of another.
A test holds that the page is up to date.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from helpdesk.init import PACKAGE_ROOT
from orchestration.dbt_project import ensure_manifest, nodes_read

PAGE = PACKAGE_ROOT / "docs" / "layers.md"
HEADER = """# The layers

Drawn from dbt's manifest by `make format`: a box is a folder of `dbt_project/models` with the
number of its models, an arrow says that models of one read models of the other. Layers go from left
to right and never back; `tests/dbt` holds that. `helpdesk docs --output OUTPUT` writes a page with
every model, column and test of a build.

"""
# What reads no rows of its own: MetricFlow's definitions.
LEFT_OUT = ("semantic",)


def layers_markdown(manifest: Mapping[str, Any]) -> str:
    """The page: a Mermaid flow chart, which GitHub and most editors draw."""
    places = {
        name: place
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and (place := _place(node)) is not None
    }
    lines = ["```mermaid", "flowchart LR", "    landing[(landing files)]"]
    counts = Counter(places.values())
    for layer in ("staging", "intermediate", "marts"):
        lines.append(f"    subgraph {layer}")
        for place, count in sorted(counts.items()):
            if place[0] == layer:
                lines.append(f'        {_box(place)}["{place[1]} ({count})"]')
        lines.append("    end")
    lines += [f"    {start} --> {end}" for start, end in sorted(_arrows(manifest, places))]
    lines += ["    marts --> readers[/pages, BI tools/]", "```", ""]
    return HEADER + "\n".join(lines)


def _place(node: Mapping[str, Any]) -> tuple[str, str] | None:
    """Layer and folder of a model."""
    _project, layer, folder, *_ = node["fqn"]
    return None if layer in LEFT_OUT else (layer, folder)


def _box(place: tuple[str, str]) -> str:
    return "_".join(place)


def _arrows(
    manifest: Mapping[str, Any], places: Mapping[str, tuple[str, str]]
) -> set[tuple[str, str]]:
    found = set()
    for name, place in places.items():
        for parent in nodes_read(manifest["nodes"][name]):
            start = _box(places[parent]) if parent in places else "landing"
            if start != _box(place):
                found.add((start, _box(place)))
    return found


def main() -> None:
    text = layers_markdown(json.loads(ensure_manifest().read_text(encoding="utf-8")))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
