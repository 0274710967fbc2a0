"""Rewording by a server on the loopback address that answers well, badly, or not at all."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from helpdesk.alerts.rewording import reword, says_the_same
from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Rewording, load_settings

ROWS = [
    {
        "insight_key": "R1:1",
        "sentence": "Tickets created: 1,200 in the 28 days to 9 May 2024, 20% more than in the 28 "
        "days before (1,000).",
        "member_name": None,
    },
    {
        "insight_key": "R1:2",
        "sentence": "By owner, Ann Smith accounts for +150 of the +200 (75%).",
        "member_name": "Ann Smith",
    },
]
GOOD = {
    "1": "20% more tickets than before: 1,200 in the 28 days to 9 May 2024, after 1,000.",
    "2": "{member} is behind +150 of the +200 (75%).",
}


@dataclass
class Endpoint:
    """`content` is the model's answer; `status`, `body` and `delay` are those of the server."""

    url: str = ""
    content: str = json.dumps(GOOD)
    status: int = 200
    body: bytes | None = None
    delay: float = 0
    asked: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append((self.path, self.headers["Authorization"], body))
            time.sleep(found.delay)
            answer = {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": body["model"],
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": found.content},
                        "finish_reason": "stop",
                    }
                ],
            }
            payload = json.dumps(answer).encode() if found.body is None else found.body
            # The client has timed out.
            with suppress(ConnectionError):
                self.send_response(found.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.url = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def ask(endpoint: Endpoint, **settings: Any) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    found = reword(ROWS, Rewording(base_url=endpoint.url, model="m", **settings), warnings.append)
    return found, warnings


def test_a_good_rewording_is_used_and_names_never_leave(endpoint, monkeypatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "hush")
    found, warnings = ask(endpoint, api_key_env="MODEL_KEY")
    assert found == {"R1:1": GOOD["1"], "R1:2": "Ann Smith is behind +150 of the +200 (75%)."}
    assert warnings == []
    ((path, authorization, body),) = endpoint.asked
    assert (path, authorization, body["model"]) == ("/v1/chat/completions", "Bearer hush", "m")
    assert "Ann" not in json.dumps(body)
    assert "{member} accounts for" in body["messages"][1]["content"]


def test_an_answer_in_a_code_fence_is_read(endpoint) -> None:
    endpoint.content = f"```json\n{endpoint.content}\n```"
    assert set(ask(endpoint)[0]) == {"R1:1", "R1:2"}


@pytest.mark.parametrize(
    "lie",
    [
        "1,300 tickets in the 28 days to 9 May 2024, 20% more than 1,000.",
        "20 points more tickets than before.",
        "Tickets fell by 20% to 1,200.",
        "Tickets doubled, 20% more than before.",
        "Twelve hundred tickets, 20% more.",
        "Tickets are ½ more, 20%.",
        "20% more tickets, see https://example.org.",
        "20% more tickets <b>now</b>.",
        "{member} has 20% more tickets.",
        "20% more tickets. " * 40,
        "",
    ],
)
def test_a_changed_fact_is_dropped_and_the_rest_is_used(endpoint, lie: str) -> None:
    endpoint.content = json.dumps(GOOD | {"1": lie})
    found, warnings = ask(endpoint)
    assert set(found) == {"R1:2"}
    assert warnings == ["1 of 2 insights were not reworded: the answer changes a fact"]


def test_a_unit_is_part_of_a_number() -> None:
    assert says_the_same("Wait: 10 h 45 min.", "The wait is 10 h 45 min.")
    assert not says_the_same("Wait: 10 h 45 min.", "The wait is 10 min 45 h.")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 429}, "the server answered 429"),
        ({"status": 503}, "the server answered 503"),
        ({"status": 302}, "the server answered 302"),
        ({"body": b"<html>"}, "not a JSON object of sentences"),
        ({"body": b"{}"}, "not a JSON object of sentences"),
        ({"content": "Sure! Here you go."}, "not a JSON object of sentences"),
        ({"content": "[1]"}, "not a JSON object of sentences"),
        ({"delay": 2}, "timed out"),
    ],
)
def test_a_failure_is_one_warning(endpoint, fault: dict[str, Any], said: str) -> None:
    for name, value in fault.items():
        setattr(endpoint, name, value)
    found, warnings = ask(endpoint, timeout_seconds=0.5)
    assert found == {}
    assert len(warnings) == 1
    assert said in warnings[0].lower().replace("json", "JSON")


def test_a_missing_key_is_named_and_nothing_is_sent(endpoint, monkeypatch) -> None:
    monkeypatch.delenv("MODEL_KEY", raising=False)
    found, warnings = ask(endpoint, api_key_env="MODEL_KEY")
    assert found == {}
    assert warnings == [
        "the insights were not reworded: the environment variable MODEL_KEY is not set"
    ]
    assert endpoint.asked == []


def test_by_default_no_model_is_called() -> None:
    assert reword(ROWS, Rewording(), pytest.fail) == {}


def test_a_key_in_the_settings_file_is_rejected_and_not_repeated(tmp_path) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("rewording: {base_url: 'http://h/v1', model: m, api_key_env: sk-hush}")
    with pytest.raises(ConfigError, match="name of an environment variable") as error:
        load_settings(path)
    assert "hush" not in str(error.value)
    path.write_text("rewording: {base_url: 'http://h/v1'}")
    with pytest.raises(ConfigError, match="base_url and model need each other"):
        load_settings(path)
