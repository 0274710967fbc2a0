"""The package as an installer leaves it."""

import subprocess
import sys
import zipfile
from pathlib import Path

from helpdesk.init import PACKAGE_ROOT
from tests.conftest import run_copy
from tests.small_desk import DESK, write_desk


class Installed:
    """The unpacked wheel, out of reach of the checkout, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = folder / "site-packages"
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=PACKAGE_ROOT, check=True, capture_output=True)
        (self.wheel,) = folder.glob("*.whl")
        # What an installer does with a wheel without scripts of its own.
        zipfile.ZipFile(self.wheel).extractall(self.packages)
        write_desk(folder / "landing", DESK)

    def files(self) -> list[str]:
        """What the wheel brings, as paths from where it is unpacked."""
        return zipfile.ZipFile(self.wheel).namelist()

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        place = {"HELPDESK_PROJECT": "desk"} | variables
        return run_copy(self.packages, self.folder, *arguments, **place)

    def done(self, *arguments: str, **variables: str) -> str:
        result = self.run(*arguments, **variables)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout
