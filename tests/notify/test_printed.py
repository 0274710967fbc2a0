"""`helpdesk export --page` writes pages by the real browser of this machine."""

import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.dashboards.site import build_site
from helpdesk.notify.printed import print_page
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import run_helpdesk

pytestmark = pytest.mark.browser
# A picture without anything on it has less.
LEAST_BYTES = 30_000


@pytest.fixture(scope="module")
def paths(last: OutputPaths) -> OutputPaths:
    if not last.site.exists():
        build_site(last.published, ensure_manifest(), last.site)
    return last


def test_a_picture_shows_the_page_with_its_filters(paths: OutputPaths, tmp_path: Path) -> None:
    pictures = []
    for team in ("", "&team=generic:t1"):
        to = tmp_path / f"report{len(team)}.png"
        print_page(paths, Settings(), f"report/r1?period=30{team}", to, "1200x900")
        picture = to.read_bytes()
        assert struct.unpack(">II", picture[16:24]) == (1200, 900)
        assert len(picture) > LEAST_BYTES
        pictures.append(picture)
    assert pictures[0] != pictures[1]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_pdf_has_all_pages(paths: OutputPaths, tmp_path: Path) -> None:
    to = tmp_path / "new folder" / "analyze.pdf"
    done = run_helpdesk(
        "export", "--output", paths.root, "--page", "/analyze?period=30", "--to", to
    )
    assert "wrote" in done.stdout
    pdf = to.read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") > 1


@pytest.mark.parametrize(
    ("page", "to", "size", "said"),
    [
        ("nowhere", "x.png", "1440x900", "the site answers 404"),
        ("analyze", "x.jpg", "1440x900", "ends with .pdf or .png"),
        ("https://desk.example.org/analyze", "x.png", "1440x900", "without the host"),
        ("analyze", "x.png", "large", "write width and height"),
    ],
)
def test_a_wrong_argument_is_explained(
    paths: OutputPaths, tmp_path: Path, page: str, to: str, size: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        print_page(paths, Settings(), page, tmp_path / to, size)
    assert not list(tmp_path.iterdir())


def test_a_machine_without_a_browser(
    paths: OutputPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not shutil.which("chromium")
    with pytest.raises(HelpdeskError, match="apt-get install chromium"):
        print_page(paths, Settings(), "analyze", tmp_path / "x.pdf")


def test_the_command_prints_everything_whatever_the_audiences(
    paths: OutputPaths, tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        "serve": {"behind_proxy": True, "user_header": "X-User"},
        "audiences": {"north": {"users": ["ann"], "teams": ["North"]}},
    }
    settings = Settings(**given)
    print_page(paths, settings, "report/r1?period=30", tmp_path / "x.png", "1200x900")
    assert (tmp_path / "x.png").stat().st_size > LEAST_BYTES
