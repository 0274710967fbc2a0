"""Runs one dbt command of a build.

It is a script in its own process, so that DuckDB's locks and dbt's global state end with it.

dbt parses the whole project again if the connection differs from that of the manifest. So this
script parses it for the profile's default warehouse, and runs the command with that manifest.
"""

import gc
import json
import os
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_json

from helpdesk.core.redaction import forget_secrets, keep_secret
from helpdesk.transform.engines.spark.server import ignore_errors_on_close
from helpdesk.transform.process_options import without_option

SPARK_TARGET = "spark"
# The environment variables of the profile, which do not affect the manifest.
CONNECTION = ("HELPDESK_WAREHOUSE", "HELPDESK_MEMORY_LIMIT", "HELPDESK_THREADS")
# dbt's loggers format every event before they check its level, so they are off. Lines go to a log
# and next to a spinner, without colours.
_FLAGS = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
_UNSEEN = "debug"
# The options of a command that affect the manifest.
_PARSED_FOR = ("--vars", "--target", "--profiles-dir", "--project-dir", "--target-path")
# Commands that run with a manifest. Only `parse` writes its JSON, and this script writes results.
_RUNNING = ("build", "compile", "run", "show", "test")
_TARGET = "--target-path"
_TARGET_VARIABLE = "DBT_TARGET_PATH"
EVERYTHING = "fqn:*"


class _Printer:
    """Prints one event per line, as JSON if DBT_LOG_FORMAT asks for it, else as text."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def __call__(self, message: EventMsg) -> None:
        info: Any = message.info  # its type lacks `msg`
        # A callback gets every event, regardless of the log level.
        if info.level == _UNSEEN:
            return
        line = msg_to_json(message) if self._as_json else info.msg
        with self._lock:
            print(line, flush=True)


def main(args: list[str]) -> int:
    """Run one dbt command; returns its exit code."""
    args, given = without_option(_without_everything(args))
    # Dagster passes its whole environment to this process.
    keep_secret(*given.secrets)
    forget_secrets()
    os.environ.update(given.variables)
    # dbt creates millions of objects, few of them in cycles, and the process ends soon.
    gc.disable()
    if SPARK_TARGET in args:
        ignore_errors_on_close()
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    printer = _Printer(os.environ.get("DBT_LOG_FORMAT") == "json")
    is_running = args[0] in _RUNNING
    if args[0] == "parse":
        for name in CONNECTION:
            os.environ.pop(name, None)
    flags = [*_FLAGS, "--no-write-json"] if is_running else _FLAGS
    manifest = _parsed(flags, args, printer) if is_running else None
    result = dbtRunner(manifest=manifest, callbacks=[printer]).invoke([*flags, *args])
    if is_running and (target := _target(args)):
        _write_results(target, result.result)
    if result.exception:
        print(result.exception, flush=True)
    return 0 if result.success else 1


def _without_everything(args: list[str]) -> list[str]:
    """The arguments without `--select fqn:*`, if there is another selection.

    Dagster adds it to every command, and dbt runs the union of several selections.
    """
    if args.count("--select") < 2 or EVERYTHING not in args:
        return args
    place = args.index(EVERYTHING)
    return [*args[: place - 1], *args[place + 1 :]]


def _target(args: list[str]) -> Path | None:
    """The folder for artifacts, from an argument or, with Dagster, a variable."""
    named = args[args.index(_TARGET) + 1] if _TARGET in args else os.environ.get(_TARGET_VARIABLE)
    return Path(named) if named else None


def _write_results(target: Path, result: Any) -> None:
    """Write `results.json` with the outcome of every node that dbt ran."""
    outcomes = [
        {
            "name": one.node.name,
            "path": one.node.original_file_path,
            "kind": str(one.node.resource_type),
            "about": _about(one.node),
            "status": str(one.status),
            "message": one.message or "",
            "compiled_code": getattr(one.node, "compiled_code", None) or "",
        }
        for one in getattr(result, "results", None) or ()
    ]
    (target / "results.json").write_text(json.dumps(outcomes))


def _about(node: Any) -> str:
    """The model of a test: the one with its declaration, or the only one that it reads."""
    if str(node.resource_type) != "test":
        return ""
    read = node.depends_on.nodes
    about = getattr(node, "attached_node", None) or (read[0] if len(read) == 1 else "")
    # The id of a model is `model.<project>.<name>`.
    return str(about).rpartition(".")[2]


def _parsed(flags: list[str], args: list[str], printer: _Printer) -> Any:
    """The manifest for the default warehouse; None if parsing fails, which dbt reports."""
    options = [
        part
        for option, value in pairwise(args)
        if option in _PARSED_FOR
        for part in (option, value)
    ]
    connection = {name: os.environ.pop(name) for name in CONNECTION if name in os.environ}
    try:
        parsed = dbtRunner(callbacks=[printer]).invoke([*flags, "parse", *options])
    finally:
        os.environ.update(connection)
    return parsed.result if parsed.success else None


def _end_with(parent: int) -> None:
    """End this process once its parent, the build, has ended.

    Else it could keep writing to the cluster during the next build, as no file lock prevents that.
    """
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
