"""The lists of an account: short, without an export, and fetched whole each time.

A row is landed when it is new or differs from the one before; one that is gone lands as its id and
`_gone_at`, for a membership or a policy that ended says so nowhere else.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ingestion.vendors.zendesk.api import Absent, Api, log
from ingestion.vendors.zendesk.exports import Pages, Row, State, digest, paged


class AccountList(NamedTuple):
    """A list of the account: its stream, its path, and the name under which the answer has it."""

    stream: str
    path: str
    name: str
    # Fields of `attributes` that make a row different; without any, the whole row.
    compared: tuple[str, ...] = ()


LISTS = (
    AccountList("groups", "groups.json", "groups"),
    AccountList("group_memberships", "group_memberships.json", "group_memberships"),
    AccountList("ticket_forms", "ticket_forms.json", "ticket_forms"),
    AccountList("custom_statuses", "custom_statuses.json", "custom_statuses"),
    AccountList("brands", "brands.json", "brands"),
    AccountList("recipient_addresses", "recipient_addresses.json", "recipient_addresses"),
    AccountList("phone_numbers", "channels/voice/phone_numbers.json", "phone_numbers"),
    AccountList("sla_policies", "slas/policies.json", "sla_policies"),
    AccountList("schedules", "business_hours/schedules.json", "schedules"),
    AccountList("agent_availabilities", "agent_availabilities", "data", ("agent_status",)),
)


def account_lists(api: Api, state: State) -> Pages:
    """They cost a slice nothing: they come once it has all else, and end with it."""
    if api.part.is_spent:
        return
    for one in LISTS:
        try:
            rows = list(paged(api, one.path, one.name, {}, is_list=True))
        except Absent as absent:
            log.info("zendesk: %s is not there, so no %s", absent, one.stream)
            continue
        yield one.stream, list(_news(state, one.stream, rows, one.compared))
        if one.stream == "schedules":
            holidays = [holiday for schedule in rows for holiday in _holidays(api, schedule)]
            yield "schedule_holidays", list(_news(state, "schedule_holidays", holidays))


def _holidays(api: Api, schedule: Row) -> list[Row]:
    """A holiday does not say whose it is."""
    path = f"business_hours/schedules/{schedule['id']}/holidays.json"
    found = paged(api, path, "holidays", {}, is_list=True)
    return [{**holiday, "schedule_id": schedule["id"]} for holiday in found]


def _news(
    state: State, stream: str, rows: list[Row], compared: tuple[str, ...] = ()
) -> Iterator[Row]:
    known: dict[str, str] = state.setdefault(stream, {})
    now = {
        str(row["id"]): digest([row["attributes"].get(name) for name in compared] or row)
        for row in rows
    }
    yield from (row for row in rows if known.get(str(row["id"])) != now[str(row["id"])])
    gone_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield from ({"id": id_, "_gone_at": gone_at} for id_ in known.keys() - now.keys())
    state[stream] = now
