"""Forks commands from a process that has imported their libraries already.

To import Great Expectations and dbt takes a third of the processor time of a small build. A test
session pays that once: `launcher` returns an executable with the behaviour of `helpdesk`, which
asks a server to fork. The command and its arguments, environment, folder, streams and exit code
are those of a process of its own. Its dbt process is forked too.

One server has the project's own modules as well. Commands of a copy of the project, such as an
installed package, and those with settings that modules read when they are imported, are forked from
another one, which has the libraries alone.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

# What a build imports when it gets there.
LIBRARIES = ("dbt.adapters.duckdb", "dbt.cli.main", "dbt.task.build", "great_expectations")
OWN = (
    "helpdesk.cli.app",
    "helpdesk.gate.run",
    "helpdesk.pipeline.run",
    "helpdesk.transform.dbt_process",
)
COMMAND = ["-m", "helpdesk.cli.app"]
# Small on purpose: it starts in a hundredth of a second, as it imports no package.
_LAUNCHER = """#!{python} -IS
import json, os, signal, socket, sys
address, cold, kind = {address!r}, {cold!r}, {kind!r}
arguments, is_known = sys.argv[1:], True
# What modules read when they are imported.
is_own = not {{"COLUMNS", "HELPDESK_PROJECT", "PYTHONPATH"}} & set(os.environ)
if kind == "python":
    script = "".join(arguments[1:2]) if arguments[:1] == ["-P"] else ""
    if is_own and script == {script!r}:
        kind, arguments = "dbt", arguments[2:]
    else:
        is_own = False
    is_dbt = script.endswith("helpdesk/transform/dbt_process.py")
    is_known = arguments[:2] == {command!r} or (is_dbt and "spark" not in arguments)
# A library reads this one when it is imported: such a command gets a process of its own.
if not is_known or "FORCE_COLOR" in os.environ:
    os.execv(cold, [cold, *sys.argv[1:]])
if not is_own:
    address += ".libraries"
with socket.socket(socket.AF_UNIX) as server:
    server.connect(address)
    asked = [kind, arguments, os.getcwd(), dict(os.environ)]
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
    for name, cold in (("helpdesk", "helpdesk"), ("python", real.name)):
        text = _LAUNCHER.format(
            python=real,
            address=str(address),
            cold=str(real.with_name(cold)),
            kind=name,
            script=str(script),
            command=COMMAND,
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
    """Start both servers, which end with the process that started this one."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.partition(".")[0] == "helpdesk"]
    with_libraries = _listening(address.with_name(f"{address.name}.libraries"))
    if os.fork():
        _fork(with_libraries, address.with_name("python"))
        return
    with_libraries.close()
    for name in OWN:
        importlib.import_module(name)
    listening = _listening(address)
    print("ready", flush=True)
    _fork(listening, address.with_name("python"))


def _listening(address: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(address))
    listening.listen()
    listening.settimeout(1)
    return listening


def _fork(listening: socket.socket, python: Path) -> None:
    """Fork one process per request, until the process that started this one ends."""
    started_by = os.getppid()
    # The children share these objects; none of them is looked at again.
    gc.collect()
    gc.freeze()
    # The kernel collects what children leave.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with listening:
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
                    _answer(asking, python)


def _answer(asking: socket.socket, python: Path) -> None:
    """Run the command that this process was forked for, send its exit code, and end."""
    header, streams, _, _ = socket.recv_fds(asking, 8, 3)
    with asking.makefile("rb") as incoming:
        kind, arguments, folder, environment = json.loads(
            incoming.read(int.from_bytes(header, "big"))
        )
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # The first is the folder in which the server was started.
    sys.path[:] = [*filter(None, paths), *sys.path[1:]]
    sys.executable = str(python)
    asking.sendall(f"{os.getpid()}\n".encode())
    threading.Thread(target=_end_with, args=(asking,), daemon=True).start()
    commands = {"dbt": _dbt, "helpdesk": _helpdesk, "python": _python}
    code = _ended(commands[kind], arguments)
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


def _python(arguments: list[str]) -> None:
    """What `python -m module ...` and `python -P script ...` do."""
    option, name, *rest = arguments
    sys.argv = [name, *rest]
    if option == "-m":
        sys.path.insert(0, os.getcwd())
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(name, run_name="__main__")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
