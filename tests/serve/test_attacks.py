"""The server under attack: real sockets, and a separate process for tests that end it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from helpdesk.core.files import replace_link
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import load_settings
from helpdesk.serve.options import options_of
from helpdesk.serve.server import serving
from tests.serve.asking import Process, ask, query, raw, rows
from tests.serve.test_answers import another_build

FIGURE = query("query", ("source", "tickets"), ("measure", "ticket_count"))
LIST = query("tickets", ("source", "messages"), ("measure", "message_count"), ("limit", 1000))
OTHER_HOSTS = ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2",
               "0.0.0.0", "[::]", "2130706433", "localhost:abc", "localhost:1:2", "local host",
               "localhost@evil.example", "", "localhost,evil.example", "[::1", "localhost.")  # fmt: skip
OTHER_ORIGINS = ("http://evil.example", "null", "https://localhost.evil.example", "localhost",
                 "http://localhost:1", "file://", "http://localhost:{port}/x", "")  # fmt: skip


@pytest.fixture
def process(output: Path) -> Iterator[Process]:
    started = Process(output)
    yield started
    if started.process.poll() is None:
        started.end()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def get(target: str, *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", *(headers or ("Host: localhost",)), "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def taken_by(client: socket.socket) -> int:
    """The bytes that a client still receives after the connection was dropped."""
    taken = 0
    try:
        while part := client.recv(65536):
            taken += len(part)
    except ConnectionResetError:
        pass
    return taken


@pytest.mark.parametrize("path", ["/", "/api/builds/current"])
@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_other_host_names_are_rejected(server, path, host):
    answer = raw(server, get(path, f"Host: {host}"))
    assert status_of(answer) in (400, 421)
    assert b"index.html" not in answer
    assert b"as_of" not in answer


def test_host_names_of_this_machine_are_accepted(server):
    for host in ("localhost", "LOCALHOST:3000", "127.0.0.1", f"127.0.0.1:{server[1]}", "[::1]:80"):
        assert status_of(raw(server, get("/", f"Host: {host}"))) == 200, host


def test_exactly_one_host_header_is_required(server):
    assert status_of(raw(server, b"GET / HTTP/1.1\r\n\r\n")) == 400
    assert status_of(raw(server, b"GET / HTTP/1.0\r\n\r\n")) == 400
    assert status_of(raw(server, get("/", "Host: localhost", "Host: evil.example"))) == 400


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_requests_of_other_sites_are_rejected(server, origin):
    asked = f"Origin: {origin.format(port=server[1])}"
    for path in ("/", FIGURE):
        answer = raw(server, get(path, f"Host: localhost:{server[1]}", asked))
        assert status_of(answer) == 403
        assert b"access-control" not in answer.lower()


def test_requests_of_this_site_are_accepted(server):
    host = f"localhost:{server[1]}"
    answer = raw(server, get(FIGURE, f"Host: {host}", f"Origin: http://{host}"))
    assert status_of(answer) == 200


@pytest.mark.parametrize(
    ("site", "mode", "target", "status"),
    [("cross-site", "no-cors", "script", 403), ("same-site", "cors", "empty", 403),
     ("cross-site", "navigate", "iframe", 403), ("cross-site", "navigate", "document", 200),
     ("same-origin", "cors", "empty", 200), ("none", "navigate", "document", 200)],
)  # fmt: skip
def test_answers_are_not_loaded_into_pages_of_other_sites(server, site, mode, target, status):
    found = ask(server, FIGURE, Sec_Fetch_Site=site, Sec_Fetch_Mode=mode, Sec_Fetch_Dest=target)
    assert found.status == status


def test_forwarded_headers_count_only_behind_a_proxy(output, server):
    forwarded = {"Host": "inside", "X_Forwarded_Host": "desk.example.org"}
    assert ask(server, "/", **forwarded).status == 421
    assert ask(server, "/", Host="localhost", X_Forwarded_Host="evil.example").status == 200
    names = ("desk.example.org",)
    with serving(OutputPaths(output).site, output, behind_proxy=True, hosts=names) as running:
        address = running.server_address
        assert ask(address, "/", **forwarded).status == 200
        assert ask(address, "/", Origin="https://desk.example.org", **forwarded).status == 200
        # The client's own value comes before that of the proxy.
        spoofed = {"Host": "inside", "X_Forwarded_Host": "desk.example.org, evil.example"}
        assert ask(address, "/", **spoofed).status == 421
        assert ask(address, "/", Host="inside").status == 421


def test_host_names_and_limits_come_from_the_settings(tmp_path):
    file = tmp_path / "helpdesk.yml"
    file.write_text("serve: {allowed_hosts: [Desk.example.org, 'fd00::1'], query_seconds: 2}\n")
    options = options_of(load_settings(file), tmp_path, tmp_path, "0.0.0.0")
    assert {"desk.example.org", "[fd00::1]", "localhost"} <= {*options.hosts}
    assert "0.0.0.0" not in options.hosts
    assert (options.query_seconds, options.behind_proxy, options.with_people) == (2, False, False)


@pytest.mark.parametrize(
    "target",
    ["/%00", "/index.html%00.js", "/a%0d%0aSet-Cookie:x", "/%ff%fe", "/..%5c..%5csecret", "/a%7f",
     "/%1b[31m", "/?a=\x01", "/é", "http://evil.example/", "index.html", "*", "/a b", "/%c0%ae%c0%ae/secret",
     "/\x00"],
)  # fmt: skip
def test_odd_bytes_in_a_path_are_rejected(server, target):
    answer = raw(server, get(target))
    assert status_of(answer) in (400, 404)
    for leak in (b"Traceback", b"File ", b"secret", b"Set-Cookie"):
        assert leak not in answer.partition(b"\r\n\r\n")[0] + answer.partition(b"\r\n\r\n")[2]


# The server does not read the rest of an oversized request, so the answer may be lost.
@pytest.mark.parametrize(
    ("size", "statuses"), [(2000, (414,)), (20_000, (414,)), (70_000, (0, 400, 414))]
)
def test_a_huge_address_is_rejected(server, size, statuses):
    assert status_of(raw(server, get("/" + "a" * size))) in statuses


def test_a_huge_query_and_huge_headers_are_rejected(server):
    assert status_of(raw(server, get(f"{FIGURE}&x={'a' * 9000}"))) == 414
    assert status_of(raw(server, get("/", "Host: localhost", f"X: {'a' * 70_000}"))) in (
        0,
        400,
        431,
    )
    many = [f"X-{number}: 1" for number in range(5000)]
    assert status_of(raw(server, get("/", "Host: localhost", *many))) in (0, 400, 431)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_rejected(server, method):
    answer = raw(server, get("/").replace(b"GET", method.encode(), 1))
    assert status_of(answer) in (400, 405)
    assert b"index.html" not in answer


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 47", b"Transfer-Encoding: chunked", b"Content-Length: 47\r\nContent-Length: 0",
     b"Content-Length: 0\r\nTransfer-Encoding: chunked", b"Content-Length: -1",
     b"Transfer-Encoding : chunked", b"Content-Length: 1e3"],
)  # fmt: skip
def test_the_body_of_a_request_is_never_taken_for_a_request(server, head):
    inside = b"GET /analyze/ HTTP/1.1\r\nHost: localhost\r\n\r\n...."
    sent = b"GET /x.js HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n" + inside
    answer = raw(server, sent)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"analyze" not in answer


def test_requests_that_follow_each_other_are_answered_in_their_order(server):
    paths = ["/x.js", "/analyze/", FIGURE, "/no", "/x.js"]
    sent = b"".join(get(path).replace(b"Connection: close\r\n", b"") for path in paths)
    answer = raw(server, sent + get("/"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [
        b"200",
        b"200",
        b"200",
        b"404",
        b"200",
        b"200",
    ]


@pytest.mark.parametrize(
    "noise",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 1000, b"GET\r\n\r\n", b"\x00" * 100,
     b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
     b"GET / HTTP/1.1\nHost: localhost\n\n", os.urandom(500)],
)  # fmt: skip
def test_invalid_requests_get_an_error(server, noise):
    answer = raw(server, noise, seconds=2)
    assert status_of(answer) in (0, 200, 400, 405)
    assert b"Traceback" not in answer
    assert ask(server, "/").status == 200


def test_an_upgrade_is_not_followed(server):
    upgrade = get("/", "Host: localhost", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    upgrade = upgrade.replace(b"Connection: close", b"Connection: Upgrade")
    # The second request closes the connection, which is still one of HTTP.
    answers = raw(server, upgrade + get("/"))
    assert (status_of(answers), answers.count(b"HTTP/1.1 200")) == (200, 2)


QUERIES = (
    "", "source=tickets", "measure=ticket_count", "source=tickets&measure=nope",
    "source=tickets&measure=ticket_count;drop table marts.fct_tickets",
    "source=marts.fct_tickets&measure=ticket_count", "source=tickets&measure=ticket_count&by=1",
    "source=tickets&measure=ticket_count&by=owner)+union+select+1--",
    "source=tickets&measure=ticket_count&grain=day')+or+1=1--",
    "source=tickets&measure=ticket_count&by=date&grain=century",
    "source=tickets&measure=ticket_count&sort=owner+desc;select+1",
    "source=tickets&measure=ticket_count&limit=-1", "source=tickets&measure=ticket_count&limit=1e9",
    "source=tickets&measure=ticket_count&limit=99999999999999999999999",
    "source=tickets&measure=ticket_count&limit=%D9%A3", "source=tickets&measure=ticket_count&offset=x",
    "source=tickets&measure=ticket_count&since=yesterday", "source=tickets&measure=ticket_count&since=",
    "source=tickets&measure=ticket_count&until=2026-13-45",
    "source=tickets&measure=ticket_count&priority=high",
    "source=tickets&measure=ticket_count&priority.like=%25",
    "source=tickets&measure=ticket_count&nope.is=1", "source=tickets&measure=ticket_count&.is=1",
    "source=tickets&measure=ticket_count&status_state.is=nope",
    "source=tickets&measure=ticket_count&created_date.at_least=x",
    "source=tickets&measure=ticket_count&is_outbound.is=maybe",
    "source=messages&measure=messages_sent&sent_hour.is=1e400",
    "source=messages&measure=messages_sent&sent_hour.at_least=nan",
    "source=tickets&measure=ticket_count&source=messages", "report=../../etc/passwd",
    "report=r3&source=tickets", "source=tickets&measure=ticket_count&join=nope", "%", "a", "&&&", "=",
    "source=tickets&measure=ticket_count&x=%ff", "source=tickets&measure=ticket_count&%00.is=1",
    "source=tickets&measure=ticket_count&priority.is=%00", "source=feedback&measure=average_score",
    "source=tickets&measure=ticket_count&by=owner&by=team&by=date&by=pipeline&by=company",
    "source=tickets&measure=p50_first_response", "source=tickets&measure=ticket_count&by=ticket_id",
    "&".join(["source=tickets", *["measure=ticket_count"] * 99]),
    "&".join(["source=tickets", "measure=ticket_count", *["priority.is=a"] * 300]),
    "source=tickets&measure=ticket_count&priority.is=" + "a" * 600,
)  # fmt: skip


@pytest.mark.parametrize("asked", QUERIES)
@pytest.mark.parametrize("kind", ["query", "tickets", "query.csv"])
def test_invalid_queries_get_a_message_of_one_line(server, kind, asked):
    found = ask(server, f"/api/{kind}?{asked}".replace(" ", "+"))
    assert found.status == 400, found.text
    assert len(found.text) < 3000
    # An answer may repeat the request, but shows no internals.
    said = re.sub(r"'[^']*'", "", found.text)
    for leak in ("Traceback", ".py", "select ", "marts.fct", "Binder", "Parser"):
        assert leak not in said


HOSTILE = (
    "'", "''", "' or '1'='1", "'; drop table marts.fct_tickets; --", "\\", "\\'", '"', "{{ 1 }}",
    "%s", "$1", "?", "é", "🚀", "a\nb", "/* */", "null", "\u202e", "x' union select 1 --",
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_interpreted_as_sql(server, value):
    pairs = (("source", "tickets"), ("measure", "ticket_count"))
    all_of_them = rows(ask(server, query("query", *pairs)))[0]["ticket_count"]
    for kind, wanted in (("is", 0), ("is_not", all_of_them)):
        found = ask(server, query("query", *pairs, (f"category.{kind}", value)))
        assert rows(found) == [{"ticket_count": wanted}]
    searched = ask(server, query("tickets", *pairs, ("search", f"{value}none")))
    assert searched.json["total"] == 0


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/sql", "/api/query/", "/API/query", "/api//query"]
)
def test_there_are_no_other_endpoints(server, path):
    assert ask(server, path).status == 404


def test_endpoints_without_parameters_reject_them(server):
    for path in ("/api/metrics", "/api/reports", "/api/builds/current"):
        assert ask(server, path).status == 200
        assert ask(server, f"{path}?x=1").status == 400


def test_a_query_is_bounded_in_time_and_memory(output):
    def heavy(limit: int) -> str:
        return query("query", ("source", "conversations"), ("measure", "average_response_time"),
                     ("by", "date"), ("by", "company"), ("by", "priority"), ("by", "owner"),
                     ("grain", "day"), ("limit", limit))  # fmt: skip

    site = OutputPaths(output).site
    with serving(site, output, query_seconds=0.001) as running:
        # A query on little data may be faster than the thread that interrupts it, but not always.
        asked = (ask(running.server_address, heavy(limit)) for limit in range(9_900, 10_000))
        found = next(one for one in asked if one.status != 200)
        assert (found.status, "longer than 0.001 s" in found.json["error"]) == (503, True)
        assert found.headers["Retry-After"]
        assert ask(running.server_address, "/api/metrics").status == 200
    with serving(site, output, memory_limit="5MB") as running:
        found = ask(running.server_address, heavy(10_000))
        assert (found.status, "memory" in found.json["error"]) == (503, True)
        assert ask(running.server_address, "/api/builds/current").status == 200


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "]
)
def test_a_client_that_sends_no_request_is_dropped(output, sent):
    with serving(OutputPaths(output).site, output, head_seconds=1) as running:
        with closing(socket.create_connection(running.server_address, timeout=8)) as slow:
            slow.sendall(sent)
            slow.settimeout(0.3)
            began = time.monotonic()
            while time.monotonic() - began < 6:
                try:
                    # A byte now and then is not a request either.
                    slow.sendall(b"a" if sent else b"")
                    if not slow.recv(1):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            assert time.monotonic() - began < 6
        assert ask(running.server_address, "/").status == 200


def test_a_client_that_does_not_read_its_answer_is_dropped(output):
    with serving(OutputPaths(output).site, output, stall_seconds=1) as running:
        with closing(socket.socket()) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(running.server_address)
            slow.sendall(get("/large.bin"))
            time.sleep(5)
            slow.settimeout(5)
            assert taken_by(slow) < 10_240_000
        assert ask(running.server_address, "/large.bin").status == 200


def test_a_slow_client_is_dropped(output):
    with (
        serving(OutputPaths(output).site, output, answer_seconds=2) as running,
        closing(socket.socket()) as slow,
    ):
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(running.server_address)
        slow.sendall(get("/large.bin"))
        taken, until = 0, time.monotonic() + 5
        while time.monotonic() < until:
            taken += len(slow.recv(2000))
            time.sleep(0.02)
        assert taken + taken_by(slow) < 10_240_000


def test_connections_are_limited(output):
    with (
        serving(OutputPaths(output).site, output, connections=10, head_seconds=3) as running,
        ExitStack() as held,
    ):
        for _ in range(10):
            held.enter_context(closing(socket.create_connection(running.server_address)))
        time.sleep(0.3)
        assert status_of(raw(running.server_address, get("/"))) == 503
        # Silent connections are dropped, and the next one is served.
        time.sleep(5)
        assert status_of(raw(running.server_address, get("/"))) == 200


def test_ten_thousand_requests_leave_it_as_it_was(process):
    failures: list[str] = []
    paths = ["/", "/x.js", "/no", "/%00", FIGURE, "/api/query?x", "/large.js", "/analyze"]

    def hammer(number: int) -> None:
        with closing(http.client.HTTPConnection(*process.address, timeout=30)) as connection:
            for step in range(1000):
                path = paths[(number + step) % len(paths)]
                connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                response = connection.getresponse()
                response.read()
                if response.status not in (200, 301, 400, 404):
                    failures.append(f"{path}: {response.status}")

    hammer(0)
    before = process.megabytes()
    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert process.megabytes() < before + 60
    handles = len(os.listdir(f"/proc/{process.process.pid}/fd"))
    assert handles < 40
    code, said = process.end()
    assert code == 0
    assert len(said.splitlines()) == 1, said


def test_builds_are_replaced_under_readers(output, tmp_path):
    copied = another_build(output, tmp_path)
    paths = OutputPaths(copied)
    builds = [path.name for path in sorted(paths.builds.iterdir())]
    seen: dict[str, set[bytes]] = {name: set() for name in builds}
    wrong: list[str] = []
    with serving(paths.site, copied) as running:
        is_over = threading.Event()

        def read(number: int) -> None:
            step = 0
            while not is_over.is_set():
                step += 1
                # Each address is new, so that no answer comes from the cache.
                since = f"2025-{number + 1:02}-{step % 28 + 1:02}"
                found = ask(running.server_address, f"{LIST}&since={since}")
                total = ask(running.server_address, FIGURE)
                if (found.status, total.status) != (200, 200):
                    wrong.append(found.text)
                    return
                seen[total.json["build"]].add(total.body)

        readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
        for reader in readers:
            reader.start()
        for step in range(40):
            replace_link(paths.current, Path("builds", builds[step % 2]))
            time.sleep(0.05)
        is_over.set()
        for reader in readers:
            reader.join()
    assert not wrong
    # Each answer is of one build, never a mixture.
    assert [len(answers) for answers in seen.values()] == [1, 1]
    assert seen[builds[0]] != seen[builds[1]]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(process, sign):
    with closing(socket.create_connection(process.address)) as idle:
        idle.sendall(get("/").replace(b"Connection: close\r\n", b""))
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        process.process.send_signal(sign)
        said, _ = process.process.communicate(timeout=15)
    assert process.process.returncode == 0
    # One sentence, which a narrow terminal breaks.
    said = " ".join(said.split())
    assert re.fullmatch(r"http://\S+ serves \S+ Ctrl-C ends it\.", said)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(process.address)


def test_a_used_port_is_reported_with_a_remedy(output, process):
    from tests.conftest import run_helpdesk

    port = process.address[1]
    done = run_helpdesk("serve", "--output", output, "--port", port, check=False)
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert f"another port (--port {port + 1})" in said
    assert "Traceback" not in said
    remote = run_helpdesk("serve", "--output", output, "--host", "0.0.0.0", check=False)
    assert remote.returncode == 1
    assert "--allow-remote" in remote.stdout + remote.stderr
