"""The same own fields from HubSpot's API, the tables of Fivetran and Airbyte, and files, in one build.

Each of them is a source of one warehouse: an account of the vendor, or the file contract.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from helpdesk.extract.copied import copy_tables
from helpdesk.simulator import Desk, simulate
from tests.conftest import run_helpdesk
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.expressible import write_expressible
from tests.vendors.hubspot.fetching import EARLIER, UNTIL, fetching
from tests.vendors.hubspot.own import DECLARED, FIELDS, give_own_fields
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.reported import keep_clocks
from tests.vendors.hubspot.server import Account

pytestmark = [pytest.mark.slow, pytest.mark.long]

MARTS = {"ticket": "fct_tickets", "company": "dim_companies", "contact": "dim_contacts"}
DATED = ("acme_area", "acme_topics")
SYNCED = datetime(2026, 7, 1, tzinfo=UTC)


def settings() -> str:
    fields = [
        # Airbyte has no list of properties, so the types are declared.
        {"field": name, "object": thing, "type": kind}
        | ({"at": ["creation", "close"]} if name in DATED else {})
        for thing, fields in FIELDS.items()
        for name, (kind, _) in fields.items()
    ]
    return json.dumps({"fields": fields, "include_personal_data": True})


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    simulate(tickets=40, seed=7, out=folder / "desk", desk=Desk(instant=0, deleted=0))
    keep_clocks(folder / "desk", UNTIL)
    give_own_fields(folder / "desk", UNTIL)
    landing = folder / "landing"
    write_expressible(folder / "desk", landing, folder / "apart")
    account = Account(Portal.of(folder / "desk", EARLIER))
    with fetching(account) as fetcher:
        fetcher.declared = DECLARED
        for account.portal.clock in (EARLIER, UNTIL - timedelta(days=9), UNTIL):
            fetcher.fetch(landing)
    for tool, synced in (("fivetran", "_fivetran_synced"), ("airbyte", "_airbyte_extracted_at")):
        tables = folder / f"{tool}.duckdb"
        copies.write(getattr(copies, tool)(account.portal), synced, SYNCED, tables)
        copy_tables(
            *("hubspot", tool, f"duckdb:{tables}", landing, lambda *_: None),
            account=tool,
            declared=DECLARED,
        )
    (folder / "helpdesk.yml").write_text(settings())
    run_helpdesk(
        *("build", "--landing", landing, "--output", folder / "output"),
        *("--config", folder / "helpdesk.yml", "--as-of", UNTIL.isoformat()),
    )
    return folder / "output" / "helpdesk.duckdb"


def rows(marts: Path, thing: str, source: str, without: tuple[str, ...] = ()) -> list[tuple]:
    names = [
        name
        for field in FIELDS[thing]
        for name in (field, *(f"{field}_at_{at}" for at in ("creation", "close") if field in DATED))
        if name not in without
    ]
    with duckdb.connect(str(marts), read_only=True) as connection:
        return connection.execute(
            f"""select split_part({thing}_key, ':', 2), {", ".join(names)} from marts.{MARTS[thing]}
            where split_part({thing}_key, ':', 1) = '{source}' and {thing}_key <> 'unknown' order by 1"""
        ).fetchall()


@pytest.mark.parametrize("thing", [*MARTS])
def test_each_source_gives_equal_columns(marts: Path, thing: str) -> None:
    files = rows(marts, thing, "generic")
    assert files
    assert rows(marts, thing, "hubspot") == files
    assert rows(marts, thing, "hubspot_fivetran") == files


def test_airbyte_has_current_values_without_labels_and_history(marts: Path) -> None:
    dated = tuple(f"{name}_at_{at}" for name in DATED for at in ("creation", "close"))
    files, copied = (
        rows(marts, "ticket", source, dated + DATED) for source in ("generic", "hubspot_airbyte")
    )
    assert copied == files
    with duckdb.connect(str(marts), read_only=True) as connection:
        found = connection.execute(
            f"""select count(acme_area), {", ".join(f"count({name})" for name in dated)},
                list(distinct acme_area order by acme_area) filter (acme_area is not null)
            from marts.fct_tickets where source_system = 'hubspot_airbyte'"""
        ).fetchone()
        counted = connection.execute(
            "select column_name from marts.data_quality where kind = 'own_field_without_history'"
            " and rows_failing > 0 order by 1"
        ).fetchall()
    assert found
    assert found[0] > 0
    assert found[1:-1] == (0,) * len(dated)
    assert found[-1] == ["app", "billing", "o'ops"]
    assert counted == [(name,) for name in DATED]


def test_values_at_creation_and_at_close_are_those_of_the_history(marts: Path) -> None:
    desk = marts.parent.parent / "desk"
    labels = FIELDS["ticket"]["acme_area"][1]

    def valid(history: list[tuple[datetime, str]], moment: datetime) -> str | None:
        before = [value for at, value in history if at <= moment]
        return labels.get((before or [history[0][1]])[-1])

    with duckdb.connect(str(marts), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        changes: dict[str, list[tuple[datetime, str]]] = {}
        for ticket, at, value in connection.execute(
            "select ticket_id, changed_at at time zone 'UTC', value from read_parquet(?)"
            " where field = 'acme_area' order by changed_at",
            [str(desk / "ticket_field_history.parquet")],
        ).fetchall():
            changes.setdefault(ticket, []).append((at, value))
        rows = connection.execute(
            """select ticket_id, created_at, closed_at, acme_area, acme_area_at_creation, acme_area_at_close
            from marts.fct_tickets where source_system = 'hubspot' order by 1"""
        ).fetchall()
    checked = set()
    for ticket, created, closed, now, at_creation, at_close in rows:
        if ticket in changes:
            history = changes[ticket]
            assert now == valid(history, datetime.max)
            assert at_creation == valid(history, created)
            assert at_close == (valid(history, closed) if closed else None)
            checked.add((now != at_creation, closed is None, at_close not in (None, at_creation)))
    # Some changed later, some are open, some changed before they closed.
    assert all(any(one[place] for one in checked) for place in range(3))
