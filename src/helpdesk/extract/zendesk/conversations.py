"""The conversation logs of messaging tickets, which have no comments."""

from collections.abc import Iterator
from typing import Any

from helpdesk.extract.zendesk.api import Absent, Api, log
from helpdesk.extract.zendesk.paging import paged

Row = dict[str, Any]

# Channels with a conversation log, by the names in `via`. Live chats are in audits.
MESSAGING = ("native_messaging", "messaging", "whatsapp", "line", "wechat", "viber", "telegram")
MESSAGING_PREFIXES = ("sunshine_conversations", "instagram", "twitter_dm", "apple_", "google_")
# Texts are not fetched.
FIELDS = ("id", "type", "created_at", "author")
TEXT_FIELDS = ("message", "original_message", "url", "filename")


def conversations(api: Api, tickets: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The complete log of each messaging ticket of a page."""
    for ticket in tickets:
        if ticket.get("status") != "deleted" and _is_messaging(ticket):
            yield "conversation_logs", list(_log(api, ticket["id"]))


def _is_messaging(ticket: Row) -> bool:
    channel = str((ticket.get("via") or {}).get("channel"))
    return channel in MESSAGING or channel.startswith(MESSAGING_PREFIXES)


def _log(api: Api, ticket: int) -> Iterator[Row]:
    try:
        for event in paged(api, f"tickets/{ticket}/conversation_log", "events", {}):
            if event.get("type") != "Comment":
                yield {"ticket_id": ticket, **{name: event.get(name) for name in FIELDS}}
    except Absent as absent:
        # The plan has no logs, or the ticket was deleted. The audits are used instead.
        log.info("zendesk: %s", absent)


def without_chat_texts(value: Any) -> Any:
    """The value of a chat event without texts. Other values are unchanged."""
    if not isinstance(value, dict) or not isinstance(value.get("history"), list):
        return value
    history = [
        {name: of for name, of in entry.items() if name not in TEXT_FIELDS}
        if isinstance(entry, dict)
        else entry
        for entry in value["history"]
    ]
    return {**value, "history": history}
