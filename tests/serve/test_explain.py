"""One ticket and its events, clocks and figures, by the server."""

from __future__ import annotations

import json

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.explain import explain
from helpdesk.explain.model import as_json
from helpdesk.serve.server import serving
from tests.serve.asking import ask, query, rows


def test_a_ticket_is_explained(server, output):
    late = query("tickets", ("source", "sla_clocks"), ("measure", "sla_late"), ("limit", 1))
    ((row,),) = (rows(ask(server, late)),)
    key = f"{row['source_system']}:{row['ticket_id']}"
    answered = ask(server, query("explain", ("ticket", key)))
    assert answered.status == 200, answered.text
    found = as_json(explain(OutputPaths(output), key))
    found["properties"].pop("contact", None)
    assert answered.json == json.loads(json.dumps(found))
    tag = answered.headers["ETag"]
    again = ask(server, query("explain", ("ticket", key)), If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ([("ticket", "generic:nobody")], 404, "no such ticket"),
        ([("ticket", "'; drop table x; --")], 404, "no such ticket"),
        ([], 400, "One parameter is expected"),
        ([("ticket", "1"), ("ticket", "2")], 400, "One parameter is expected"),
        ([("build", "../..")], 400, "One parameter is expected"),
    ],
)
def test_a_ticket_that_cannot_be_explained_gets_a_message(server, asked, status, message):
    answered = ask(server, query("explain", *asked) if asked else "/api/explain")
    assert answered.status == status
    assert message in answered.json["error"]


def test_pages_know_whether_queries_are_answered(server, output):
    assert ask(server, "/").headers["Helpdesk-Live"] == "yes"
    with serving(OutputPaths(output).site) as plain:
        assert "Helpdesk-Live" not in ask(plain.server_address, "/").headers
