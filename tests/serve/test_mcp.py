"""The MCP server, by the client of the official SDK: over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import duckdb
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from helpdesk.core.files import replace_link
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.explain import explain
from helpdesk.explain.model import as_json
from helpdesk.mcp.arguments import MOST_ROWS, MOST_TICKETS
from helpdesk.mcp.figures import MOST_EVENTS, MOST_INTERVALS
from helpdesk.mcp.server import http_server
from helpdesk.reports.errors import DashboardError
from helpdesk.reports.tickets import has_tickets, is_exact
from helpdesk.serve.options import Options
from helpdesk.serve.server import running as running_server
from tests.conftest import HELPDESK, run_helpdesk
from tests.serve.asking import ask as ask_api
from tests.serve.asking import query as address_of
from tests.serve.asking import raw, rows
from tests.serve.test_answers import another_build
from tests.serve.test_attacks import OTHER_HOSTS, OTHER_ORIGINS, status_of

TOOLS = ["list_metrics", "describe_metric", "describe_dimension", "list_reports", "query",
         "list_tickets", "explain_ticket", "insights", "data_quality"]  # fmt: skip
Ask = Callable[..., list[Any]]
Call = tuple[str, dict[str, Any]]


def over_stdio(output: Path, *more: str) -> Any:
    arguments = ["mcp", "--output", str(output), *more]
    return stdio_client(StdioServerParameters(command=str(HELPDESK), args=arguments))


@contextmanager
def over_http(output: Path, **given: Any) -> Iterator[tuple[str, int]]:
    options = Options(OutputPaths(output).site, output, **given)
    with running_server(http_server(options, "127.0.0.1", 0)) as server:
        yield server.server_address


def asking(connect: Callable[[], Any]) -> Ask:
    """Calls tools one after the other in one session; each answer as it is."""

    async def called(calls: tuple[Call, ...]) -> list[Any]:
        async with Client(connect()) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return lambda *calls: anyio.run(called, calls)


@pytest.fixture(scope="module", params=["stdio", "http"])
def ask(request: pytest.FixtureRequest, output: Path) -> Iterator[Ask]:
    if request.param == "stdio":
        yield asking(lambda: over_stdio(output))
        return
    with over_http(output) as (host, port):
        yield asking(lambda: f"http://{host}:{port}/mcp")


@pytest.fixture(scope="module")
def http(output: Path) -> Iterator[tuple[str, int]]:
    with over_http(output) as address:
        yield address


@pytest.fixture(scope="module")
def ask_http(http: tuple[str, int]) -> Ask:
    return asking(lambda: f"http://{http[0]}:{http[1]}/mcp")


@pytest.fixture(scope="module")
def marts(
    output: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy: the server of this process opens the file itself with other options."""
    copied = tmp_path_factory.mktemp("copied") / "helpdesk.duckdb"
    shutil.copy(OutputPaths(output).published, copied)
    with duckdb.connect(str(copied), read_only=True) as connection:
        yield connection


def content(answered: Any) -> dict[str, Any]:
    """The content of an answer, which it has as text, too."""
    assert not answered.is_error, answered.content
    (text,) = answered.content
    assert json.loads(text.text) == answered.structured_content
    return answered.structured_content


def failure(answered: Any) -> str:
    assert answered.is_error, answered.structured_content
    return answered.content[0].text


def one(marts: duckdb.DuckDBPyConnection, sql: str) -> Any:
    ((value,),) = marts.execute(sql).fetchall()
    return value


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_every_tool_is_listed_as_read_only(output, http, transport, mode):
    target = over_stdio(output) if transport == "stdio" else f"http://{http[0]}:{http[1]}/mcp"

    async def listed():
        async with Client(target, mode=mode) as client:
            assert "read-only" in client.instructions
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False
        assert len(tool.description) > 50


