"""Messages and response cycles, worked out by hand: one example for each ruling of `messages`."""

from __future__ import annotations

from .small_desk import Rows, answered, asked, at, desk, history, lived, marts, ticket

HOUR = 3600


def test_the_first_response() -> None:
    ignored = [
        *answered("01 08:59:59"),
        *answered("01 09:01", is_public="false"),
        *answered("01 09:02", is_automated="true"),
        *answered("01 09:03", delivery_status="FAILED"),
        *answered("01 09:04", kind="COMMENT"),
        *answered("01 09:05", author_type="bot"),
        *answered("01 09:06", direction="incoming"),
    ]
    row = lived(messages=[*ignored, *answered("01 11:00"), *answered("01 10:00:00.5")])
    assert row["first_response_at"] == at("01 10:00:00.5")
    assert row["first_response_seconds"] == HOUR
    assert row["first_response_agent_key"] == "generic:a1"
    assert (row["agent_response_count"], row["bot_interaction_count"]) == (3, 1)


def test_a_ticket_made_from_a_conversation_is_answered_from_its_first_question() -> None:
    row = lived(messages=asked("01 08:40") + answered("01 08:30", "01 08:50", "01 09:10"))
    assert (row["first_response_started_at"], row["first_response_at"]) == (
        at("01 08:40"),
        at("01 08:50"),
    )
    assert row["first_response_seconds"] == 600
    # Nobody asked before: the wait begins with the ticket.
    row = lived(messages=answered("01 08:50", "01 10:00"))
    assert (row["first_response_at"], row["first_response_seconds"]) == (at("01 10:00"), HOUR)


def test_an_out_of_office_answer_is_not_a_customer_message() -> None:
    (automated,) = asked("01 10:00")
    row = lived(messages=[{**automated, "is_automated": "true"}])
    assert row["customer_message_count"] == 0


def test_an_outbound_ticket_has_no_first_response() -> None:
    row = lived(messages=answered("01 10:00"), is_outbound="true")
    assert row["first_response_at"] is row["first_response_seconds"] is None
    assert (row["agent_response_count"], row["first_response_agent_key"]) == (1, "unknown")


def test_an_unknown_conversation_has_no_response_figures() -> None:
    said = asked("01 09:30", "01 12:00") + answered("01 10:00")
    row = lived(messages=said, is_conversation_unknown="true")
    assert row["first_response_at"] is row["first_response_seconds"] is None
    assert (row["agent_response_count"], row["customer_message_count"]) == (0, 0)
    one = marts(desk(tickets=[ticket(is_conversation_unknown="true")], messages=said))
    assert one["fct_response_cycles"] == []


def test_one_touch_is_closed_with_one_response() -> None:
    closing = [("01 09:00", "new"), ("02 09:00", "done")]
    assert lived(*closing, messages=answered("01 10:00"))["is_one_touch"]
    assert not lived(*closing, messages=answered("01 10:00", "01 11:00"))["is_one_touch"]
    assert not lived(messages=answered("01 10:00"))["is_one_touch"]
    assert not lived(*closing)["is_one_touch"]


def test_first_contact_resolution_needs_no_later_answer_and_no_reopen() -> None:
    def verdict(*said: Rows, then: str = "done", **fields: str) -> bool | None:
        changes = [("01 09:00", "new"), ("03 09:00", then)]
        messages = [message for each in said for message in each]
        return lived(*changes, messages=messages, **fields)["is_first_contact_resolution"]

    first, again = asked("01 09:30"), asked("01 11:00")
    thanks_unanswered = verdict(first, answered("01 10:00"), again)
    assert thanks_unanswered is True
    assert verdict(first, answered("01 10:00", "01 10:30")) is True
    assert verdict(first, answered("01 10:00", "01 12:00"), again) is False
    # An answer after the close, too.
    assert verdict(first, answered("01 10:00", "04 12:00"), asked("04 10:00")) is False
    assert verdict(answered("01 10:00")) is True
    assert verdict(first) is None
    assert verdict(first, answered("01 10:00"), then="wait") is None
    assert verdict(first, answered("01 10:00"), is_outbound="true") is None
    assert verdict(first, answered("01 10:00"), is_conversation_unknown="true") is None
    reopened = [
        ("01 09:00", "new"),
        ("02 09:00", "done"),
        ("02 10:00", "new"),
        ("03 09:00", "done"),
    ]
    row = lived(*reopened, messages=answered("01 10:00"))
    assert row["is_one_touch"]
    assert row["is_first_contact_resolution"] is False


