"""Reads the lists of the API page by page."""

from collections.abc import Iterator
from typing import Any

from helpdesk.extract.zendesk.api import Api

Row = dict[str, Any]


def paged(
    api: Api, path: str, name: str, params: dict[str, Any], is_list: bool = False
) -> Iterator[Row]:
    """The rows of a list, with cursor pagination if it has it, else with page numbers."""
    answer = api.rows(name, path, {**params, "page[size]": 100}, is_list)
    while True:
        yield from answer[name]
        next_page = following(answer)
        if not next_page:
            return
        answer = api.rows(name, next_page, None, is_list)


def following(answer: dict[str, Any]) -> str | None:
    """The URL of the next page, if there is one."""
    meta = answer.get("meta")
    if meta is None:
        return answer.get("next_page")
    return (answer.get("links") or {}).get("next") if meta.get("has_more") else None