def test_figures_equal_sql(ask, marts):
    query, tickets = ask(
        ("query", {"source": "tickets", "measures": ["average_time_to_close"], "by": ["owner", "date"],
                   "grain": "quarter", "sort": "-date", "limit": MOST_ROWS,
                   "filters": [{"field": "priority", "is": ["high", "low"]}]}),
        ("list_tickets", {"source": "tickets", "measure": "average_time_to_close", "limit": 5,
                          "filters": [{"field": "priority", "is": ["high", "low"]}]}),
    )  # fmt: skip
    truth = marts.sql("""
        select agent_key, name, date_trunc('quarter', closed_date)::date, avg(time_to_close_seconds),
            median(time_to_close_seconds), quantile_cont(time_to_close_seconds, 0.9), count(*)
        from marts.fct_tickets left join marts.dim_agents using (agent_key)
        where not is_excluded and closed_date is not null and priority in ('high', 'low')
        group by all order by 3 desc, 1
    """).fetchall()
    found = content(query)
    assert found["left_off"] == 0
    assert len(found["rows"]) == len(truth)
    for ours, theirs in zip(found["rows"], truth, strict=True):
        values = list(ours.values())
        assert values[:3] == [theirs[0], theirs[1], theirs[2].isoformat()]
        assert values[3:] == pytest.approx(list(theirs[3:]))
    build = dict(zip(("build", "as_of"), marts.sql(
        "select build_id, strftime(as_of, '%Y-%m-%dT%H:%M:%SZ') from marts.build_log"
    ).fetchone(), strict=True))  # fmt: skip
    assert {name: found[name] for name in build} == build
    assert found["measures"][0]["definition"].startswith(
        "Mean time from creation to the last close"
    )
    assert found["measures"][0]["unit"] == "seconds"
    assert found["filters"] == [
        {"field": "priority", "label": "Priority", "comparison": "is", "values": ["high", "low"]}
    ]
    behind = content(tickets)
    assert behind["total"] == sum(row[6] for row in truth)
    assert behind["left_off"] == behind["total"] - 5
    longest = marts.sql("""
        select ticket_id, time_to_close_seconds from marts.fct_tickets
        where not is_excluded and closed_date is not null and priority in ('high', 'low')
        order by 2 desc limit 5
    """).fetchall()
    assert [(row["ticket_id"], row["value"]) for row in behind["rows"]] == longest


def test_every_report_has_the_figures_of_the_api(server, ask_http):
    (listed,) = ask_http(("list_reports", {}))
    reports = content(listed)["reports"]
    assert {"R1", "R3", "C6"} <= {report["id"] for report in reports}
    calls = []
    for report in reports:
        by = report["dimensions"][:2]
        calls.append(("query", {"report": report["name"], "by": by, "limit": MOST_ROWS}))
    for (_, given), answered in zip(calls, ask_http(*calls), strict=True):
        pairs = [("report", given["report"]), *(("by", name) for name in given["by"])]
        theirs = rows(ask_api(server, address_of("query", *pairs, ("limit", 10_000))))
        found = content(answered)
        assert found["rows"] == theirs[:MOST_ROWS]
        assert found["left_off"] == max(0, len(theirs) - MOST_ROWS)
        assert found["report"]["definition"]


def test_every_list_has_as_many_tickets_as_its_figure(ask_http, catalogue):
    measures = [
        (source, measure)
        for source in catalogue.sources.values()
        for measure in source.measures.values()
        if has_tickets(source) and is_exact(measure, source) and not measure.base_metric
        and not measure.within
    ]  # fmt: skip
    calls = [
        (tool, {"source": source.name, key: measure.name})
        for source, measure in measures
        for tool, key in (("query", "measures"), ("list_tickets", "measure"))
    ]
    answers = ask_http(*calls)
    for (_, measure), figure, tickets in zip(measures, answers[::2], answers[1::2], strict=True):
        assert content(figure)["rows"][0][measure.name] == content(tickets)["total"], measure.name


