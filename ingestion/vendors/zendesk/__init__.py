"""Zendesk's API as a dlt source: objects as the vendor wrote them, newest changes last.

Users and organisations come first, so that whoever wrote on a ticket is known with it; then tickets
by the incremental export, each page together with the audits of its tickets, which hold history and
comments; then metric events, ratings and calls; at last the lists of the account, of which only
what is new, different or gone is landed. docs/zendesk.md lists the endpoints.
"""

from collections.abc import Iterator
from typing import Any

import dlt

from helpdesk.settings import Zendesk
from ingestion.vendors.pipeline import Slice
from ingestion.vendors.zendesk.api import Api
from ingestion.vendors.zendesk.exports import by_cursor, by_time, ratings, tickets
from ingestion.vendors.zendesk.lists import account_lists

Row = dict[str, Any]


def source(config: Zendesk, secret: str, part: Slice) -> Any:
    """The dlt source of one slice; each stream's place is kept in the state of the source."""

    @dlt.source(name="zendesk")
    def zendesk() -> Any:
        return dlt.resource(_rows(config, secret, part), name="zendesk", write_disposition="append")

    return zendesk()


def _rows(config: Zendesk, secret: str, part: Slice) -> Iterator[Any]:
    """All streams one after another: a slice that is spent ends between two pages of one."""
    api = Api(config, secret, part)
    state: dict[str, Any] = dlt.current.source_state()
    since = int(config.start_date.timestamp())
    streams = (
        by_cursor(api, state, "users", since),
        by_time(api, state, "organizations", "incremental/organizations.json", since),
        tickets(api, state, since),
        by_time(api, state, "ticket_metric_events", METRIC_EVENTS, since, is_optional=True),
        ratings(api, state, since),
        by_time(api, state, "calls", CALLS, since, is_optional=True),
        account_lists(api, state),
    )
    for stream in streams:
        for name, rows in stream:
            yield dlt.mark.with_table_name(rows, name)
        if part.is_spent:
            return


METRIC_EVENTS = "incremental/ticket_metric_events.json"
CALLS = "channels/voice/stats/incremental/calls.json"