def cycles(messages: Rows, *changes: tuple[str, str | None]) -> list[tuple]:
    """(since, ended, outcome, customer messages, seconds) of each cycle."""
    of = desk(messages=messages, ticket_field_history=history("status", *changes))
    columns = ("waiting_since", "ended_at", "outcome", "customer_message_count", "wait_seconds")
    rows = marts(of)["fct_response_cycles"]
    assert [row["is_first"] for row in rows] == [row["cycle_number"] == 1 for row in rows]
    return [tuple(row[column] for column in columns) for row in rows]


def test_further_messages_join_a_cycle_and_do_not_restart_it() -> None:
    talk = [*asked("01 09:00", "01 09:30"), *answered("01 10:00", "01 10:30"), *asked("10 11:00")]
    assert cycles(talk) == [
        (at("01 09:00"), at("01 10:00"), "responded", 2, HOUR),
        (at("10 11:00"), None, "waiting", 1, HOUR),
    ]


def test_a_close_ends_a_cycle_and_a_closed_ticket_can_wait_again() -> None:
    talk = [*asked("01 09:00", "01 11:00"), *answered("01 12:00")]
    changes = [("01 09:00", "new"), ("01 10:00", "done"), ("01 11:30", "gone")]
    assert cycles(talk, *changes) == [
        (at("01 09:00"), at("01 10:00"), "closed", 1, HOUR),
        (at("01 11:00"), at("01 12:00"), "responded", 1, HOUR),
    ]


def test_a_cycle_on_a_ticket_that_stays_closed_ends_as_it_opens() -> None:
    """A thank-you note; reopened, the ticket's customer waits since that note."""
    talk = [*asked("01 09:00", "02 08:00", "02 09:00"), *answered("01 09:30")]
    changes = [("01 09:00", "new"), ("01 10:00", "done")]
    first = (at("01 09:00"), at("01 09:30"), "responded", 1, HOUR // 2)
    assert cycles(talk, *changes) == [
        first,
        (at("02 08:00"), at("02 08:00"), "closed", 2, 0),
    ]
    reopened = [*changes, ("10 09:00", "new")]
    assert cycles(talk, *reopened) == [
        first,
        (at("02 08:00"), None, "waiting", 2, 8 * 24 * HOUR + 4 * HOUR),
    ]
    assert cycles([*talk, *answered("10 10:00")], *reopened)[1:] == [
        (at("02 08:00"), at("10 10:00"), "responded", 2, 8 * 24 * HOUR + 2 * HOUR)
    ]
    assert cycles(talk, *reopened, ("10 11:00", "done"))[1:] == [
        (at("02 08:00"), at("10 11:00"), "closed", 2, 8 * 24 * HOUR + 3 * HOUR)
    ]


def test_at_one_time_a_question_precedes_a_response_and_that_a_close() -> None:
    changes = [("01 09:00", "new"), ("01 10:00", "done")]
    talk = [*asked("01 10:00"), *answered("01 10:00")]
    assert cycles(talk, *changes) == [(at("01 10:00"), at("01 10:00"), "responded", 1, 0)]
    assert cycles(asked("01 10:00"), *changes) == [(at("01 10:00"), at("01 10:00"), "closed", 1, 0)]


def test_a_ticket_that_begins_closed_ends_its_first_cycle_at_once() -> None:
    assert cycles(asked("01 09:00"), ("01 09:00", "done")) == [
        (at("01 09:00"), at("01 09:00"), "closed", 1, 0)
    ]


def test_time_since_last_response() -> None:
    talk = [
        *asked("01 09:00", "01 09:30", "01 11:00"),
        *answered("01 10:00", "01 10:30"),
        *answered("01 09:45", is_public="false"),
    ]
    of = desk(messages=talk, ticket_field_history=history("status", ("01 09:50", "done")))
    rows = marts(of)["fct_messages"]
    assert [row["seconds_since_last_response"] for row in rows] == [
        *[None] * 3,
        HOUR,
        None,
        HOUR // 2,
    ]