def test_metrics_and_dimensions_are_described(ask, catalogue, marts):
    listed, searched, metric, dimension, of_ticket = ask(
        ("list_metrics", {}),
        ("list_metrics", {"search": "first response", "source": "tickets"}),
        ("describe_metric", {"source": "tickets", "metric": "average_first_response"}),
        ("describe_dimension", {"source": "tickets", "field": "owner", "limit": 3}),
        ("describe_dimension", {"source": "messages", "field": "priority", "search": "HIG"}),
    )
    sources = {source["name"]: source for source in content(listed)["sources"]}
    assert tuple(sources) == catalogue.primary
    for name, source in sources.items():
        known = catalogue.sources[name]
        averages = {each.base_metric for each in known.measures.values()}
        assert set(source["measures"]) >= averages - {None}
        assert {*source["fields"], *source["fields_for_filters"]} == set(known.fields)
    found = {each["name"] for each in content(searched)["found"]}
    assert {"average_first_response", "first_response_date"} <= found
    described = content(metric)
    parts = {"first_response_seconds", "tickets_answered", "median_first_response",
             "p90_first_response"}  # fmt: skip
    assert parts == {each["name"] for each in described["parts"]}
    assert described["date"]["name"] == "first_response_date"
    assert {"owner", "priority"} <= {each["name"] for each in described["dimensions"]}
    owners = content(dimension)
    truth = marts.sql("""
        select agent_key, name, count(*) from marts.fct_tickets left join marts.dim_agents using (agent_key)
        where not is_excluded group by all order by 3 desc, 1
    """).fetchall()
    assert [tuple(value.values()) for value in owners["values"]] == truth[:3]
    assert owners["left_off"] == len(truth) - 3
    (value,) = content(of_ticket)["values"]
    assert value == {
        "value": "high",
        "message_count": one(marts, """
            select count(*) from marts.fct_messages as messages
            join marts.fct_tickets as tickets using (ticket_key)
            where not messages.is_excluded and tickets.priority = 'high'
        """),
    }  # fmt: skip


def test_rows_are_bounded_and_the_rest_is_counted(ask_http):
    given = {"source": "tickets", "measures": ["ticket_count"], "by": ["owner"], "sort": "owner"}
    every, first, second, last = (
        content(answered)
        for answered in ask_http(
            ("query", given), ("query", {**given, "limit": 3}),
            ("query", {**given, "limit": 3, "offset": 3}), ("query", {**given, "offset": 1000}),
        )
    )  # fmt: skip
    groups = len(every["rows"])
    assert every["left_off"] == 0
    assert (len(first["rows"]), first["left_off"]) == (3, groups - 3)
    assert (second["rows"], second["left_off"]) == (every["rows"][3:6], groups - 6)
    assert (last["rows"], last["left_off"]) == ([], 0)


def test_members_are_named_by_name_or_key(ask_http, marts):
    key, name, count = marts.sql("""
        select agent_key, name, count(*) from marts.fct_tickets join marts.dim_agents using (agent_key)
        where not is_excluded and name is not null group by all order by 3 desc limit 1
    """).fetchone()
    closed = one(marts, """
        select count(*) from marts.fct_tickets join marts.dim_statuses using (status_key)
        where not is_excluded and lower(name) = 'closed'
    """)  # fmt: skip
    total = one(marts, "select count(*) from marts.fct_tickets where not is_excluded")
    counted = {"source": "tickets", "measures": "ticket_count"}
    by_key, by_name, by_other, statuses, wrong, value = ask_http(
        *(("query", {**counted, "filters": filters}) for filters in (
            {"field": "owner", "is": key}, [{"field": "owner", "is": [name.upper()]}],
            json.dumps([{"field": "owner", "is_not": name}]), [{"field": "status", "is": "closed"}],
            [{"field": "owner", "is": name[:-1]}], [{"field": "priority", "is": "highest"}],
        ))
    )  # fmt: skip
    for answered in (by_key, by_name):
        assert content(answered)["rows"] == [{"ticket_count": count}]
        assert content(answered)["filters"][0]["names"] == {key: name}
    assert content(by_other)["rows"] == [{"ticket_count": total - count}]
    # Each pipeline has a status of this name.
    assert content(statuses)["rows"] == [{"ticket_count": closed}]
    assert (
        failure(wrong)
        == f"owner: no member has the key or name {name[:-1]!r}; did you mean {name}?"
    )
    assert content(value)["rows"] == [{"ticket_count": 0}]
    assert "no row of the build has 'highest'" in content(value)["notes"][0]


