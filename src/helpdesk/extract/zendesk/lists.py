"""The lists of an account: short, without an export, and fetched completely each time.

New and changed rows are written. A deleted row is written as its id and `_gone_at`, because nothing
else reports the end of a membership or a policy. A deleted field is kept, because its old values
need its name.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from helpdesk.extract.zendesk.api import Absent, Api, Invalid, log
from helpdesk.extract.zendesk.exports import Pages, Row, State, digest
from helpdesk.extract.zendesk.paging import paged


class AccountList(NamedTuple):
    """A list of the account: its stream, its path, and its key in the response."""

    stream: str
    path: str
    name: str
    # Fields of `attributes` that are compared to detect a change; if empty, the whole row is.
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
    AccountList("ticket_fields", "ticket_fields.json", "ticket_fields"),
    AccountList("user_fields", "user_fields.json", "user_fields"),
    AccountList("organization_fields", "organization_fields.json", "organization_fields"),
)
# Without these lists own fields are texts without labels, so their absence is reported.
FIELD_LISTS = ("ticket_fields", "user_fields", "organization_fields")


def account_lists(api: Api, state: State) -> Pages:
    """The lists of the account. Their requests do not count against the slice."""
    if api.part.is_spent:
        return
    # Staging derives the built-in statuses and channels from this row, as no list has them.
    yield "account", list(_new_rows(state, "account", [{"id": "zendesk"}]))
    for one in LISTS:
        try:
            rows = list(paged(api, one.path, one.name, {}, is_list=True))
        except (Absent, Invalid) as absent:
            _report_missing(api, one.stream, absent)
            continue
        yield one.stream, list(_new_rows(state, one.stream, rows, one.compared))
        if one.stream == "schedules":
            holidays = [holiday for schedule in rows for holiday in _holidays(api, schedule)]
            yield "schedule_holidays", list(_new_rows(state, "schedule_holidays", holidays))


def _report_missing(api: Api, stream: str, absent: Exception) -> None:
    if stream not in FIELD_LISTS:
        log.info("zendesk: %s, so no %s", absent, stream)
        return
    api.part.progress.log(
        f"{absent}: {stream} cannot be read, so labels, options and types of own fields are "
        "unknown; make the token's agent an admin, or write `label` and `type` in `fields` of the "
        "settings"
    )


def _holidays(api: Api, schedule: Row) -> list[Row]:
    """The holidays of a schedule, with its id, which the API leaves out."""
    path = f"business_hours/schedules/{schedule['id']}/holidays.json"
    found = paged(api, path, "holidays", {}, is_list=True)
    return [{**holiday, "schedule_id": schedule["id"]} for holiday in found]


def _new_rows(
    state: State, stream: str, rows: list[Row], compared: tuple[str, ...] = ()
) -> Iterator[Row]:
    known: dict[str, str] = state.setdefault(stream, {})
    now = {
        str(row["id"]): digest([row["attributes"].get(name) for name in compared] or row)
        for row in rows
    }
    yield from (row for row in rows if known.get(str(row["id"])) != now[str(row["id"])])
    state[stream] = now
    if stream in FIELD_LISTS:
        return
    gone_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield from ({"id": id_, "_gone_at": gone_at} for id_ in known.keys() - now.keys())
