"""The desk that the dashboards' tests look at, modelled once by dbt in each test process."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboards.boards import load_boards
from dashboards.boards.kinds import Boards
from dashboards.definitions import Definitions, load_definitions
from tests.dashboards.desk import build_marts
from tests.dashboards.truth import Truth


@dataclass(frozen=True)
class Desk:
    """Published marts, and what they were made by."""

    marts: Path
    manifest: Path
    definitions: Definitions
    boards: Boards
    truth: Truth


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The small desk with hostile names."""
    marts, manifest = build_marts(tmp_path_factory.mktemp("desk"))
    definitions = load_definitions(manifest)
    with closing(Truth(marts, definitions)) as truth:
        yield Desk(marts, manifest, definitions, load_boards(manifest), truth)
