"""A real Dagster instance with the project's own configuration."""

import shutil
from collections.abc import Iterator

import dagster as dg
import pytest

from helpdesk.core.places import PROJECT_ROOT


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    home = tmp_path_factory.mktemp("dagster_home")
    shutil.copy(PROJECT_ROOT / "orchestration" / "dagster.yaml", home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance
