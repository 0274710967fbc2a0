"""Responses to the surveys that replaced Zendesk's good and bad ratings."""

from datetime import UTC, datetime
from typing import Any

from helpdesk.extract.zendesk.api import Absent, Api, log
from helpdesk.extract.zendesk.exports import Pages, Row, State, digest
from helpdesk.extract.zendesk.paging import paged

# A response can change until it expires. Older ones are not requested again.
OPEN_SECONDS = 30 * 86_400


def survey_responses(api: Api, state: State, since: int) -> Pages:
    """New responses by time of creation, and older ones that may have changed."""
    name = "survey_responses"
    own = state.setdefault(name, {})
    start = max(since, own.get("reached", 0) - OPEN_SECONDS)
    params = {"filter[created_at_start]": start} if start > 0 else {}
    try:
        rows = list(paged(api, f"guide/{name}", name, params))
    except Absent as absent:
        log.info("zendesk: %s is not there, so no %s", absent, name)
        return
    # The unit of the API's filter is uncertain, so old responses are filtered here too.
    rows = [row for row in rows if _created(row) >= start]
    seen: dict[str, str] = own.get("seen", {})
    now = {str(row["id"]): digest(row) for row in rows}
    yield name, [row for row in rows if seen.get(str(row["id"])) != now[str(row["id"])]]
    own["seen"] = now
    own["reached"] = max([own.get("reached", 0), *map(_created, rows)])


def _created(row: Row) -> int:
    times: list[Any] = [answer.get("created_at") for answer in row.get("answers") or []]
    instants = [datetime.fromisoformat(time) for time in times if time]
    zoned = [time if time.tzinfo else time.replace(tzinfo=UTC) for time in instants]
    return int(min(zoned).timestamp()) if zoned else 0
