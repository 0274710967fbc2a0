"""Mistakes in the properties of a model are found before dbt runs, with file and remedy."""

import re
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError, GateError
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.transform import own_properties
from helpdesk.transform.own_properties import check_keys, check_properties, own_mart_keys

PAGE = (PROJECT_ROOT / "docs" / "own-models.md").read_text("utf-8")
MODEL = "models/marts/core/fct_ticket_handovers"


def block(name: str) -> str:
    """A file of the page."""
    found = re.search(rf"`desk/{re.escape(name)}`:\n\n```\w+\n(.*?)^```", PAGE, re.M | re.S)
    assert found, name
    return found[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project with the page's mart, and the models that it reads."""
    for name in ("fct_ticket_open_intervals", "fct_tickets"):
        path = tmp_path / f"models/marts/core/{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1 as ticket_key")
    (tmp_path / "models/marts/core/_core__models.yml").write_text(
        "models: [{name: fct_tickets, columns: [{name: ticket_key}]}]"
    )
    for end in (".sql", ".yml"):
        (tmp_path / f"{MODEL}{end}").write_text(block(f"{MODEL}{end}"))
    monkeypatch.setattr(own_properties, "dbt_project", lambda: tmp_path)
    # The own project has the page's mart and nothing else.
    monkeypatch.setattr(
        own_properties,
        "project_file",
        lambda path: Path("desk" if (tmp_path / path).exists() else "shipped") / path,
    )
    return tmp_path


def test_the_example_of_the_page_is_right(project: Path) -> None:
    check_properties("fct_ticket_handovers")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("    description: One row per ticket", "    colour: One row per ticket", "no description"),
        ("data_type: bigint\n", "\n", "column owner_count has no data_type"),
        ("description: Ticket.", "description:", "column ticket_key has no description"),
        ("key: [ticket_key]", "key: [ticket_kye]", "did you mean ticket_key?"),
        ("key: [ticket_key]", "nullable: []", "no `config.meta.key`"),
        ("model: fct_tickets,", "model: fct_ticket,", "did you mean fct_tickets?"),
        (
            "column: ticket_key}",
            "column: ticket_kye}",
            "lead to fct_tickets.ticket_kye, which is not a column; did you mean ticket_key?",
        ),
        ("name: created_date", "name: ticket_key", "column ticket_key is listed 2 times"),
        ("version: 2", "version: [2", "line"),
    ],
)
def test_a_mistake_is_named_with_its_file(project: Path, right: str, wrong: str, said: str) -> None:
    path = project / f"{MODEL}.yml"
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        check_properties("fct_ticket_handovers")
    assert f"desk/{MODEL}.yml" in str(error.value)


def test_a_mart_without_properties_is_named_with_the_file_to_write(project: Path) -> None:
    (project / f"{MODEL}.yml").unlink()
    with pytest.raises(ConfigError, match=rf"desk/{MODEL}\.yml: .* has no properties"):
        check_properties("fct_ticket_handovers")


def test_properties_in_two_files_are_named(project: Path) -> None:
    (project / "models/marts/core/again.yml").write_text((project / f"{MODEL}.yml").read_text())
    with pytest.raises(ConfigError, match=r"declared more than once, in desk/.*again\.yml"):
        check_properties("fct_ticket_handovers")


def test_a_model_that_is_read_and_not_there_is_named_with_one_like_it(project: Path) -> None:
    path = project / f"{MODEL}.sql"
    path.write_text(path.read_text().replace("ref('fct_tickets')", "ref('fct_ticket')"))
    said = rf"desk/{MODEL}\.sql: ref\('fct_ticket'\): no model .*; did you mean fct_tickets\?"
    with pytest.raises(ConfigError, match=said):
        check_properties("fct_ticket_handovers")


def test_a_key_that_repeats_fails_the_gate_of_the_own_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_properties, "IS_CHECKOUT", False)
    monkeypatch.setattr(own_properties, "OWN_MODELS", project / "models")
    keys = own_mart_keys()
    assert keys == {"fct_ticket_handovers": ["ticket_key"]}
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for rows, is_unique in (("(1), (2)", True), ("(1), (2), (2)", False)):
            connection.execute(
                f"create or replace view marts.fct_ticket_handovers as from (values {rows}) t(ticket_key)"
            )
            if is_unique:
                check_keys(keys, connection.cursor)
                continue
            with pytest.raises(GateError, match="ticket_key, is not unique: 1 keys have several"):
                check_keys(keys, connection.cursor)


def test_a_model_that_is_not_there_is_named_with_one_like_it(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean fct_ticket_handovers\?"):
        check_properties("fct_ticket_handover")
