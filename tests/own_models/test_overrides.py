"""An own file that replaces one that ships: a build warns once the shipped one has changed."""

import json
from pathlib import Path

import pytest

from helpdesk.transform import overrides
from helpdesk.transform.overrides import outdated_overrides

FILE = "models/staging/contract/stg_teams.sql"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A shipped file and the own project, which has a file of the same path and another one."""
    shipped, own = tmp_path / "shipped", tmp_path / "desk"
    for folder, text in ((shipped, "select 1"), (own, "select 1, 2")):
        path = folder / FILE
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (own / "models" / "fct_own.sql").write_text("select 3")
    monkeypatch.setattr(overrides, "IS_CHECKOUT", False)
    monkeypatch.setattr(overrides, "SHIPPED", shipped)
    monkeypatch.setattr(overrides, "PROJECT_ROOT", own)
    monkeypatch.setattr(overrides, "RECORD", own / ".helpdesk" / "overridden.json")
    return shipped / FILE, own / FILE


def test_a_file_that_is_replaced_is_noted_without_a_warning(folders: tuple[Path, Path]) -> None:
    assert outdated_overrides() == []
    assert list(json.loads(overrides.RECORD.read_text())) == [FILE]


def test_a_change_of_the_shipped_file_is_reported_until_the_own_one_changes(
    folders: tuple[Path, Path],
) -> None:
    shipped, own = folders
    outdated_overrides()
    shipped.write_text("select 1 as changed")
    for _build in range(2):
        (line,) = outdated_overrides()
        assert line.startswith(f"{own}: replaces {shipped}, which has changed")
    own.write_text("select 1 as changed, 2")
    assert outdated_overrides() == []
    assert outdated_overrides() == []


def test_a_line_that_is_deleted_takes_the_shipped_file_as_seen(folders: tuple[Path, Path]) -> None:
    shipped, _own = folders
    outdated_overrides()
    shipped.write_text("select 1 as changed")
    overrides.RECORD.write_text("{}")
    assert outdated_overrides() == []


def test_an_own_file_that_is_gone_is_forgotten(folders: tuple[Path, Path]) -> None:
    outdated_overrides()
    folders[1].unlink()
    assert outdated_overrides() == []
    assert json.loads(overrides.RECORD.read_text()) == {}


def test_a_checkout_replaces_nothing(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overrides, "IS_CHECKOUT", True)
    assert outdated_overrides() == []
    assert not overrides.RECORD.exists()
