"""With a token alone, every card of Summary and Analyze has data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.core.settings import HubSpot
from helpdesk.dashboards.definitions import load_definitions
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.widgets import load_widgets
from helpdesk.extract import hubspot
from helpdesk.extract.pipeline import ingest
from helpdesk.transform.manifest import ensure_manifest
from tests.vendors.built import build_marts
from tests.vendors.hubspot.fetching import UNTIL, simulated_account
from tests.vendors.hubspot.server import TOKEN, serving

pytestmark = [pytest.mark.slow, pytest.mark.long]

# Tables that other pages need and HubSpot's API does not have.
UNKNOWN = {"sla_targets"}


@dataclass(frozen=True)
class Published:
    marts: Path
    reports: dict[str, Any]
    pages: Path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("token")
    account = simulated_account(folder / "desk", 400)
    with serving(account) as address:
        config = HubSpot(base_url=address)
        ingest(
            "hubspot",
            lambda part: hubspot.source(config, TOKEN, part),
            folder / "landing",
            lambda level, line: None,
        )
    marts, _ = build_marts(folder / "landing", folder / "warehouse", UNTIL)
    manifest = ensure_manifest()
    definitions, widgets = load_definitions(manifest), load_widgets(manifest)
    catalogue = write_extracts(marts, definitions, widgets, folder / "data")
    pages = {report.slug: report.page for report in definitions.reports}
    reports = {slug: {"page": pages[slug], **found} for slug, found in catalogue["reports"].items()}
    return Published(marts, reports, folder / "data")


def missing(part: Any) -> Iterator[str]:
    """The tables that a page reports as missing."""
    if isinstance(part, dict):
        for name in ("missing", "partly_missing"):
            yield from part.get(name) or []
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from missing(inner)


def test_every_part_of_summary_is_configured(published: Published) -> None:
    summary = json.loads((published.pages / "summary.json").read_text())
    assert list(missing(summary)) == []


def test_every_report_has_rows(published: Published) -> None:
    empty = {slug for slug, found in published.reports.items() if not found["rows"]}
    lacking = {slug for slug, found in published.reports.items() if found["missing"]}
    assert lacking == set()
    analyze = {slug for slug, found in published.reports.items() if found["page"] == "analyze"}
    assert len(analyze) == 9
    assert empty & analyze == set()


def test_other_pages_lack_only_tables_without_an_api(published: Published) -> None:
    found = {
        table
        for path in published.pages.glob("*.json")
        if not path.name.startswith("tickets_")
        for table in missing(json.loads(path.read_text()))
    }
    assert found <= UNKNOWN


def test_clocks_are_those_of_hubspot(published: Published) -> None:
    with duckdb.connect(str(published.marts), read_only=True) as connection:
        found = connection.execute(
            """select metric, basis, count(*) filter (status like 'completed%') > 0,
                count(distinct occurrence) > 1
            from marts.fct_sla_clocks group by all order by all"""
        ).fetchall()
        quarantined = connection.execute("select * from marts.quarantine").fetchall()
        urls = connection.execute(
            "select distinct url = 'https://app-eu1.hubspot.com/contacts/4242/record/0-5/'"
            " || ticket_id from marts.fct_tickets"
        ).fetchall()
        available = connection.execute(
            "select count(*) from marts.rpt_summary_availability where status is not null"
        ).fetchone()
    assert found == [
        ("first_response", "reported", True, False),
        ("next_response", "reported", True, True),
        ("time_to_close", "reported", True, False),
    ]
    assert quarantined == []
    assert urls == [(True,)]
    assert available
    assert available[0] > 0
