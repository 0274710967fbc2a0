"""A published warehouse, built by the commands, and a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.serve.server import WebServer, serving
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import run_helpdesk

TICKETS = 1200
AS_OF = "2026-06-30T18:00:00Z"


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    run_helpdesk("simulate", "--out", folder / "landing", "--tickets", TICKETS)
    output = folder / "output"
    run_helpdesk("build", "--landing", folder / "landing", "--output", output, "--as-of", AS_OF)
    write_site(OutputPaths(output).site)
    return output


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(ensure_manifest())


@pytest.fixture(scope="session")
def running(output: Path) -> Iterator[WebServer]:
    with serving(OutputPaths(output).site, output) as server:
        yield server


@pytest.fixture
def server(running: WebServer) -> tuple[str, int]:
    return running.server_address


def write_site(site: Path, word: str = "this is") -> None:
    """A small site, next to files that are not part of it."""
    for name in (
        "index.html", "analyze/index.html", "a.wasm", "data/t.parquet", "x.js", ".fingerprint",
        "_app/immutable/y.css", "api/0123abc/all-queries.json",
    ):  # fmt: skip
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(f"{word} {name}")
    (site / "large.js").write_text(f"// {word}\n" + "const one = 1;\n" * 20_000)
    (site / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    (site.parent / "secret").write_text("secret")
