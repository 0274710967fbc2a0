"""The gate's last results as one page, for people.

One file that needs no other: Great Expectations' own Data Docs load their style and code from
fifteen addresses of the network, written into their templates.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import jinja2

from expectations.gate import GateResult

TEMPLATE = "gate_page.html.jinja"


def write_gate_page(
    page: Path, build_id: str, results: Sequence[GateResult], rows: Mapping[str, int]
) -> None:
    """Write the page. `rows` has the number of rows of every table that has a suite."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
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
    beside = page.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.rename(page)