def test_insights_and_data_quality_are_those_of_the_marts(ask, marts):
    now, of_report, quality = ask(
        ("insights", {}), ("insights", {"report": "r3"}), ("data_quality", {})
    )
    for answered, where in ((now, "summary_position is not null"), (of_report, "report_id = 'R3'")):
        truth = marts.sql(
            f"select sentence, value from marts.rpt_insights where {where}"
        ).fetchall()
        found = content(answered)["insights"]
        assert sorted((each["sentence"], each["row"]["value"]) for each in found) == sorted(truth)
    found = content(quality)
    failing = marts.sql(
        "select check_id, rows_failing from marts.data_quality where rows_failing > 0"
    ).fetchall()
    checks = found["failing_checks"]
    assert sorted((each["check_id"], each["rows_failing"]) for each in checks) == sorted(failing)
    every = one(marts, "select count(*) from marts.data_quality")
    assert found["passing_checks"] == every - len(failing)
    read = one(marts, "select sum(rows_read) from marts.reconciliation where is_configured")
    assert sum(each["rows_read"] for each in found["tables"]["rows"]) == read
    rejected = one(marts, "select count(*) from marts.quarantine")
    assert sum(each["row_count"] for each in found["quarantine"]["reasons"]) == rejected


def test_a_ticket_is_explained_without_its_customer(ask, output, marts):
    key = one(marts, """
        select ticket_key from marts.fct_sla_clocks where status = 'completed_late'
        order by ticket_key limit 1
    """)  # fmt: skip
    (answered,) = ask(("explain_ticket", {"ticket": key}))
    found, truth = content(answered), as_json(explain(OutputPaths(output), key))
    assert "contact" not in found["properties"]
    assert [each["text"] for each in found["timeline"]] == [
        each["text"] for each in truth["timeline"][-MOST_EVENTS:]
    ]
    for ours, theirs in zip(found["clocks"], truth["clocks"], strict=True):
        assert ours["elapsed_seconds"] == theirs["elapsed_seconds"]
        assert len(ours["intervals"]) == min(len(theirs["intervals"]), MOST_INTERVALS)
    assert {each["name"]: each["value"] for each in found["figures"]} == {
        each["name"]: each["value"] for each in truth["figures"]
    }


