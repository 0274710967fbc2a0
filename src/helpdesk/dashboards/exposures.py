"""Declares each dashboard page as a dbt exposure, so that the lineage includes the pages.

`python -m helpdesk.dashboards.exposures` writes the file from the definitions of the reports; a
test checks that it is up to date.
"""

from collections.abc import Iterable

import yaml

from helpdesk.core.places import OWN_MODELS
from helpdesk.dashboards.definitions import Definitions, load_definitions
from helpdesk.dashboards.members import breakdowns_of
from helpdesk.transform.manifest import ensure_manifest

EXPOSURES = OWN_MODELS / "marts" / "_marts__exposures.yml"
HEADER = "# Written by `make format` from the reports' definitions.\n"


def exposures_yaml(definitions: Definitions) -> str:
    """The text of the exposures file: one exposure per page, on every model that it reads."""
    exposures = [_exposure(page, definitions) for page in sorted(definitions.pages)]
    document = {"version": 2, "exposures": exposures}
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=100)


def _exposure(page: str, definitions: Definitions) -> dict[str, object]:
    reports = definitions.reports_of(page)
    dimensions = [item.dimension for item in definitions.filters if item.dimension]
    for report in reports:
        shown = breakdowns_of(report)
        dimensions += [item.dimension for item in shown if item.dimension]
    relations = {report.relation.name for report in reports}
    relations |= {dimension.relation.name for dimension in dimensions} | {definitions.clock.name}
    titles = ", ".join(f"{report.title} ({report.id})" for report in reports)
    return {
        "name": f"{page}_page",
        "label": page.capitalize(),
        "type": "dashboard",
        "maturity": "high",
        "description": f"The dashboard page that `helpdesk serve` shows: {titles}.",
        "owner": {"name": "Help-desk analytics"},
        "depends_on": [f"ref('{name}')" for name in sorted(relations)],
    }


def forget_models(names: Iterable[str]) -> None:
    """Remove models that no longer exist from the file: dbt fails on a reference to them."""
    if not EXPOSURES.is_file():
        return
    gone = {f"ref('{name}')" for name in names}
    lines = EXPOSURES.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.strip().removeprefix("- ") not in gone]
    if kept != lines:
        EXPOSURES.write_text("".join(kept), encoding="utf-8")


def write_exposures() -> bool:
    """Write the file if its text has changed; returns whether it did."""
    text = exposures_yaml(load_definitions(ensure_manifest()))
    if EXPOSURES.is_file() and EXPOSURES.read_text(encoding="utf-8") == text:
        return False
    EXPOSURES.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    write_exposures()
