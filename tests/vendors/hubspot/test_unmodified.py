"""Changes that do not modify an object: deletions, associations, availability."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.vendors.hubspot.fetching import EARLIER, UNTIL, fetching, landed, simulated_account
from tests.vendors.hubspot.server import Account

LINKS = [("tickets", "companies"), ("tickets", "contacts"), ("calls", "tickets")]
KINDS = ["tickets", "calls", "companies", "contacts", "feedback_submissions"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulated") / "desk"


@pytest.fixture
def account(desk: Path) -> Account:
    return simulated_account(desk)


def test_deleted_and_restored_objects_are_fetched(account: Account, tmp_path: Path) -> None:
    keys = {
        kind: next(one["id"] for one in account.portal.objects(kind) if not one["archived"])
        for kind in KINDS
    }

    def versions(kind: str) -> list[tuple[str | None, bool]]:
        rows = [row for row in landed(tmp_path, kind) if row["id"] == keys[kind]]
        return [(row.get("archived"), "restoredAt" in row) for row in rows]

    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        assert [versions(kind) for kind in KINDS] == [[("false", False)]] * len(KINDS)
        account.portal.removed = {kind: {key: UNTIL} for kind, key in keys.items()}
        fetcher.fetch(tmp_path)
        for kind in KINDS:
            assert versions(kind) == [("false", False), ("true", False)], kind
        assert fetcher.fetch(tmp_path).rows == {}
        account.portal.removed = {}
        fetcher.fetch(tmp_path)
        for kind in KINDS:
            assert versions(kind)[2:] == [("false", True)], kind
        assert fetcher.fetch(tmp_path).rows == {}


def test_deleted_and_restored_teams_are_fetched(account: Account, tmp_path: Path) -> None:
    teams = [one["id"] for one in account.portal.teams()]

    def last() -> dict:
        return [row for row in landed(tmp_path, "teams") if row["id"] == teams[0]][-1]

    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        account.portal.removed = {"teams": {teams[0]: UNTIL}}
        assert fetcher.fetch(tmp_path).rows == {"teams": 1}
        assert last() == {"id": teams[0], "archived": "true"}
        assert fetcher.fetch(tmp_path).rows == {}
        account.portal.removed = {}
        assert fetcher.fetch(tmp_path).rows == {"teams": 1}
        assert "archived" not in last()
        # An empty list is an error of the API.
        account.portal.removed = {"teams": dict.fromkeys(teams, UNTIL)}
        assert fetcher.fetch(tmp_path).rows == {}


def test_a_changed_association_of_an_unmodified_object_is_found(
    account: Account, tmp_path: Path
) -> None:
    with fetching(account, check_links_hours=0) as fetcher:
        fetcher.fetch(tmp_path)
        assert fetcher.fetch(tmp_path).rows == {}
        for kind, end in LINKS:
            key = next(
                one["id"]
                for one in account.portal.objects(kind)
                if not one["archived"]
                and one["updatedAt"] > (UNTIL - timedelta(days=20)).isoformat()
            )
            # Each link in turn, on top of those before it.
            for others in ([account.portal.objects(end)[-1]["id"]], []):
                account.portal.links = {**account.portal.links, (kind, end, key): others}
                assert fetcher.fetch(tmp_path).rows.get(kind) == 1
                row = landed(tmp_path, kind)[-1]
                assert row["id"] == key
                links = [one["toObjectId"] for one in json.loads(row["associations"])[end]]
                assert links == [int(other) for other in others]
                assert fetcher.fetch(tmp_path).rows == {}


def test_associations_are_compared_at_the_configured_interval(
    account: Account, tmp_path: Path
) -> None:
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        account.log.clear()
        fetcher.fetch(tmp_path)
    assert not account.asked("/associations/")


def test_an_association_that_changes_after_its_ticket_was_read_is_found(
    account: Account, tmp_path: Path
) -> None:
    account.portal.clock = EARLIER
    with fetching(account, check_links_hours=0) as fetcher:
        fetcher.fetch(tmp_path)
        account.portal.clock = UNTIL
        new = next(
            one["id"]
            for one in account.portal.objects("tickets")
            if one["createdAt"] > EARLIER.isoformat() and not one["archived"]
        )
        fetcher.fetch(tmp_path)
        company = account.portal.objects("companies")[-1]["id"]
        account.portal.links = {("tickets", "companies", new): [company]}
        assert fetcher.fetch(tmp_path).rows["tickets"] == 1


def test_changed_availability_is_fetched(account: Account, tmp_path: Path) -> None:
    account.portal.has_availability_history = False
    account.portal.clock = EARLIER
    with fetching(account) as fetcher:
        assert fetcher.fetch(tmp_path).rows["users"] == len(account.portal.tables["agents"])
        assert fetcher.fetch(tmp_path).rows == {}
        before = {one["id"]: one["properties"] for one in account.portal.objects("users")}
        account.portal.clock = EARLIER + timedelta(hours=10)
        after = {one["id"]: one["properties"] for one in account.portal.objects("users")}
        changed = {key for key in after if after[key] != before[key]}
        assert changed
        fetcher.fetch(tmp_path)
    rows = landed(tmp_path, "users")
    assert {row["id"] for row in rows[len(before) :]} == changed
    assert all(row["observedAt"] for row in rows)
    capacities = {str(row["capacity"]) for row in account.portal.tables["agents"]}
    assert {row["capacity"] for row in rows if "capacity" in row} == capacities - {"None"}


def test_the_url_of_the_account_s_pages_is_fetched_once(account: Account, tmp_path: Path) -> None:
    with fetching(account) as fetcher:
        fetcher.fetch(tmp_path)
        fetcher.fetch(tmp_path)
    names = {"portalId": "4242", "uiDomain": "app-eu1.hubspot.com", "timeZone": "Europe/Oslo"}
    assert landed(tmp_path, "account") == [{"id": "4242"} | names]
