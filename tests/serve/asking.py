"""Requests to a server: like those of a browser, and raw bytes."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.conftest import HELPDESK


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(address: tuple[str, int], path: str, method: str = "GET", **headers: str) -> Answered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(*address, timeout=30)) as connection:
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        return Answered(response.status, response.headers, response.read())


def query(kind: str, *pairs: tuple[str, object]) -> str:
    return f"/api/{kind}?{urlencode(pairs)}"


def rows(answered: Answered) -> list[dict[str, Any]]:
    """The rows of an answer by the names of their columns."""
    assert answered.status == 200, answered.text
    names = [one["name"] for one in answered.json["columns"]]
    return [dict(zip(names, row, strict=True)) for row in answered.json["rows"]]


def raw(address: tuple[str, int], sent: bytes, seconds: float = 10) -> bytes:
    """The answer to raw bytes, until the server closes the connection or sends nothing more."""
    with closing(socket.create_connection(address, timeout=seconds)) as connection:
        connection.sendall(sent)
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
        except (TimeoutError, ConnectionResetError):
            pass
        return found


class Process:
    """A process of `helpdesk serve`."""

    def __init__(self, output: Path, *arguments: str) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.address = ("127.0.0.1", free.getsockname()[1])
        self.process = subprocess.Popen(
            [HELPDESK, "serve", "--output", output, "--port", str(self.address[1]), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(self.address, timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, self.process.communicate()[0]
                assert time.monotonic() < until
                time.sleep(0.05)

    def megabytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) // 1024

    def end(self) -> tuple[int, str]:
        """End it like a service manager; returns its exit code and output."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=20)
        return self.process.returncode, said
