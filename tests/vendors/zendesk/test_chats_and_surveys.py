"""Messaging conversations and the newer satisfaction surveys from the API."""

from __future__ import annotations

import json
from typing import Any

from helpdesk.extract.zendesk.exports import without_texts
from tests.vendors.zendesk.conftest import Landing


def message(id_: str, at: str, **author: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "Messaging::ConversationMessage",
        "reference": f"zen:conversation:{id_}",
        "created_at": at,
        "author": author,
        "attachments": [],
        "content": {"type": "text", "text": "Where is my parcel?"},
        "metadata": {},
    }


def test_the_log_of_a_conversation_is_fetched_without_texts(landing: Landing) -> None:
    """Only for messaging tickets. Comments in it are fetched with the audits."""
    ticket = landing.account.objects.streams["tickets"][3]
    ticket["via"] = {"channel": "native_messaging", "source": {}}
    landing.account.objects.logs[ticket["id"]] = [
        message("M1", "2026-06-01T08:00:00Z", **{"type": "user", "zen:support:user_id": 5}),
        {**message("M2", "2026-06-01T08:01:00Z", type="agent"), "type": "Comment"},
    ]
    landing.fetch()
    (row,) = landing.rows("conversation_logs")
    assert (row["id"], row["ticket_id"]) == ("M1", str(ticket["id"]))
    assert json.loads(row["author"])["zen:support:user_id"] == 5
    assert "parcel" not in json.dumps(row)
    asked = landing.account.requests("conversation_log")
    assert [request.path for request in asked] == [
        f"/api/v2/tickets/{ticket['id']}/conversation_log"
    ]


def test_an_account_without_logs_continues(landing: Landing) -> None:
    ticket = landing.account.objects.streams["tickets"][3]
    ticket["via"] = {"channel": "whatsapp", "source": {}}
    landing.account.absent.add(f"tickets/{ticket['id']}/conversation_log")
    assert landing.fetch().rows["tickets"] == 250
    assert landing.rows("conversation_logs") == []


def test_the_history_of_a_chat_is_fetched_without_texts() -> None:
    said = {"type": "ChatMessage", "actor_id": "5", "timestamp": 1, "message": "Where is it?"}
    value = {"chat_id": "c", "history": [said, "odd"]}
    audit = {"events": [{"type": "ChatStartedEvent", "value": value}, "odd"]}
    (started, odd) = without_texts(audit)["events"]
    assert started["value"]["history"][0] == {
        "type": "ChatMessage",
        "actor_id": "5",
        "timestamp": 1,
    }
    assert (started["value"]["history"][1], odd) == ("odd", "odd")


def response(id_: str, at: str, rating: int) -> dict[str, Any]:
    answer = {"type": "rating_scale", "rating": rating, "created_at": at, "updated_at": at}
    return {
        "id": id_,
        "responder_id": 5,
        "subject_zrns": ["zen:ticket:9"],
        "survey": {"id": "S1", "version": 1, "state": "enabled"},
        "answers": [answer],
        "expires_at": "2026-07-20T00:00:00Z",
    }


def test_responses_are_fetched_once_and_again_after_a_change(landing: Landing) -> None:
    responses = landing.account.objects.streams["survey_responses"]
    responses += [
        response("R1", "2026-06-01T08:00:00Z", 4),
        response("R2", "2026-06-20T08:00:00Z", 2),
    ]
    landing.fetch()
    assert [row["id"] for row in landing.rows("survey_responses")] == ["R1", "R2"]
    assert landing.fetch().rows == {}
    responses[1]["answers"][0]["rating"] = 3
    responses.append(response("R3", "2026-06-21T08:00:00Z", 5))
    assert landing.fetch().rows == {"survey_responses": 2}
    asked = landing.account.requests("survey_responses")[-1]
    assert int(asked.params["filter[created_at_start]"]) > 0


def test_a_plan_without_surveys_has_none(landing: Landing) -> None:
    landing.account.absent.add("guide/survey_responses")
    assert landing.fetch().rows["tickets"] == 250
    assert landing.rows("survey_responses") == []
