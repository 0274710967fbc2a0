"""Writes the last results of the gate as one HTML page.

The page is one self-contained file. Great Expectations' Data Docs load styles and code from fifteen
URLs in their templates.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import jinja2

from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.gate.run import GateResult

TEMPLATE = "gate_page.html.jinja"


def write_gate_page(
    page: Path, build_id: str, results: Sequence[GateResult], rows: Mapping[str, int]
) -> None:
    """Write the page. `rows` has the number of rows of every table that has a suite."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PACKAGE_ROOT / "expectations"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    text = environment.get_template(TEMPLATE).render(
        build_id=build_id,
        checked_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        checked=len(results),
        failed=sum(not result.success for result in results),
        tables={name: [one for one in results if one.table == name] for name in rows},
        rows=rows,
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    new_page = page.with_suffix(".new")
    new_page.write_text(text, encoding="utf-8")
    new_page.rename(page)