@pytest.mark.parametrize(
    ("tool", "given", "message"),
    [
        ("query", {}, "give a source with its measures, or a report"),
        ("query", {"source": "ticket", "measures": ["x"]}, "did you mean tickets?"),
        ("query", {"source": "tickets"}, "one to 20 measures are expected"),
        ("query", {"source": "tickets", "measures": ["ticket_cnt"]}, "did you mean ticket_count?"),
        ("query", {"source": "tickets", "measures": ["ticket_count; drop table x"]}, "ticket_count"),
        ("query", {"source": "tickets", "measures": ["ticket_count"], "by": ["ownr"]}, "owner"),
        ("query", {"source": "tickets", "measures": ["ticket_count"], "by": ["1); select 2"]}, "1); s"),
        ("query", {"report": "r3", "sort": "1; drop table marts.fct_tickets"}, "not a column"),
        ("query", {"report": "r33"}, "there is no report 'r33'; did you mean r3?"),
        ("query", {"report": "r3", "source": "tickets"}, "give either report or source"),
        ("query", {"report": "../../etc/passwd"}, "there is no report '../../etc/passwd'"),
        ("query", {"report": "r3", "limit": 10**9}, "less than or equal to 500, not 1000000000"),
        ("query", {"report": "r3", "limit": 0}, "greater than or equal to 1, not 0"),
        ("query", {"report": "r3", "offset": -1}, "offset: "),
        ("query", {"report": "r3", "since": "yesterday"}, "not a date such as 2026-01-31"),
        ("query", {"report": "r3", "since": "2026-01-01T00:00:00Z"}, "since: "),
        ("query", {"report": "r3", "grain": "hour"}, "grain: "),
        ("query", {"report": "r3", "filtrs": []}, "no such argument; did you mean filters?"),
        ("query", {"report": "r3", "filters": [{"field": "priority", "iss": "x"}]}, "did you mean is?"),
        ("query", {"report": "r3", "filters": [{"field": "priority"}]}, "needs a comparison"),
        ("query", {"report": "r3", "filters": [{"is": "x"}]}, "field: is missing"),
        ("query", {"report": "r3", "filters": [{"field": "priority", "is": {"a": 1}}]}, "filters"),
        ("query", {"report": "r3", "filters": [{"field": "priority", "is": "x" * 501}]}, "500"),
        ("query", {"report": "r3", "filters": [{"field": "priority", "is": "x\0"}]}, "priority"),
        ("query", {"report": "r3", "filters": [{"field": "priority", "is": ["x"] * 51}]}, "50"),
        ("query", {"report": "r3", "filters": [{"field": "is_outbound", "is": "x"}]}, "boolean"),
        ("query", {"report": "r3", "filters": "x" * 60_000}, "filters"),
        ("query", {"source": "contacts", "measures": ["contact_count"],
                   "filters": [{"field": "name", "is": "Ann"}]}, "include_personal_data"),
        ("list_tickets", {"source": "contacts", "measure": "contact_count"}, "not tickets"),
        ("list_tickets", {"report": "r3", "by": ["owner"]}, "no such argument"),
        ("list_tickets", {"report": "r3", "limit": MOST_TICKETS + 1}, f"equal to {MOST_TICKETS}"),
        ("describe_metric", {"source": "tickets"}, "metric: is missing"),
        ("describe_metric", {"source": "tickets", "metric": "count"}, "tickets has no 'count'"),
        ("describe_dimension", {"source": "tickets", "field": "ownr"}, "did you mean owner?"),
        ("explain_ticket", {"ticket": "'; drop table x; --"}, "no such ticket"),
        ("explain_ticket", {"ticket": ["1"]}, "ticket: "),
        ("insights", {"report": "r"}, "there is no 'r'"),
        ("data_quality", {"table": "x"}, "no such argument"),
        ("drop_table", {}, "there is no such tool"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_answered_in_words(ask_http, tool, given, message):
    (answered,) = ask_http((tool, given))
    assert message in failure(answered)
    assert "Traceback" not in failure(answered)


def test_sql_in_values_is_a_value(ask_http, marts):
    values = ["'; drop table marts.fct_tickets; --", "high' or '1'='1", "\\", "{{ x }}", "%' --"]
    total = one(marts, "select count(*) from marts.fct_tickets where not is_excluded")
    for value in values:
        counted = {"source": "tickets", "measures": ["ticket_count"]}
        none, every, tickets = ask_http(
            ("query", {**counted, "filters": [{"field": "priority", "is": value}]}),
            ("query", {**counted, "filters": [{"field": "priority", "is_not": value}]}),
            ("list_tickets", {"source": "tickets", "measure": "ticket_count", "search": value}),
        )
        assert content(none)["rows"] == [{"ticket_count": 0}]
        assert content(every)["rows"] == [{"ticket_count": total}]
        assert content(tickets)["total"] == 0


def test_customers_are_named_only_by_the_settings(output, ask_http):
    given = {"source": "tickets", "measure": "ticket_count", "limit": 1}
    (answered,) = ask_http(("list_tickets", given))
    names = {column["name"] for column in content(answered)["columns"]}
    assert not names & {"contact", "subject"}
    with over_http(output, with_people=True) as (host, port):
        (answered,) = asking(lambda: f"http://{host}:{port}/mcp")(("list_tickets", given))
    assert "contact" in {column["name"] for column in content(answered)["columns"]}


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_build_that_is_published_meanwhile_is_taken_up(output, tmp_path, transport):
    copied = another_build(output, tmp_path)
    paths = OutputPaths(copied)
    with duckdb.connect(str(paths.builds / "9999" / "helpdesk.duckdb")) as marts:
        left = one(marts, "select count(*) from marts.fct_tickets where not is_excluded")
        marts.execute("update marts.reconciliation set is_configured = false "
                      "where table_name = 'calls'")  # fmt: skip
    count = ("query", {"source": "tickets", "measures": ["ticket_count"]})
    calls = ("query", {"source": "calls", "measures": ["call_count"]})

    async def asked(target):
        async with Client(target) as client:
            before = await client.call_tool(*count)
            replace_link(paths.current, Path("builds/9999"))
            return before, await client.call_tool(*count), await client.call_tool(*calls)

    with over_http(copied) as (host, port):
        target = over_stdio(copied) if transport == "stdio" else f"http://{host}:{port}/mcp"
        before, after, calls = anyio.run(asked, target)
    assert content(before)["build"] != "9999"
    assert (content(after)["build"], content(after)["rows"]) == ("9999", [{"ticket_count": left}])
    assert content(before)["rows"][0]["ticket_count"] > left
    assert "no table calls" in content(calls)["notes"][0]


def post(host: str, *headers: str, body: str = "{}") -> bytes:
    lines = ["POST /mcp HTTP/1.1", f"Host: {host}", "Connection: close",
             "Accept: application/json, text/event-stream", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *headers]  # fmt: skip
    return "\r\n".join([*lines, "", body]).encode("latin-1")


def test_other_hosts_and_pages_of_other_sites_are_rejected(http):
    ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert status_of(raw(http, post("localhost", body=ping))) == 200
    for host in OTHER_HOSTS:
        assert status_of(raw(http, post(host, body=ping))) in (400, 421), host
    for origin in OTHER_ORIGINS:
        sent = post(f"localhost:{http[1]}", f"Origin: {origin.format(port=http[1])}", body=ping)
        assert status_of(raw(http, sent)) == 403, origin
    own = f"Origin: http://localhost:{http[1]}"
    assert status_of(raw(http, post(f"localhost:{http[1]}", own, body=ping))) == 200


def test_only_posts_of_json_are_accepted(http):
    for path in ("/", "/mcp"):
        answered = ask_api(http, path)
        assert (answered.status, answered.headers["Allow"]) == (405, "POST")
        assert "docs/mcp.md" in answered.text
    assert status_of(raw(http, post("localhost", body="{"))) == 400
    large = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
    assert status_of(raw(http, large)) == 413
    form = post("localhost").replace(b"application/json\r\n", b"text/plain\r\n")
    assert status_of(raw(http, form)) == 415


def test_an_address_that_other_machines_reach_is_rejected(output):
    options = Options(OutputPaths(output).site, output)
    with pytest.raises(DashboardError, match="there is no sign-in"):
        http_server(options, "0.0.0.0", 0)


def test_standard_output_has_only_messages_of_the_protocol(output):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "test", "version": "1"}}  # fmt: skip
    sent = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "list_reports", "arguments": {}}},
    ]
    lines = [json.dumps({"jsonrpc": "2.0", **message}) for message in sent]
    with subprocess.Popen(
        [HELPDESK, "mcp", "--output", output], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        print("no message", *lines, sep="\n", file=process.stdin, flush=True)
        received = [json.loads(process.stdout.readline())]
        while received[-1].get("id") != 2:
            received.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.wait(20) == 0
        assert process.stdout.read() == ""
    assert all(message["jsonrpc"] == "2.0" for message in received)
    assert received[-1]["result"]["structuredContent"]["reports"]


def test_an_output_without_a_build_is_an_error_of_the_command(tmp_path):
    done = run_helpdesk("mcp", "--output", tmp_path, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "run `helpdesk build` first" in done.stderr


def test_the_examples_of_the_docs_work(output):
    text = (PROJECT_ROOT / "docs" / "mcp.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    (claude,) = (block["mcpServers"]["helpdesk"] for block in blocks if "mcpServers" in block)
    assert Path(claude["command"]).name == "helpdesk"
    assert shutil.which(str(HELPDESK))
    arguments = [str(output) if one.endswith("/warehouse") else one for one in claude["args"]]
    assert arguments != claude["args"]
    server = StdioServerParameters(command=str(HELPDESK), args=arguments)
    calls = [(block["tool"], block["arguments"]) for block in blocks if "tool" in block]
    assert len(calls) >= 3
    for answered in asking(lambda: stdio_client(server))(*calls):
        assert content(answered)["build"]
