"""The changes in an account since the last pass, in the order of their times.

Lists are read by time ranges instead of pages. An object that changes during the pass moves to the
end of its list and shifts the pages, so that another object would be missed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from helpdesk.extract.hubspot.api import HubSpotApi, Record

SEARCH_PAGE, THREAD_PAGE = 200, 500
# HubSpot's search index lags, so a pass starts a little before the end of the last one.
OVERLAP = 10 * 60_000


def milliseconds(text: str) -> int:
    """A time in HubSpot's format, ISO 8601 or milliseconds since 1970, as milliseconds."""
    if text.lstrip("-").isdigit():
        return int(text)
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def iso(instant: int) -> str:
    text = datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


@dataclass
class Stream:
    """The progress of a stream. dlt saves `state` together with the rows of a slice.

    `since`: the time at which it continues. `mark`: the newest change that it yielded. `recent`:
    the last changes that it yielded, so that an overlapping pass yields nothing twice. An object
    that changes again during a slice ends the slice (`is_cut`), because the order of two rows of
    an object in one file is undefined.
    """

    state: dict[str, Any]
    start: int
    is_cut: bool = False
    _yielded: set[str] = field(default_factory=set)

    @property
    def since(self) -> int:
        return int(self.state.get("since", self.start))

    @property
    def is_complete(self) -> bool:
        return bool(self.state.get("is_complete"))

    def begin(self) -> None:
        """Start a new pass if the last one is complete; else continue it."""
        if self.is_complete and "mark" in self.state:
            self.state["since"] = max(self.state["mark"] - OVERLAP, self.start)
        self.state["is_complete"] = False

    def begin_again(self) -> None:
        """Read every object again."""
        for name in ("since", "mark", "recent", "links", "links_checked_at"):
            self.state.pop(name, None)

    def fresh(self, found: list[Record], changed: Callable[[Record], int]) -> Iterator[Record]:
        """The objects of `found`, which is ascending, that were not yielded in this version."""
        recent: dict[str, int] = self.state.setdefault("recent", {})
        for one in found:
            key, at = str(one["id"]), changed(one)
            if recent.get(key) != at:
                if key in self._yielded:
                    self.is_cut = True
                    return
                self._yielded.add(key)
                recent[key] = at
                yield one
            self.state["since"] = max(self.since, at)
            self.state["mark"] = max(self.state.get("mark", at), at)

    def forget(self) -> None:
        """Delete from `recent` the changes that no pass will read again."""
        kept = self.state.get("mark", 0) - OVERLAP
        recent = self.state.get("recent", {})
        self.state["recent"] = {key: at for key, at in recent.items() if at >= kept}


def searched(api: HubSpotApi, kind: str, modified: str, since: int) -> Iterator[list[Record]]:
    """Pages of the objects modified since, ascending, with id and time of modification only."""

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
        # After an import, more objects than a page can have one time: read them by id.
        highest = "0"
        while same := page([at(since, "EQ"), _id_above(highest)], "hs_object_id"):
            yield same
            highest = str(same[-1]["id"])
        since += 1


def count(api: HubSpotApi, kind: str, modified: str, since: int) -> int:
    """The number of objects modified since."""
    at = {"propertyName": modified, "operator": "GTE", "value": str(since)}
    body: Record = {"filterGroups": [{"filters": [at]}], "properties": [modified], "limit": 1}
    body["sorts"] = [{"propertyName": modified, "direction": "ASCENDING"}]
    return int(api.post(f"/crm/v3/objects/{kind}/search", body).get("total") or 0)


def filtered(
    api: HubSpotApi, kind: str, modified: str, groups: list[list[Record]]
) -> Iterator[list[Record]]:
    """Pages of the objects that match all filters of any group, sorted by id."""
    highest = "0"
    while True:
        body = {
            "filterGroups": [{"filters": [*group, _id_above(highest)]} for group in groups],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [modified],
            "limit": SEARCH_PAGE,
        }
        found: list[Record] = api.post(f"/crm/v3/objects/{kind}/search", body)["results"]
        if found:
            yield found
        if len(found) < SEARCH_PAGE:
            return
        highest = str(found[-1]["id"])


def _id_above(key: str) -> Record:
    return {"propertyName": "hs_object_id", "operator": "GT", "value": key}


def modified_at(one: Record, modified: str) -> int:
    return milliseconds(one["properties"].get(modified) or one["updatedAt"])


def threads_since(api: HubSpotApi, path: str, since: int) -> Iterator[list[Record]]:
    """Pages of the threads with a message since, ascending by latest message."""
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
        # One millisecond earlier, as "after" may exclude the time itself. HubSpot's own paging is
        # needed only among threads with the same time.
        last = latest_message_at(found[-1]) - 1
        since, after = (last, None) if last > since else (since, following)


def latest_message_at(thread: Record) -> int:
    return milliseconds(thread.get("latestMessageTimestamp") or thread["createdAt"])
