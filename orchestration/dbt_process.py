"""dbt's own command line, as a build runs it: the same commands with less overhead.

Run as a script, in a process of its own: DuckDB's lock on the warehouse and dbt's globals end with
it, and on two cores Dagster takes down one node's result while dbt runs the next. dbt says some
fifteen thousand things while it runs a few hundred nodes, nearly all of them for debugging, and
puts each in words and JSON before it looks whether anyone listens: a sixth of its time. Here what
is for debugging is dropped at once, and the rest is handed out as `dbt --log-format json` does.
"""

import gc
import os
import sys
import threading
import time
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import BaseEvent, EventLevel, EventMsg
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager
from dbt_common.events.functions import msg_to_json

from orchestration.spark.server import forgive_at_the_end

SPARK_TARGET = "spark"
# No logger of dbt's own: they write out every event before they look at its level.
_FLAGS = ["--log-level", "none", "--log-level-file", "none"]
# dbt makes objects by the million, few of them in cycles: looking for those more rarely is enough.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


class _Undebugged(EventManager):
    """Passes on what is not for debugging."""

    def fire_event(
        self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST):
            super().fire_event(e, level, *args, **kwargs)


class _Printer:
    """Prints events, one a line: as JSON for a program that asked for it, else as plain text."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def __call__(self, message: EventMsg) -> None:
        info: Any = message.info  # its type lacks `msg`
        line = msg_to_json(message) if self._as_json else info.msg
        with self._lock:
            print(line, flush=True)


def main(args: list[str]) -> int:
    """Run one dbt command; returns its exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    ctx_set_event_manager(_Undebugged())
    _parse_once_for_all_outputs()
    if SPARK_TARGET in args:
        forgive_at_the_end()
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    printer = _Printer(os.environ.get("DBT_LOG_FORMAT") == "json")
    result = dbtRunner(callbacks=[printer]).invoke([*_FLAGS, *args])
    if result.exception:
        print(result.exception, flush=True)
    return 0 if result.success else 1


def _end_with(parent: int) -> None:
    """End once the build that started this has ended, in whatever way.

    No lock on a file keeps the next build from a cluster that this one would go on writing to.
    """
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _parse_once_for_all_outputs() -> None:
    """Have dbt take what it parsed for one warehouse for another, too.

    It parses the project anew where any part of the connection differs from last time, which a
    model could ask for in its Jinja. None asks for the warehouse's path.
    """
    credentials: Any = DuckDBCredentials  # patched, which its types do not provide for
    all_keys = credentials._connection_keys
    credentials._connection_keys = lambda self: tuple(k for k in all_keys(self) if k != "path")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
