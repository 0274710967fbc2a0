"""The publishing step of a build: its messages, and the export by the settings."""

from logging import WARNING
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.build import Build
from helpdesk.core.paths import OutputPaths
from helpdesk.pipeline import publishing
from helpdesk.pipeline.publishing import publish_marts
from tests.orchestration.publishing.warehouse import ROWS


def test_the_step_reports_and_exports(
    paths: OutputPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The manifest of these few marts in place of the project's.
    monkeypatch.setattr(publishing, "ensure_manifest", lambda: paths.manifest)
    duckdb.connect(paths.warehouse).close()
    (paths.work / "warehouse.duckdb").write_text("of version 0.1")
    (tmp_path / "settings.yml").write_text("parquet: true")
    build = Build(str(tmp_path), str(paths.root), config=str(tmp_path / "settings.yml"))
    lines: list[tuple[int, str]] = []
    publish_marts(build, lambda level, line: lines.append((level, line)))
    assert lines[0][1].startswith(f"published 3 marts, {ROWS + 50:,} rows in tables, ")
    assert lines[0][1].endswith(f" MB: {paths.published}")
    removed = (
        f"removed .work/warehouse.duckdb of version 0.1: the marts are now in {paths.published}"
    )
    assert lines[1] == (WARNING, removed)
    assert lines[2][1].startswith(f"exported 2 marts as Parquet, {ROWS + 50:,} rows")
    assert (paths.parquet / "catalogue.json").exists()
    assert (paths.current / "helpdesk.duckdb").exists()
