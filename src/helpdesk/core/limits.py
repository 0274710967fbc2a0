"""The memory and threads that DuckDB may use: those of the settings, else of the machine.

The limits of a container (control groups, version 1 or 2) count as those of the machine. DuckDB
spills to disk when data does not fit. dbt and Python cannot, so part of the memory is left to them.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.core.settings import Settings

GB = 10**9
MB = 10**6
# The memory of the two Python processes of a build at 1,000,000 tickets, rounded up.
PYTHON_BYTES = GB
# DuckDB's share of the rest. It exceeds its limit for a while if a query keeps small blocks.
SHARE = 0.75
# With less memory DuckDB cannot sort a model of many columns.
LEAST_BYTES = 512 * MB
CGROUPS = Path("/sys/fs/cgroup")
OF_PROCESS = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Limits:
    """`memory` in DuckDB's notation, such as 4GB; `threads` is the number for one query."""

    memory: str
    threads: int

    def config(self, spill: Path) -> dict[str, str | bool | int | float | list[str]]:
        """The configuration of a DuckDB connection that spills into the folder `spill`."""
        return {
            "memory_limit": self.memory,
            "threads": self.threads,
            "temp_directory": str(spill),
        }


def limits_of(settings: Settings) -> Limits:
    """The limits of the settings, with the machine's limits as defaults."""
    memory = settings.memory_limit or f"{machine_memory() // MB}MB"
    return Limits(memory, settings.threads or machine_threads())


def machine_limits() -> Limits:
    """The limits without settings."""
    return limits_of(Settings())


def machine_memory(cgroups: Path = CGROUPS, of_process: Path = OF_PROCESS) -> int:
    """Bytes for DuckDB on this machine or in this container."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for folder in _folders("memory", cgroups, of_process):
        for name in ("memory.max", "memory.limit_in_bytes"):
            # "max" means no limit; version 1 has a huge number instead.
            total = min([total, *(int(word) for word in _words(folder / name) if word.isdigit())])
    return max(LEAST_BYTES, int((total - PYTHON_BYTES) * SHARE))


def machine_threads(cgroups: Path = CGROUPS, of_process: Path = OF_PROCESS) -> int:
    """The number of cores that this process may use, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = float(cores or 1)
    for folder in _folders("cpu", cgroups, of_process):
        quota = _words(folder / "cpu.max") or [
            *_words(folder / "cpu.cfs_quota_us"),
            *_words(folder / "cpu.cfs_period_us"),
        ]
        # Without a limit the quota is "max", or -1 in version 1.
        if len(quota) == 2 and all(word.isdigit() for word in quota):
            found = min(found, int(quota[0]) / int(quota[1]))
    return max(1, math.ceil(found))


def _folders(controller: str, cgroups: Path, of_process: Path) -> Iterator[Path]:
    """The control groups of this process and their parents: each of them may have a limit."""
    yield from (cgroups, cgroups / controller)
    for line in _lines(of_process):
        _number, controllers, place = line.split(":", 2)
        root = cgroups / controller if controller in controllers.split(",") else cgroups
        folder = root / place.lstrip("/")
        while folder != root and root in folder.parents:
            yield folder
            folder = folder.parent


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
