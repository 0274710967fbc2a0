"""The pages as files: only from this folder, compressed, and complete during a replacement."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from helpdesk.reports.errors import DashboardError
from helpdesk.serve.options import Options
from helpdesk.serve.server import make_server, serving
from tests.conftest import run_helpdesk
from tests.serve.asking import ask
from tests.serve.conftest import write_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_site(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def server(site: Path) -> Iterator[tuple[str, int]]:
    with serving(site) as running:
        yield running.server_address


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/analyze/", "text/html"),
        ("/a.wasm", "application/wasm"),
        ("/data/t.parquet", "application/vnd.apache.parquet"),
        ("/x.js", "text/javascript"),
        ("/%78.js?v=1", "text/javascript"),
        ("/analyze//", "text/html"),
        ("/api//0123abc/all-queries.json", "application/json"),
    ],
)
def test_files_come_with_their_type(server, path, kind):
    found = ask(server, path)
    assert found.status == 200
    assert found.headers["Content-Type"].startswith(kind)
    assert found.text.startswith("this is")


def test_a_folder_without_slash_is_redirected(server):
    found = ask(server, "/analyze?team=a%26b")
    assert (found.status, found.headers["Location"]) == (301, "/analyze/?team=a%26b")


@pytest.mark.parametrize("path", ["//analyze", "/%2fanalyze", "///analyze"])
def test_no_folder_leads_to_another_site(server, path):
    assert ask(server, path).headers["Location"] == "/analyze/"


@pytest.mark.parametrize(
    "path",
    ["/no", "/data/", "/data", "/.fingerprint", "/../secret", "/%2e%2e/secret",
     "/data/../../secret", "/data/..%2f..%2fsecret", "//secret", "//example.com/analyze",
     "/index.html/", "/x.js/y", "/link", "/pipe", "/a:b*?"],
)  # fmt: skip
def test_files_outside_the_site_are_not_served(server, site, path):
    (site / "link").symlink_to(site.parent / "secret")
    os.mkfifo(site / "pipe")
    found = ask(server, path)
    assert found.status == 404
    assert found.headers["Content-Type"].startswith("text/html")
    assert "There is no such page" in found.text
    assert "secret" not in found.text


def test_an_unknown_address_is_answered_in_the_language_of_the_pages(server, site):
    menu = site / "api" / "pagesManifest.json"
    menu.parent.mkdir(exist_ok=True)
    texts = {"There is no such page": "Siden <finnes> ikke"}
    menu.write_text(json.dumps({"languages": {"usual": "nb", "texts": {"nb": texts}}}))
    found = ask(server, "/no/such/page")
    assert found.status == 404
    assert '<html lang="nb">' in found.text
    assert "<h1>Siden &lt;finnes&gt; ikke</h1>" in found.text
    menu.write_text("no JSON")
    assert "There is no such page" in ask(server, "/no/such/page").text


def test_an_unknown_page_is_shown_with_the_menu(server, site):
    """The code of the pages reports it, in the language of the reader."""
    (site / "page.html").write_text("the pages")
    for path in ("/no-such-page/", "/report/none"):
        found = ask(server, path)
        assert (found.status, found.text) == (404, "the pages")
    assert "There is no such page" in ask(server, "/no/such/page").text


def test_a_page_may_load_only_from_here_and_send_nothing_elsewhere(server):
    policy = ask(server, "/").headers["Content-Security-Policy"]
    for part in ("default-src 'self'", "base-uri 'self'", "form-action 'self'",
                 "object-src 'none'", "frame-ancestors 'self'"):  # fmt: skip
        assert part in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/no", "/analyze", "/api/no", "/api/query?x=1"])
def test_every_answer_says_how_browsers_may_use_it(server, path):
    headers = ask(server, path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "base-uri" in headers["Content-Security-Policy"]
    assert "server" not in headers


def test_only_files_with_a_hash_in_their_name_are_cached(server):
    assert "immutable" in ask(server, "/_app/immutable/y.css").headers["Cache-Control"]
    assert ask(server, "/analyze/").headers["Cache-Control"] == "no-cache"
    assert ask(server, "/_app/immutable/gone.css").headers["Cache-Control"] == "no-cache"


def test_head_has_no_body(server):
    assert ask(server, "/no", "HEAD").body == b""
    found = ask(server, "/large.js", "HEAD")
    assert (found.status, found.body) == (200, b"")
    assert int(found.headers["Content-Length"]) > 200_000


@pytest.mark.parametrize(
    ("wanted", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=1, br;q=0.2", "gzip"),
        ("*", "br"),
        ("br;q=never", None),
    ],
)
def test_files_are_compressed_as_the_client_accepts(server, site, wanted, encoding):
    found = ask(server, "/large.js", Accept_Encoding=wanted)
    assert found.headers["Content-Encoding"] == encoding
    assert found.headers["Vary"] == "Accept-Encoding"
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[encoding]
    assert unpack(found.body) == (site / "large.js").read_bytes()
    assert (len(found.body) < 5000) == bool(encoding)


def test_a_compressed_copy_is_used(server, site):
    packed = brotli.compress(b"const packed = 1;")
    (site / "large.js.br").write_bytes(packed)
    assert ask(server, "/large.js", Accept_Encoding="br").body == packed
    # A compressed copy that is older than its file is of another build.
    os.utime(site / "large.js.br", (1, 1))
    assert ask(server, "/large.js", Accept_Encoding="br").body != packed


def test_an_unchanged_file_gets_304(server, site):
    first = ask(server, "/large.js", Accept_Encoding="br")
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    again = ask(server, "/large.js", Accept_Encoding="br", If_None_Match=f'"a", W/{tag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert ask(server, "/large.js", If_None_Match=tag).status == 200
    assert ask(server, "/large.js", If_Modified_Since=modified).status == 304
    assert ask(server, "/large.js", If_Modified_Since="yesterday").status == 200
    (site / "large.js").write_text("changed")
    assert ask(server, "/large.js", Accept_Encoding="br", If_None_Match=tag).text == "changed"


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-5", -5, None),
     ("bytes=10239990-99999999", 10239990, None)],
)  # fmt: skip
def test_a_range_of_a_file_can_be_requested(server, site, wanted, start, end):
    whole = (site / "large.bin").read_bytes()
    found = ask(server, "/large.bin", Range=wanted, Accept_Encoding="br")
    assert found.status == 206
    assert found.body == whole[start:end]
    first = start % len(whole)
    assert (
        found.headers["Content-Range"]
        == f"bytes {first}-{first + len(found.body) - 1}/{len(whole)}"
    )


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("bytes=99999999-", 416), ("bytes=-0", 416), ("bytes=9-1", 200), ("bytes=a-b", 200),
     ("bytes=0-1,5-6", 200), ("lines=1-2", 200), ("bytes=-", 200)],
)  # fmt: skip
def test_other_ranges_give_the_whole_or_nothing(server, wanted, status):
    assert ask(server, "/large.bin", Range=wanted).status == status


def test_a_range_of_a_changed_file_is_the_whole_file(server):
    tag = ask(server, "/large.bin").headers["ETag"]
    assert ask(server, "/large.bin", Range="bytes=0-1", If_Range=tag).status == 206
    assert ask(server, "/large.bin", Range="bytes=0-1", If_Range='"other"').status == 200


def test_a_file_that_is_being_read_stays_whole_while_the_site_is_replaced(server, site):
    whole = (site / "large.bin").read_bytes()
    with socket.create_connection(server, timeout=20) as connection:
        connection.sendall(
            b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        found = connection.recv(1000)
        fresh = site.with_name("fresh")
        write_site(fresh, "that was")
        (fresh / "large.bin").write_bytes(b"other")
        site.rename(site.with_name("old"))
        fresh.rename(site)
        assert ask(server, "/").text == "that was index.html"
        assert ask(server, "/large.bin").text == "other"
        while part := connection.recv(65536):
            found += part
    assert found.partition(b"\r\n\r\n")[2] == whole


def test_between_two_renames_a_reader_waits(server, site):
    site.rename(site.with_name("old"))
    back = threading.Timer(0.5, lambda: site.with_name("old").rename(site))
    back.start()
    began = time.monotonic()
    assert ask(server, "/").text == "this is index.html"
    assert time.monotonic() - began < 2
    back.join()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "", "::", "example.com"])
def test_other_machines_are_not_served_by_accident(site, host):
    with pytest.raises(DashboardError, match="no sign-in"):
        make_server(Options(site), host=host, port=0)


def test_other_machines_are_served_with_allow_remote(site):
    with make_server(Options(site), host="0.0.0.0", port=0, allow_remote=True) as server:
        assert server.server_address[1] > 0


def test_missing_pages_are_reported_with_the_command_that_writes_them(first_build: Path) -> None:
    output = first_build / "output"
    done = run_helpdesk("serve", "--output", output, check=False)
    assert done.returncode == 1
    assert f"the pages are not written; run `helpdesk dashboards --output {output}`" in done.stderr


def test_a_used_port_and_a_missing_site_are_reported(tmp_path, site, server):
    with pytest.raises(DashboardError, match="there is no built site"):
        make_server(Options(tmp_path), port=0)
    remedy = f"127.0.0.1:{server[1]} cannot be served .*another port \\(--port {server[1] + 1}\\)"
    with pytest.raises(DashboardError, match=remedy):
        make_server(Options(site), port=server[1])
