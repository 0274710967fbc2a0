"""The server of the built site: this machine only, the site's files only."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from email.message import Message
from pathlib import Path

import pytest

from dashboards.errors import DashboardError
from dashboards.server import make_server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A small site; a secret lies beside it."""
    site = tmp_path / "site"
    for name in (
        "index.html", "analyze/index.html", "a.wasm", "data/t.parquet", "x.js", ".fingerprint",
        "_app/immutable/y.css",
    ):  # fmt: skip
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(f"this is {name}")
    (tmp_path / "secret").write_text("secret")
    with serving(site) as running:
        yield running.server_address[:2]


def get(server, path: str, method: str = "GET") -> tuple[int, Message, str]:
    with closing(http.client.HTTPConnection(*server, timeout=10)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/analyze/", "text/html"),
        ("/a.wasm", "application/wasm"),
        ("/data/t.parquet", "application/vnd.apache.parquet"),
        ("/x.js", "text/javascript"),
    ],
)
def test_files_come_with_their_type(server, path, kind):
    status, headers, body = get(server, path)
    assert status == 200
    assert headers["Content-Type"].startswith(kind)
    assert body.startswith("this is")


def test_a_folder_without_slash_is_sent_on(server):
    status, headers, _ = get(server, "/analyze")
    assert (status, headers["Location"]) == (301, "/analyze/")


@pytest.mark.parametrize(
    "path",
    ["/no", "/data/", "/.fingerprint", "/../secret", "/%2e%2e/secret", "/data/../../secret"],
)
def test_nothing_else_is_there(server, path):
    status, headers, body = get(server, path)
    assert status == 404
    assert headers["Content-Type"].startswith("text/html")
    assert "There is no such page" in body
    assert "secret" not in body


def test_a_page_may_load_only_from_here(server):
    _, headers, _ = get(server, "/")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]


def test_only_files_whose_name_holds_a_hash_are_kept_by_the_browser(server):
    assert "immutable" in get(server, "/_app/immutable/y.css")[1]["Cache-Control"]
    assert get(server, "/analyze/")[1]["Cache-Control"] == "no-cache"
    assert get(server, "/_app/immutable/gone.css")[1]["Cache-Control"] == "no-cache"


def test_head_has_no_body(server):
    assert get(server, "/no", "HEAD")[2] == ""
    assert get(server, "/", "HEAD")[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "", "::", "example.com"])
def test_other_machines_are_not_served_by_accident(tmp_path, host):
    (tmp_path / "index.html").touch()
    with pytest.raises(DashboardError, match="no sign-in"):
        make_server(tmp_path, host=host, port=0)


def test_other_machines_are_served_when_that_is_asked_for(tmp_path):
    (tmp_path / "index.html").touch()
    with make_server(tmp_path, host="0.0.0.0", port=0, allow_remote=True) as server:
        assert server.server_port > 0


def test_a_taken_port_and_a_missing_site_are_said(tmp_path, server):
    with pytest.raises(DashboardError, match="there is no built site"):
        make_server(tmp_path, port=0)
    (tmp_path / "index.html").touch()
    with pytest.raises(DashboardError, match=f"127.0.0.1:{server[1]} cannot be served"):
        make_server(tmp_path, port=server[1])
