"""dbt's own command line, as a build runs it: the same commands with less overhead.

Run as a script, in a process of its own: DuckDB's lock on the warehouse and dbt's globals end with
it.
"""

import os
import sys
import threading
import time
from typing import Any

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_json

from orchestration.dbt_overhead import lessen
from orchestration.spark.server import forgive_at_the_end

SPARK_TARGET = "spark"
# No logger of dbt's own: they write out every event before they look at its level.
# Its lines go to a log, and beside a spinner: colours are no use there.
_FLAGS = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]


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
    lessen(args[0])
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
