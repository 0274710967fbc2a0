"""The limits of DuckDB: detected, set by hand, and applied wherever it is opened."""

import json
import os
import re
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.build import Build, opened
from helpdesk.core.errors import ConfigError
from helpdesk.core.limits import (
    GB,
    LEAST_BYTES,
    Limits,
    limits_of,
    machine_limits,
    machine_memory,
    machine_threads,
)
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings, load_settings
from helpdesk.publish.compaction import rewrite
from helpdesk.transform.engines.duckdb import DuckDB
from helpdesk.transform.runner import run_dbt
from tests.conftest import run_helpdesk

SET = "select current_setting('memory_limit'), current_setting('threads')"


def in_bytes(text: str) -> float:
    """An amount of memory in DuckDB's notation, as a number."""
    amount, unit = text.split()
    return float(amount) * 1024 ** ["bytes", "KiB", "MiB", "GiB", "TiB"].index(unit)


def test_the_machine_leaves_room_for_python() -> None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert LEAST_BYTES <= machine_memory() <= max(LEAST_BYTES, 0.75 * total)
    assert 1 <= machine_threads() <= (os.cpu_count() or 1)
    # DuckDB gets the limits of the machine.
    with duckdb.connect(config=machine_limits().config(Path("unused"))) as connection:
        [(memory, threads)] = connection.execute(SET).fetchall()
    assert abs(in_bytes(memory) - machine_memory()) < 0.01 * machine_memory()
    assert threads == machine_threads()


CGROUPS = {
    "version 2": {
        "of_process": "0::/system.slice/build.service\n",
        "system.slice/memory.max": "4000000000\n",
        "system.slice/cpu.max": "max 100000\n",
        "system.slice/build.service/memory.max": "max\n",
        "system.slice/build.service/cpu.max": "50000 100000\n",
    },
    "version 2 in a container": {
        "of_process": "0::/\n",
        "memory.max": "4000000000\n",
        "cpu.max": "90000 100000\n",
    },
    "version 1": {
        "of_process": "4:memory:/box\n2:cpuacct,cpu:/box\n0::/\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/box/memory.limit_in_bytes": "4000000000\n",
        "cpu/box/cpu.cfs_quota_us": "70000\n",
        "cpu/box/cpu.cfs_period_us": "100000\n",
    },
}


@pytest.mark.parametrize("version", CGROUPS)
def test_limits_of_a_container_are_used(version: str, tmp_path: Path) -> None:
    for name, text in CGROUPS[version].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = (
        measure(tmp_path, tmp_path / "of_process") for measure in (machine_memory, machine_threads)
    )
    assert tuple(found) == ((4 * GB - GB) * 3 // 4, 1)


def test_a_container_without_limits_has_those_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    for of_process in (tmp_path / "none", tmp_path / "memory.max"):
        of_process.with_name("line").write_text("0::/\n")
        assert machine_threads(tmp_path, tmp_path / "line") == len(os.sched_getaffinity(0))
    assert machine_memory(tmp_path, tmp_path / "none") > machine_memory() / 2


def test_the_settings_count_before_the_machine() -> None:
    assert limits_of(Settings(memory_limit="4GB", threads=3)) == Limits("4GB", 3)
    assert limits_of(Settings(threads=3)) == Limits(machine_limits().memory, 3)
    # Limits do not affect models: after a change dbt runs and parses nothing again.
    assert Settings(memory_limit="4GB", threads=3).model_dump() == Settings().model_dump()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "memory_limit: lots",
            "memory_limit: 'lots' is not an amount of memory: write one such as 4GB",
        ),
        ("memory_limit: 4", "memory_limit: a text is expected, not a number"),
        ("memory_limit: 80%", "memory_limit: '80%' is not an amount of memory"),
        ("memory_limit: 10MB", "memory_limit: 10MB is too little"),
        ("threads: 0", "threads: must be greater than or equal to 1"),
        ("threads: many", "threads: a whole number is expected, not a text"),
    ],
)
def test_a_wrong_value_names_its_setting(text: str, message: str, tmp_path: Path) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_settings(config)


def test_the_command_rejects_a_wrong_value(landing: Path, tmp_path: Path) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text("memory_limit: 4 gigs")
    done = run_helpdesk(
        "build", "--landing", landing, "--output", tmp_path / "o", "--config", config, check=False
    )
    assert (done.returncode, "memory_limit" in done.stderr) == (2, True)
    assert not (tmp_path / "o").exists()


def test_the_limits_arrive_wherever_duckdb_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the loader's connection, in dbt's, and where the marts are compacted."""
    config = tmp_path / "helpdesk.yml"
    config.write_text("memory_limit: 640MB\nthreads: 1\n")
    build = Build("", str(tmp_path / "output"), config=str(config))
    build.paths.work.mkdir(parents=True)
    spill = str(build.paths.spill)
    with build.warehouse() as connection:
        assert_limited(connection, spill)
        # The spill files are there, and deleted with the connection.
        connection.execute("create table numbers as select random() as n from range(1000)")

    engine = DuckDB(build.paths, build.settings)
    with build.warehouse() as connection:
        engine.start(connection, is_full=True)
    assert engine.dbt_variables()["HELPDESK_MEMORY_LIMIT"] == "640MB"
    lines: list[str] = []
    run_dbt(
        *("show", "--output", "json", "--inline"),
        f"{SET}, current_setting('temp_directory')".replace("select", "select 'it is' as found,"),
        folder=tmp_path / "target",
        variables=engine.dbt_variables(),
        log=lines.append,
    )
    shown = "".join(lines)
    [row] = json.loads(shown[shown.index("{\n") :].split("\n}\n")[0] + "\n}")["show"]
    found, memory, threads, directory = row.values()
    assert (found, threads) == ("it is", 1)
    assert abs(in_bytes(memory) - 640e6) < 1e6
    assert directory == spill

    seen: list[dict[str, object]] = []
    connect = duckdb.connect

    def noting(*args: object, **options: object) -> duckdb.DuckDBPyConnection:
        seen.append(dict(options.get("config", {})))
        return connect(*args, **options)

    monkeypatch.setattr(duckdb, "connect", noting)
    rewrite(build.paths.warehouse, build.limits)
    assert seen == [build.limits.config(build.paths.spill)]


def assert_limited(connection: duckdb.DuckDBPyConnection, spill: str) -> None:
    [(memory, threads, directory)] = connection.execute(
        f"{SET}, current_setting('temp_directory')"
    ).fetchall()
    assert abs(in_bytes(memory) - 640e6) < 1e6
    assert (threads, directory) == (1, spill)


def test_queries_spill_into_the_working_folder(tmp_path: Path) -> None:
    paths = OutputPaths(tmp_path)
    paths.work.mkdir()
    with opened(paths.warehouse, limits=Limits("60MB", 1)) as connection:
        connection.execute("set preserve_insertion_order = false")
        rows = connection.execute(
            "select count(*) from (select distinct hash(i) || 'a long text' from range(2000000) t(i))"
        ).fetchone()
        spilled = connection.execute("select sum(size) from duckdb_temporary_files()").fetchone()
        assert paths.spill.is_dir()
    assert rows == (2_000_000,)
    assert spilled is not None
    assert not list(paths.spill.glob("*"))
