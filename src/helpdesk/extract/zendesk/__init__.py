"""Zendesk's API as a dlt source: unchanged objects, newest changes last.

Users and organizations come first, so that the authors of a ticket are known with it. Tickets
follow from the incremental export, each page with the audits of its tickets, which have history
and comments. Then come metric events, ratings and calls, and last the lists of the account, with
only new, changed and deleted rows. docs/zendesk.md lists the endpoints.
"""

from collections.abc import Iterator
from typing import Any

import dlt

from helpdesk.core.settings import Zendesk
from helpdesk.extract.pipeline import Slice
from helpdesk.extract.zendesk.api import Api
from helpdesk.extract.zendesk.exports import by_cursor, by_time, ratings, tickets
from helpdesk.extract.zendesk.lists import account_lists
from helpdesk.extract.zendesk.surveys import survey_responses

Row = dict[str, Any]


def source(config: Zendesk, secret: str, part: Slice) -> Any:
    """The dlt source of one slice. Its state has the position of each stream."""

    @dlt.source(name="zendesk")
    def zendesk() -> Any:
        return dlt.resource(_rows(config, secret, part), name="zendesk", write_disposition="append")

    return zendesk()


def _rows(config: Zendesk, secret: str, part: Slice) -> Iterator[Any]:
    """The rows of all streams in order. A spent slice ends between two pages."""
    api = Api(config, secret, part)
    state: dict[str, Any] = dlt.current.source_state()
    since = int(config.start_date.timestamp())
    streams = (
        by_cursor(api, state, "users", since),
        by_time(api, state, "organizations", "incremental/organizations.json", since),
        tickets(api, state, since),
        by_time(api, state, "ticket_metric_events", METRIC_EVENTS, since, is_optional=True),
        ratings(api, state, since),
        survey_responses(api, state, since),
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
