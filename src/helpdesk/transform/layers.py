"""Writes docs/layers.md from dbt's manifest: `python -m helpdesk.transform.layers`.

The page has a diagram with a box per folder of models, and arrows between folders whose models read
each other. A test checks that the page is up to date.
"""

from collections import Counter
from collections.abc import Mapping

from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import Manifest, Model, read_manifest

PAGE = PACKAGE_ROOT / "docs" / "layers.md"
HEADER = """# The layers

`make format` generates this page from dbt's manifest. A box is a folder of `dbt_project/models`
with its number of models. An arrow means that models of one folder feed models of another. Arrows
go from left to right only, which `tests/dbt` checks. `helpdesk docs --output OUTPUT` writes a page
with every model, column and test of a build.

"""
# MetricFlow's definitions read no rows.
LEFT_OUT = ("semantic",)


def layers_markdown(manifest: Manifest) -> str:
    """The page with a Mermaid flow chart, which GitHub and most editors render."""
    places = {
        key: (model.layer, model.folder)
        for key, model in manifest.models.items()
        if model.layer not in LEFT_OUT
    }
    lines = ["```mermaid", "flowchart LR", "    landing[(landing files)]"]
    counts = Counter(places.values())
    for layer in ("staging", "intermediate", "marts"):
        lines.append(f"    subgraph {layer}")
        for place, count in sorted(counts.items()):
            if place[0] == layer:
                lines.append(f'        {_box(place)}["{place[1]} ({count})"]')
        lines.append("    end")
    lines += [f"    {start} --> {end}" for start, end in sorted(_arrows(manifest.models, places))]
    lines += ["    marts --> readers[/pages, BI tools/]", "```", ""]
    return HEADER + "\n".join(lines)


def _box(place: tuple[str, str]) -> str:
    return "_".join(place)


def _arrows(
    models: Mapping[str, Model], places: Mapping[str, tuple[str, str]]
) -> set[tuple[str, str]]:
    found = set()
    for key, place in places.items():
        for parent in models[key].depends_on:
            start = _box(places[parent]) if parent in places else "landing"
            if start != _box(place):
                found.add((start, _box(place)))
    return found


def main() -> None:
    text = layers_markdown(read_manifest(ensure_manifest()))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
