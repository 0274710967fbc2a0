"""Landed personal data stays in the working files: every column of every table has a text of its own.

Each lands once in a row that is modelled and twice in rows that are rejected, as a sentence and as a
mail address; then everything that a build publishes, prints and sends is searched for it.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from helpdesk.contract.tables import Table, contract_tables
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.dashboards.definitions import load_definitions
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.widgets import load_widgets
from helpdesk.publish.parquet import export_parquet
from helpdesk.publish.published import publish
from helpdesk.transform.docs import write_docs
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import run_helpdesk
from tests.dbt.bad_rows import AS_OF, Record, changed_row, sound_row
from tests.working_warehouse import land_and_model

TABLES = contract_tables()
MARKER = re.compile(r"Qx[0-9]{4}", re.IGNORECASE)
FIELDS = ("subject", "description", "Subject", "custom_note", "requester")


class Markers:
    """Personal texts, each with a number, and those that only the owner of the data can see."""

    def __init__(self) -> None:
        self.secret: set[str] = set()
        self._count = 0

    def new(self, is_secret: bool) -> str:
        self._count += 1
        marker = f"Qx{self._count:04}"
        if is_secret:
            self.secret.add(marker.lower())
        return marker


def modelled_row(table: Table, markers: Markers) -> Record:
    """A sound row with a text in each column that takes any."""
    row = sound_row(table, 2)
    for column in table.columns:
        takes_any = not (
            column.is_key or column.accepted or column.name in (table.parent, "timezone")
        )
        if takes_any and column.data_type == "string":
            row[column.name] = f"call {markers.new(column.is_personal)} of Elm Street"
    return row


def rejected_rows(table: Table, markers: Markers) -> Iterator[Record]:
    """Rows with a text in one column each, of any type, that are rejected for another column."""
    number = 10
    for column in table.columns:
        others = [name for name in table.required_names if name != column.name]
        for shape in ("call {} of Elm Street", "{}@example.org"):
            number += 1
            # Where no other column is required, two rows of the key contradict each other.
            row = sound_row(table, number) | {
                column.name: shape.format(markers.new(bool(others) or not column.is_key))
            }
            if others:
                yield row | {others[-1]: None}
            else:
                twin = changed_row(table, row)
                assert twin, f"{table.name} has no column but its key"
                yield from (row, twin)


def write_landing(landing: Path) -> set[str]:
    """Land it all; returns the texts that must not be shown."""
    markers = Markers()
    for table in TABLES.values():
        folder = landing / table.name
        folder.mkdir(parents=True)
        rows = [sound_row(table, 1), modelled_row(table, markers), *rejected_rows(table, markers)]
        if table.name == "ticket_field_history":
            rows += [
                sound_row(table, 900) | {"field": field, "value": markers.new(True)}
                for field in FIELDS
            ]
        with (folder / "1.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.column_names)
            writer.writerows(
                ["" if cell is None else cell for cell in row.values()] for row in rows
            )
            file.write(f"{markers.new(True)},{'x,' * len(table.columns)}x\n")
        (folder / "2.jsonl").write_text(
            f'{json.dumps(sound_row(table, 1))}\n{{"{markers.new(True)}"\n["{markers.new(True)}"]\n'
        )
    return markers.secret


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[OutputPaths, Path, set[str]]:
    folder = tmp_path_factory.mktemp("people")
    secret = write_landing(folder / "landing")
    paths = land_and_model(folder / "landing", folder / "output", AS_OF)
    publish(paths, ensure_manifest(), "20240201T000000.000000Z")
    return paths, folder, secret


def texts_of(file: Path) -> Iterator[str]:
    """Every text of every table and view of a DuckDB file, which compresses what it holds."""
    with duckdb.connect(file, read_only=True) as connection:
        relations = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        assert relations
        for schema, name in relations:
            for row in connection.execute(
                f'select to_json(r)::varchar from {schema}."{name}" as r'
            ).fetchall():
                yield row[0]


def found(texts: Iterator[str] | list[str]) -> set[str]:
    return {marker.lower() for text in texts for marker in MARKER.findall(text)}


def files_of(folder: Path) -> list[str]:
    return [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]


def test_no_personal_data_is_published(desk, tmp_path: Path) -> None:
    paths, _, secret = desk
    build = paths.current.resolve()
    export_parquet(build, tmp_path / "parquet", with_reports=True)
    definitions = load_definitions(ensure_manifest())
    write_extracts(paths.published, definitions, load_widgets(ensure_manifest()), tmp_path / "data")
    write_docs(paths)
    seen = found(texts_of(paths.published)) | found(files_of(build)) | found(files_of(tmp_path))
    seen |= found([paths.docs.read_text()])
    for file in tmp_path.rglob("*.parquet"):
        seen |= found(
            text
            for (text,) in duckdb.sql(
                f"select to_json(r)::varchar from read_parquet('{file}', hive_partitioning = false) as r"
            ).fetchall()
        )
    assert seen, "texts that are not personal are published: the search finds existing texts"
    assert seen & secret == set()


def test_quarantine_shows_no_text_and_no_address(desk) -> None:
    paths, _, _ = desk
    with duckdb.connect(paths.published, read_only=True) as connection:
        rows = connection.execute(
            "select row_key, reason, raw_row from marts.quarantine"
        ).fetchall()
    assert len(rows) > 2 * sum(len(table.columns) for table in TABLES.values())
    assert found([json.dumps(row) for row in rows]) == set()


def test_a_failed_build_prints_and_sends_no_personal_data(desk, tmp_path: Path) -> None:
    _, folder, secret = desk
    sent = tmp_path / "sent"
    settings = tmp_path / "settings.yml"
    keep = f"import sys; open({str(sent)!r}, 'a').write(sys.stdin.read())"
    settings.write_text(json.dumps({"alerts": {"command": [sys.executable, "-c", keep]}}))
    output = tmp_path / "output"
    done = run_helpdesk(
        *("build", "--landing", folder / "landing", "--output", output, "--config", settings),
        check=False,
    )
    # Most rows of each table are bad: the gate says so, in its page, on the console, in an alert.
    assert done.returncode == 4, done.stderr
    page = OutputPaths(output).gate.read_text()
    for text in (done.stdout, done.stderr, page, sent.read_text()):
        assert text
        assert found([text]) & secret == set()


@pytest.mark.parametrize(
    ("table", "record", "shown"),
    [
        ("tickets", {"created_at": "02/06/2025 10:00"}, {"created_at": "02/06/2025 10:00"}),
        ("tickets", {"created_at": "Mon, 02 Jun 2025 10:00:00 GMT"},
         {"created_at": "Mon, 02 Jun 2025 10:00:00 GMT"}),
        ("tickets", {"created_at": "call Mrs Smith"}, {"created_at": "(masked)"}),
        ("tickets", {"created_at": "", "priority": "High", "agent_id": "A-12", "contact_id": "a b"},
         {"created_at": None, "priority": "High", "agent_id": "A-12", "contact_id": "(masked)"}),
        ("tickets", {"created_at": "", "agent_id": "x" * 65, "category": "Bill", "is_spam": "ja"},
         {"created_at": None, "agent_id": "(masked)", "category": "(masked)", "is_spam": "ja"}),
        ("statuses", {"state": "Opened"}, {"state": "Opened", "status_id": "7", "name": "(masked)"}),
        ("statuses", {"state": "Mrs Smith"}, {"state": "(masked)"}),
        ("business_hours", {"timezone": "Europe/Olso"}, {"timezone": "Europe/Olso"}),
        ("sla_policies", {"conditions": '{"mood": "1"}'}, {"conditions": "(masked)"}),
        ("ticket_field_history", {"changed_at": "x2", "field": "status", "value": "Mrs Smith"},
         {"field": "status", "value": "(masked)"}),
        ("ticket_field_history", {"changed_at": "x1", "field": "status", "value": "new"},
         {"changed_at": "(masked)", "field": "status", "value": "new"}),
    ],
)  # fmt: skip
def test_what_an_analyst_needs_to_see_is_shown(
    examples: dict[str, list[dict[str, str | None]]],
    table: str,
    record: Record,
    shown: dict[str, str | None],
) -> None:
    assert any(shown.items() <= row.items() for row in examples[table]), examples[table]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str | None]]]:
    """The raw rows in quarantine, by table, of the cases above."""
    (mark,) = test_what_an_analyst_needs_to_see_is_shown.pytestmark
    return quarantined(tmp_path_factory.mktemp("examples"), mark.args[1], Settings())


def quarantined(
    folder: Path, cases: list[tuple[str, Record, object]], settings: Settings
) -> dict[str, list[dict[str, str | None]]]:
    for name, table in TABLES.items():
        (folder / "landing" / name).mkdir(parents=True)
        bad = [
            sound_row(table, number) | record
            for number, (of, record, _) in enumerate(cases, start=2)
            if of == name
        ]
        lines = [json.dumps(row) for row in (sound_row(table, 1), *bad)]
        (folder / "landing" / name / "1.jsonl").write_text(
            "\n".join([*lines, '{"call Mrs Smith"', ""])
        )
    paths = land_and_model(folder / "landing", folder / "output", AS_OF, settings)
    with duckdb.connect(paths.candidate, read_only=True) as connection:
        rows = connection.execute(
            "select table_name, raw_row, row_key from marts.quarantine order by all"
        ).fetchall()
    found: dict[str, list[dict[str, str | None]]] = {name: [] for name in TABLES}
    for name, raw, key in rows:
        found[name].append(json.loads(raw) | {"row_key": key} if key is not None else {"line": raw})
    return found


def test_a_setting_shows_personal_data(tmp_path: Path) -> None:
    text = "call Mrs Smith, smith@example.org"
    cases = [
        ("tickets", {"created_at": text, "subject": text, "agent_id": text}, None),
        ("ticket_field_history", {"changed_at": text, "field": "status", "value": text}, None),
        ("contacts", {"contact_id": None, "name": text}, None),
    ]
    shown = quarantined(tmp_path, cases, Settings(include_personal_data=True))
    for name, record, _ in cases:
        assert any(record.items() <= row.items() for row in shown[name]), shown[name]
        assert {"line": '{"call Mrs Smith"'} in shown[name]
