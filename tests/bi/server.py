"""A Postgres server for tests: Debian's binaries, a new cluster, loopback, not as root."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))
# Postgres does not run as root; tests that run as root use this user of Debian.
USER = "nobody"


@dataclass(frozen=True)
class Server:
    port: int
    password: str

    def address(self, database: str = "desk", user: str = "loader") -> str:
        return f"postgresql://{user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "desk", **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address(database), autocommit=True, **options)


@contextmanager
def running_server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-postgres-"))
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
        options = {"user": USER, "extra_groups": [], "cwd": "/"}
    password, data = secrets.token_urlsafe(12), folder / "data"
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    try:
        _run(
            [
                "initdb",
                "-D",
                data,
                "-U",
                "loader",
                f"--pwfile={secret}",
                "--no-sync",
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
            options,
        )
        port = _free_port()
        command = [BINARIES / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port)]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "-k", folder, "-c", "fsync=off"], stdout=log, stderr=log, **options
            )
        try:
            _wait(Server(port, password), process, folder / "log")
            yield Server(port, password)
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def _run(command: list[Any], options: dict[str, Any]) -> None:
    done = subprocess.run(
        [BINARIES / command[0], *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with server.connect("postgres") as connection:
                connection.execute("create database desk")
            return
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
