from collections.abc import Iterator

import pytest

from tests.bi.server import BINARIES, Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with an empty database `desk`."""
    if not (BINARIES / "initdb").exists():
        pytest.fail("these tests need PostgreSQL: apt-get install postgresql (as root)")
    with running_server() as running:
        yield running


@pytest.fixture
def database(server: Server) -> Server:
    """The server, its database new."""
    with server.connect("postgres") as connection:
        connection.execute("drop database if exists desk with (force)")
        connection.execute("create database desk")
    return server
