"""A working warehouse and what is published of it, made once; each test changes a copy."""

import shutil
from pathlib import Path

import pytest

from helpdesk.paths import OutputPaths
from tests.orchestration.publishing.warehouse import LISTS, SPELLS, change, publish_next

MANY_ROWS = 150_000


@pytest.fixture(scope="session")
def large(output: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with one build published of a working warehouse with two large marts."""
    built, paths = OutputPaths(output), OutputPaths(tmp_path_factory.mktemp("large"))
    paths.dbt_target.mkdir(parents=True)
    shutil.copy(built.manifest, paths.manifest)
    shutil.copy(built.warehouse, paths.warehouse)
    change(
        paths,
        f"""insert into marts.{SPELLS} by name
        select 'many:' || i as ticket_key, i as spell_number, 's' || i % 7 as status_key,
            date '2023-10-05' + i::int % 180 as entered_date, i % 3 = 0 as is_current,
            i as duration_seconds, i % 1000 as duration_business_seconds
        from range({MANY_ROWS}) numbers(i)""",
        f"""insert into marts.{LISTS} by name
        select date '2023-10-05' + i::int % 180 as report_date, 'a' || i as agent_key,
            case i % 3 when 0 then [] when 1 then [i, null] end as ended_duration_seconds_values
        from range({MANY_ROWS}) numbers(i)""",
    )
    publish_next(paths)
    return paths.root


@pytest.fixture
def paths(large: Path, tmp_path: Path) -> OutputPaths:
    """The same, to be changed."""
    return OutputPaths(shutil.copytree(large, tmp_path / "output", symlinks=True))
