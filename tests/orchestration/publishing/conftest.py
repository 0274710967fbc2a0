"""A candidate and its published build, created once; each test changes a copy."""

import shutil
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from tests.orchestration.publishing.warehouse import (
    COLUMNS,
    STATEMENTS,
    change,
    publish_next,
    write_manifest,
)


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with one build."""
    paths = OutputPaths(tmp_path_factory.mktemp("published"))
    write_manifest(paths, COLUMNS)
    change(paths, *STATEMENTS)
    publish_next(paths)
    return paths.root


@pytest.fixture
def paths(published_once: Path, tmp_path: Path) -> OutputPaths:
    """The same, to be changed."""
    return OutputPaths(shutil.copytree(published_once, tmp_path / "output", symlinks=True))
