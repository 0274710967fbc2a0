"""A page of the built site as a PDF or a picture, by a Chromium of this machine."""

import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.redaction import child_environment
from helpdesk.core.settings import Settings
from helpdesk.serve.options import options_of
from helpdesk.serve.server import make_server, running

# The shell has no windows, and prints as the others do.
PROGRAMS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "chromium-headless-shell",
)
KINDS = (".pdf", ".png")
# The browser's clock runs ahead while it waits for nothing: a page takes as long as its queries.
PAGE_MILLISECONDS = 60_000
TIMEOUT_SECONDS = 180
HOST = "127.0.0.1"
SIZE = re.compile(r"([1-9]\d{2,3})x([1-9]\d{2,4})")


def print_page(
    paths: OutputPaths, settings: Settings, page: str, to: Path, size: str = "1440x2400"
) -> None:
    """Write a page, such as `analyze?period=30&team=generic:301`, as the file `to`.

    A name that ends with .pdf is a PDF of all of it, .png a picture of `size`, WIDTHxHEIGHT in
    pixels. The page is served on a free loopback port meanwhile. Raises ConfigError for a wrong
    argument, HelpdeskError without a browser or if it fails.
    """
    if to.suffix.lower() not in KINDS:
        raise ConfigError(f"--to {to}: write a file name that ends with .pdf or .png.")
    if re.search(r"[\s\x00-\x1f]|://", page):
        raise ConfigError(
            f"--page {page!r} is not a page: write one such as analyze?period=30, without the host."
        )
    found = SIZE.fullmatch(size)
    if not found:
        raise ConfigError(f"--size {size!r}: write width and height such as 1440x2400.")
    browser = browser_program()
    # Whoever runs the command sees everything: it has no headers of a reverse proxy.
    options = replace(options_of(settings, paths.site, paths.root, HOST), audiences={})
    with running(make_server(options, HOST, 0)) as server:
        address = f"{server.address}/{page.lstrip('/')}"
        _check(address, page)
        _print(browser, address, to, (found[1], found[2]))


def browser_program() -> str:
    """The path of a Chromium or Chrome. Raises HelpdeskError, which says what to install."""
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise HelpdeskError(
        "a page as PDF or PNG needs a browser, and there is no Chromium or Chrome on the PATH: "
        "`apt-get install chromium`, or install Google Chrome."
    )


def _check(address: str, page: str) -> None:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        raise ConfigError(
            f"--page {page}: the site answers {error.code}; its pages are those of its menu, such "
            "as summary, analyze or report/r1."
        ) from None


def _print(browser: str, address: str, to: Path, size: tuple[str, str]) -> None:
    to = to.absolute()
    to.parent.mkdir(parents=True, exist_ok=True)
    new = to.with_name(f".{to.stem}.new{to.suffix}")
    is_pdf = to.suffix.lower() == ".pdf"
    with TemporaryDirectory(prefix="helpdesk-browser-") as profile:
        command = [
            browser, "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            # A browser of root has no sandbox; it opens only the page of this machine.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            f"--user-data-dir={profile}", f"--virtual-time-budget={PAGE_MILLISECONDS}",
            f"--window-size={','.join(size)}",
            *(["--no-pdf-header-footer", f"--print-to-pdf={new}"] if is_pdf
              else [f"--screenshot={new}"]),
            address,
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                env=child_environment(),
            )
        except subprocess.TimeoutExpired:
            raise HelpdeskError(
                f"{browser} did not end within {TIMEOUT_SECONDS} seconds: try again, or a page "
                "with fewer reports."
            ) from None
    if done.returncode or not new.exists() or not new.stat().st_size:
        new.unlink(missing_ok=True)
        lines = done.stderr.strip().splitlines() or ["it wrote nothing"]
        raise HelpdeskError(f"{browser} failed ({done.returncode}): {lines[-1]}")
    new.rename(to)
