"""What has changed in an account since the last time, in the order in which it changed.

Each stream has a mark: the newest change that it has handed on. Lists are walked by their own
times and not by pages: an object that changes meanwhile moves to the end of its list, and would
shift the pages so that another one is missed. A run looks back a little before the mark, since an
index may be late; what it has handed on already is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.vendors.hubspot_api import HubSpotApi, Record

SEARCH_PAGE, THREAD_PAGE = 200, 500


def milliseconds(told: str) -> int:
    """An instant as HubSpot tells it, ISO 8601 or milliseconds since 1970."""
    if told.lstrip("-").isdigit():
        return int(told)
    return round(datetime.fromisoformat(told).timestamp() * 1000)


def iso(instant: int) -> str:
    told = datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


@dataclass
class Mark:
    """How far a stream has come. `state` is the stream's own, and is saved with what it landed."""

    state: dict[str, Any]
    start: int
    overlap: int

    @property
    def since(self) -> int:
        """Where to begin: where it stopped; the overlap before that, if it had come to the end."""
        if "mark" not in self.state:
            return self.start
        back = self.overlap if self.state.get("is_complete") else 0
        return max(int(self.state["mark"]) - back, self.start)

    def fresh(self, found: list[Record], changed: Callable[[Record], int]) -> list[Record]:
        """Those of `found` that were not handed on as they are; they count as handed on now."""
        recent: dict[str, int] = self.state.setdefault("recent", {})
        new = [one for one in found if recent.get(str(one["id"])) != changed(one)]
        if found:
            newest = max(map(changed, found))
            self.state["mark"] = max(self.state.get("mark", newest), newest)
        recent.update({str(one["id"]): changed(one) for one in new})
        kept = self.state.get("mark", 0) - self.overlap
        self.state["recent"] = {key: at for key, at in recent.items() if at >= kept}
        return new

    def unordered(
        self, pages: Iterator[list[Record]], changed: Callable[[Record], int]
    ) -> Iterator[list[Record]]:
        """As `fresh`, of a list in no order of time: it is read to its end for what is new."""
        since = int(self.state.get("mark", self.start)) - self.overlap
        new = [one for page in pages for one in page if changed(one) >= since]
        yield self.fresh(new, changed)


def searched(api: HubSpotApi, kind: str, modified: str, since: int) -> Iterator[list[Record]]:
    """Pages of the objects modified since, ascending: of each its id and when it was modified."""

    def page(filters: list[Record], sort: str) -> list[Record]:
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": [modified],
            "limit": SEARCH_PAGE,
        }
        results: list[Record] = api.post(f"/crm/v3/objects/{kind}/search", body)["results"]
        return results

    def at(instant: int, operator: str) -> Record:
        return {"propertyName": modified, "operator": operator, "value": str(instant)}

    while found := page([at(since, "GTE")], modified):
        yield found
        last = modified_at(found[-1], modified)
        if len(found) < SEARCH_PAGE:
            return
        if last > since:
            since = last
            continue
        # More objects of one instant than a page holds, as an import leaves them: by their ids.
        highest = "0"
        while same := page(
            [
                at(since, "EQ"),
                {"propertyName": "hs_object_id", "operator": "GT", "value": highest},
            ],
            "hs_object_id",
        ):
            yield same
            highest = str(same[-1]["id"])
        since += 1


def modified_at(one: Record, modified: str) -> int:
    return milliseconds(one["properties"].get(modified) or one["updatedAt"])


def threads_since(api: HubSpotApi, since: int) -> Iterator[list[Record]]:
    """Pages of the threads with a message since, ascending by their latest message."""
    after: str | None = None
    while True:
        params: dict[str, str | int] = {
            "sort": "latestMessageTimestamp",
            "latestMessageTimestampAfter": iso(since),
            "association": "TICKET",
            "limit": THREAD_PAGE,
        }
        answer = api.get(
            "/conversations/v3/conversations/threads",
            **(params | ({"after": after} if after else {})),
        )
        found = answer["results"]
        if found:
            yield found
        following = answer.get("paging", {}).get("next", {}).get("after")
        if not following:
            return
        # The millisecond before, whichever way "after" is meant. Only within one instant is there no
        # way but HubSpot's own paging.
        last = latest_message_at(found[-1]) - 1
        since, after = (last, None) if last > since else (since, following)


def latest_message_at(thread: Record) -> int:
    return milliseconds(thread.get("latestMessageTimestamp") or thread["createdAt"])
