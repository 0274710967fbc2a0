"""Forks commands from a process that has imported their libraries already.

To import Great Expectations and dbt takes a third of the processor time of a small build. A test
session pays that once: `launcher` returns an executable with the behaviour of `helpdesk`, which
asks a server to fork. The command and its arguments, environment, folder, streams and exit code
are those of a process of its own. Its dbt process is forked too.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

# What a build imports when it gets there.
PRELOADED = (
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "dbt.task.build",
    "great_expectations",
    "helpdesk.cli.app",
    "helpdesk.gate.run",
    "helpdesk.pipeline.run",
    "helpdesk.transform.dbt_process",
)
# Small on purpose: it starts in a hundredth of a second, as it imports no package.
_LAUNCHER = """#!{python} -IS
import json, os, signal, socket, sys
address, cold = {address!r}, {cold!r}
# What modules read when they are imported: such a command gets a process of its own.
at_import = {{"COLUMNS", "FORCE_COLOR", "HELPDESK_PROJECT", "PYTHONPATH"}}
script = {script!r}
is_dbt = {is_dbt!r} and sys.argv[1:3] == ["-P", script] and "spark" not in sys.argv
if at_import & set(os.environ) or ({is_dbt!r} and not is_dbt):
    os.execv(cold, [cold, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as server:
    server.connect(address)
    asked = [is_dbt, sys.argv[3:] if is_dbt else sys.argv[1:], os.getcwd(), dict(os.environ)]
    message = json.dumps(asked).encode()
    socket.send_fds(server, [len(message).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(message)
    answers = server.makefile()
    command = int(answers.readline())
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, frame: os.kill(command, number))
    code = answers.readline()
sys.exit(int(code) if code else 137)
"""


def launcher(folder: Path) -> tuple[Path, subprocess.Popen[bytes]]:
    """Start a server in this folder. Returns the executable to run, and the server to end."""
    real = Path(sys.executable)
    address = folder / "server"
    script = importlib.import_module("helpdesk.transform.runner").DBT_PROCESS
    for name, cold, is_dbt in (("helpdesk", "helpdesk", False), ("python", real.name, True)):
        text = _LAUNCHER.format(
            python=real,
            address=str(address),
            cold=str(real.with_name(cold)),
            script=str(script),
            is_dbt=is_dbt,
        )
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "dbt").symlink_to(real.with_name("dbt"))
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", address],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        env={name: of for name, of in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
    )
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    return folder / "helpdesk", server


def serve(address: Path) -> None:
    """Fork one process per request, until the process that started this one ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    started_by = os.getppid()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        listening.settimeout(1)
        # The children share these objects; none of them is looked at again.
        gc.collect()
        gc.freeze()
        # The kernel collects what children leave.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while os.getppid() == started_by:
            try:
                asking, _ = listening.accept()
            except TimeoutError:
                continue
            with asking:
                asking.settimeout(None)
                if not os.fork():
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    listening.close()
                    _answer(asking, address.with_name("python"))


def _answer(asking: socket.socket, python: Path) -> None:
    """Run the command that this process was forked for, send its exit code, and end."""
    header, streams, _, _ = socket.recv_fds(asking, 8, 3)
    with asking.makefile("rb") as incoming:
        is_dbt, arguments, folder, environment = json.loads(
            incoming.read(int.from_bytes(header, "big"))
        )
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.executable = str(python)
    asking.sendall(f"{os.getpid()}\n".encode())
    threading.Thread(target=_end_with, args=(asking,), daemon=True).start()
    code = _ended(_dbt if is_dbt else _helpdesk, arguments)
    asking.sendall(f"{code}\n".encode())
    os._exit(code)


def _end_with(asking: socket.socket) -> None:
    """Kill this process where the one that asked for it was killed."""
    if not asking.recv(1):
        os.kill(os.getpid(), signal.SIGKILL)


def _ended(command: Callable[[list[str]], object], arguments: list[str]) -> int:
    """Run a command as the interpreter would, up to its end; returns the exit code."""
    try:
        command(arguments)
        code: object = 0
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    # What an interpreter does at its end: wait for threads, run what was registered, flush.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code or 0


def _helpdesk(arguments: list[str]) -> None:
    from helpdesk.cli.app import app

    sys.argv = ["helpdesk", *arguments]
    app(prog_name="helpdesk")


def _dbt(arguments: list[str]) -> None:
    from helpdesk.transform import dbt_process

    sys.argv = [str(dbt_process.__file__), *arguments]
    sys.exit(dbt_process.main(arguments))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
