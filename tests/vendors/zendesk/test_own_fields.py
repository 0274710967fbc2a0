"""Own fields and tags are equal from the API, Airbyte, Fivetran and plain files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from tests.conftest import run_helpdesk
from tests.vendors.zendesk.airbyte import airbyte_tables
from tests.vendors.zendesk.conftest import Landing
from tests.vendors.zendesk.own_fields_account import (
    COMPANY_FIELDS,
    CONTACT_FIELDS,
    SETTINGS,
    Objects,
    fivetran,
    write_files,
)
from tests.vendors.zendesk.server import TOKEN, served

pytestmark = [pytest.mark.slow, pytest.mark.long]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOURCES = ("generic", "zendesk", "zendesk_airbyte", "zendesk_fivetran")


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The account four times in one warehouse, from four sources."""
    folder = tmp_path_factory.mktemp("own_fields")
    landing, config = folder / "landing", folder / "helpdesk.yml"
    landing.mkdir()
    config.write_text(SETTINGS)
    objects = Objects()
    write_files(landing)
    with pytest.MonkeyPatch.context() as patch, served(objects, NOW) as account:
        patch.setenv("ZENDESK_TOKEN", TOKEN)
        Landing(landing, account).fetch()
    airbyte_tables(objects.streams, objects.audits, folder / "airbyte.duckdb")
    lakes = {"airbyte": folder / "airbyte.duckdb", "fivetran": fivetran(folder / "fivetran.duckdb")}
    for tool, tables in lakes.items():
        run = ["ingest", "zendesk", "--landing", landing, "--account", tool, "--layout", tool]
        run_helpdesk(*run, "--from", f"duckdb:{tables}")
    _land_fields(landing / "zendesk_fivetran")
    of = ["--landing", landing, "--output", folder / "output", "--config", config]
    run_helpdesk("build", *of, "--as-of", NOW.isoformat())
    connection = duckdb.connect(str(folder / "output" / "helpdesk.duckdb"), read_only=True)
    connection.execute("set timezone = 'UTC'")
    return connection


def _land_fields(folder: Path) -> None:
    """The lists that Fivetran has no table of, written next to its tables."""
    for stream, fields in (
        ("user_fields", CONTACT_FIELDS),
        ("organization_fields", COMPANY_FIELDS),
    ):
        (folder / f"{stream}.jsonl").write_text("\n".join(map(json.dumps, fields)))


def rows(
    marts: duckdb.DuckDBPyConnection, columns: str, mart: str, key: str, condition: str = "true"
) -> list[object]:
    """The rows of a mart, equal for all sources, without the source in their keys."""
    found = {
        source: marts.execute(
            f"""select split_part({key}, ':', 2) as native, {columns} from marts.{mart}
            where split_part({key}, ':', 1) = ? and {condition} order by all""",
            [source],
        ).fetchall()
        for source in SOURCES
    }
    for source in SOURCES[1:]:
        assert found[source] == found["generic"], source
    return found["generic"]


def test_tickets_have_current_and_earlier_own_fields(marts: duckdb.DuckDBPyConnection) -> None:
    columns = "product_area, product_area_at_creation, product_area_at_close, seats"
    columns += ", seats_at_creation, is_escalated, due_on, modules, modules_at_close, tags, brand"
    log_in, both = "Log-in & access", "BI; CRM"
    assert rows(marts, columns, "fct_tickets", "ticket_key") == [
        ("1", "Billing", "Billing", log_in, 5, 5, None, None, "BI", both, 'odd"tag', "Shop"),
        # An option that is in no list keeps its value.
        (
            "2",
            "gone_option",
            None,
            None,
            3,
            None,
            False,
            date(2026, 3, 9),
            None,
            None,
            "vip",
            "Main",
        ),
        ("3", None, None, None, None, None, None, date(2026, 4, 1), None, None, "new; vip", "Shop"),
        ("4", None, None, None, None, None, None, None, None, None, None, "Main"),
        ("5", None, "Billing", None, None, None, None, None, None, None, None, "Shop"),
    ]


def test_a_ticket_counts_under_each_of_its_tags_and_options(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    tags = rows(marts, "value, label", "bridge_ticket_tags", "ticket_key")
    assert tags == [
        ("1", 'odd"tag', 'odd"tag'),
        ("2", "vip", "vip"),
        ("3", "new", "new"),
        ("3", "vip", "vip"),
    ]
    assert rows(marts, "value, label", "bridge_ticket_modules", "ticket_key") == [("1", "bi", "BI")]


def test_companies_and_contacts_have_theirs(marts: duckdb.DuckDBPyConnection) -> None:
    assert rows(marts, "tier, revenue, customer_since", "dim_companies", "company_key") == [
        ("7001", "Gold; best", 1200.5, None),
        ("7002", None, None, date(2024, 2, 29)),
    ]
    # Agents are contacts too, except in files.
    answered = "is_admin is not null"
    assert rows(marts, "is_admin", "dim_contacts", "contact_key", answered) == [
        ("5001", True),
        ("5002", False),
    ]


def test_no_value_was_lost(marts: duckdb.DuckDBPyConnection) -> None:
    """Each value can be read, each field was loaded, and no row was rejected."""
    counted = marts.execute(
        "select check_id, rows_failing from marts.data_quality"
        " where kind like '%own_field%' and rows_failing > 0"
    ).fetchall()
    assert counted == []
    assert marts.execute("select count(*) from marts.quarantine").fetchone() == (0,)
