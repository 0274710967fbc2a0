"""What has changed in an account since the last time, in the order in which it changed.

Lists are walked by their own times and not by pages: an object that changes meanwhile moves to the
end of its list, and would shift the pages so that another one is missed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingestion.vendors.hubspot_api import HubSpotApi, Record

SEARCH_PAGE, THREAD_PAGE = 200, 500
# HubSpot's index may be late by some moments: every pass begins a little before the last one ended.
OVERLAP = 10 * 60_000


def milliseconds(told: str) -> int:
    """An instant as HubSpot tells it, ISO 8601 or milliseconds since 1970."""
    if told.lstrip("-").isdigit():
        return int(told)
    return round(datetime.fromisoformat(told).timestamp() * 1000)


def iso(instant: int) -> str:
    told = datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


@dataclass
class Stream:
    """How far a stream has come. `state` is its own, saved together with what it landed.

    `since` is where it goes on; `mark` the newest change handed on; `recent` what was handed on of
    the last changes, so that a second look lands nothing twice. An object that changed once more
    while a slice was fetched ends the slice (`is_cut`): of two rows of an object in one file, none
    is the newer one.
    """

    state: dict[str, Any]
    start: int
    is_cut: bool = False
    _handed_on: set[str] = field(default_factory=set)

    @property
    def since(self) -> int:
        return int(self.state.get("since", self.start))

    @property
    def is_complete(self) -> bool:
        return bool(self.state.get("is_complete"))

    def begin(self) -> None:
        """Begin a new pass, if the last one came to its end; else go on with it."""
        if self.is_complete and "mark" in self.state:
            self.state["since"] = max(self.state["mark"] - OVERLAP, self.start)
        self.state["is_complete"] = False

    def fresh(self, found: list[Record], changed: Callable[[Record], int]) -> Iterator[Record]:
        """Those of `found`, in ascending order, that were not handed on as they are."""
        recent: dict[str, int] = self.state.setdefault("recent", {})
        for one in found:
            key, at = str(one["id"]), changed(one)
            if recent.get(key) != at:
                if key in self._handed_on:
                    self.is_cut = True
                    return
                self._handed_on.add(key)
                recent[key] = at
                yield one
            self.state["since"] = max(self.since, at)
            self.state["mark"] = max(self.state.get("mark", at), at)

    def forget(self) -> None:
        """Leave out of `recent` what no pass will look at again."""
        kept = self.state.get("mark", 0) - OVERLAP
        recent = self.state.get("recent", {})
        self.state["recent"] = {key: at for key, at in recent.items() if at >= kept}


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
        while same := page([at(since, "EQ"), _id_above(highest)], "hs_object_id"):
            yield same
            highest = str(same[-1]["id"])
        since += 1


def _id_above(key: str) -> Record:
    return {"propertyName": "hs_object_id", "operator": "GT", "value": key}


def modified_at(one: Record, modified: str) -> int:
    return milliseconds(one["properties"].get(modified) or one["updatedAt"])


def threads_since(api: HubSpotApi, path: str, since: int) -> Iterator[list[Record]]:
    """Pages of the threads with a message since, ascending by their latest message."""
    after: str | None = None
    while True:
        params: dict[str, str | int] = {
            "sort": "latestMessageTimestamp",
            "latestMessageTimestampAfter": iso(since),
            "association": "TICKET",
            "limit": THREAD_PAGE,
        }
        answer = api.get(path, **(params | ({"after": after} if after else {})))
        if found := answer["results"]:
            yield found
        following = answer.get("paging", {}).get("next", {}).get("after")
        if not following:
            return
        # The millisecond before, whichever way "after" is meant. Only within one instant is there
        # no way but HubSpot's own paging.
        last = latest_message_at(found[-1]) - 1
        since, after = (last, None) if last > since else (since, following)


def latest_message_at(thread: Record) -> int:
    return milliseconds(thread.get("latestMessageTimestamp") or thread["createdAt"])
