"""An installed package, for tests."""

import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

from helpdesk.core.places import PACKAGE_ROOT
from tests.conftest import run_copy
from tests.small_desk import DESK, write_desk


class Installed:
    """The unpacked wheel, without access to the checkout, and a working folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = folder / "site-packages"
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=PACKAGE_ROOT, check=True, capture_output=True)
        (self.wheel,) = folder.glob("*.whl")
        # The steps of an installer.
        zipfile.ZipFile(self.wheel).extractall(self.packages)
        write_desk(folder / "landing", DESK)

    def files(self) -> list[str]:
        """The files of the wheel, as relative paths."""
        return zipfile.ZipFile(self.wheel).namelist()

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        place = {"HELPDESK_PROJECT": "desk"} | variables
        return run_copy(self.packages, self.folder, *arguments, **place)

    def done(self, *arguments: str, **variables: str) -> str:
        result = self.run(*arguments, **variables)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def python(self, *arguments: str) -> str:
        """The output of Python code that can import the package but not the checkout."""
        done = subprocess.run(
            [sys.executable, "-S", *arguments],
            cwd=self.folder,
            env={"PYTHONPATH": os.pathsep.join([str(self.packages), *site.getsitepackages()])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
