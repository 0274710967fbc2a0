"""Files of spreadsheets, databases and programs are loaded, or rejected with a clear error."""

import gzip
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError, LandingError
from helpdesk.core.settings import Settings, load_settings
from helpdesk.load.landing import load_landing

TICKETS = [
    ["ticket_id", "created_at", "status_id", "subject"],
    ["1", "2025-03-03T09:00:00Z", "new", "Größe, falsch"],
    ["2", "2025-03-03T10:00:00Z", "done", "Café"],
]
STATUSES = "status_id,state\nnew,open\ndone,closed\n"
MESSAGES = "message_id,ticket_id,sent_at,direction,author_type\n"
READ = [tuple(row) for row in TICKETS[1:]]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "statuses.csv").write_text(STATUSES)
    (folder / "messages.csv").write_text(MESSAGES)
    return folder


@pytest.fixture
def warehouse(tmp_path: Path):
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        yield connection


def tickets(
    connection: duckdb.DuckDBPyConnection,
    columns: str = "ticket_id, created_at, status_id, subject",
):
    return connection.execute(f"select {columns} from raw.tickets order by _file, _row").fetchall()


def problem(connection: duckdb.DuckDBPyConnection, landing: Path, **settings) -> str:
    with pytest.raises(LandingError) as failure:
        load_landing(connection, landing, settings=Settings(**settings))
    return str(failure.value)


def separated(delimiter: str) -> str:
    return "".join(delimiter.join(f'"{value}"' for value in row) + "\r\n" for row in TICKETS)


def spreadsheet(
    path: Path, rows: list[list[object]], sheets: tuple[str, ...] = ("Export",)
) -> None:
    """A minimal workbook: sheets of numbers and texts, all with these rows."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        if isinstance(value, datetime):
            days = (value - datetime(1899, 12, 30)).total_seconds() / 86400
            return f'<c s="1"><v>{days}</v></c>'
        return f"<c><v>{value}</v></c>"

    space = "http://schemas.openxmlformats.org"
    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    named = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r1"/>'
        for number, name in enumerate(sheets, 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}/spreadsheetml/2006/main" xmlns:r="{space}/officeDocument/2006/relationships"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{space}/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{space}/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>',
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')


DIALECTS = {
    "semicolon": ("tickets.csv", separated(";").encode()),
    "tab": ("tickets.csv", separated("\t").encode()),
    "bar": ("tickets.csv", separated("|").encode()),
    "byte order mark": ("tickets.csv", separated(",").encode("utf-8-sig")),
    "separator line": ("tickets.csv", b"sep=;\r\n" + separated(";").encode()),
    "marked separator line": ("tickets.csv", b"\xef\xbb\xbfSEP=\t\n" + separated("\t").encode()),
    "UTF-16 LE": ("tickets.csv", b"\xff\xfe" + separated("\t").encode("utf-16-le")),
    "UTF-16 BE": ("tickets.csv", b"\xfe\xff" + separated(";").encode("utf-16-be")),
    "tsv": ("tickets.tsv", separated("\t").encode()),
    "packed tsv": ("tickets.tsv.gz", gzip.compress(separated("\t").encode())),
    "packed UTF-16": ("tickets.csv.gz", gzip.compress(separated(",").encode("utf-16"))),
    "capitals": ("TICKETS.CSV", separated(",").encode()),
    "packed capitals": ("Tickets.CSV.GZ", gzip.compress(separated(",").encode())),
    "folder in capitals": ("Tickets/2025.Csv", separated(",").encode()),
    "columns in capitals": (
        "tickets.csv",
        separated(",").encode().replace(b'"ticket_id"', b'" TICKET_ID "'),
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_read(name: str, landing: Path, warehouse) -> None:
    file, content = DIALECTS[name]
    (landing / file).parent.mkdir(exist_ok=True)
    (landing / file).write_bytes(content)
    assert load_landing(warehouse, landing).notes == []
    assert tickets(warehouse) == READ


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("within", ["\n", "\r\n"])
def test_a_heading_of_two_lines_is_one_column(
    delimiter: str, within: str, landing: Path, warehouse
) -> None:
    """Spreadsheets end lines within a cell with a line feed, and rows with two characters."""
    header, *rows = separated(delimiter).splitlines()
    lines = [f'{header}{delimiter}"Closed{within}by"', *(f'{row}{delimiter}"Ann"' for row in rows)]
    lines.append(f"3{delimiter}x")
    (landing / "tickets.csv").write_bytes("\r\n".join([*lines, ""]).encode())
    load_landing(warehouse, landing)
    assert tickets(warehouse) == READ
    assert warehouse.execute("select line from landing.rejected_rows").fetchall() == [(5,)]


def test_line_numbers_of_rejected_lines_start_at_the_first_line(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text("sep=;\nticket_id;created_at;status_id\n1;x;y\n2;x\n")
    load_landing(warehouse, landing)
    rejected = "select line from landing.rejected_rows"
    assert warehouse.execute(rejected).fetchall() == [(4,)]


def test_files_of_the_contract_next_to_a_vendors_are_read_alike(landing: Path, warehouse) -> None:
    """The rules for user files apply to them, but not to files from the vendor's API."""
    (landing / "tickets.csv").write_bytes(separated(",").encode())
    folder = landing / "zendesk"
    folder.mkdir()
    (folder / "deletions.csv").write_text("Table;KEY;deleted_at\ntickets;3.0;NULL\n")
    (folder / "tickets.jsonl").write_text('{"id": "3.0", "created_at": "x", "status": "NULL"}\n')
    load_landing(warehouse, landing)
    deletions = 'select "table", "key", deleted_at from raw.zendesk_deletions'
    assert warehouse.execute(deletions).fetchall() == [("tickets", "3", None)]
    given = "select id, status from raw.zendesk_tickets"
    assert warehouse.execute(given).fetchall() == [("3.0", "NULL")]


def test_the_encoding_of_the_settings_applies_to_files_that_are_not_utf8(
    landing: Path, warehouse
) -> None:
    (landing / "tickets.csv").write_bytes(separated(";").encode("cp1252"))
    (landing / "teams.csv").write_text("team_id,name\n1,Größe\n")
    notes = load_landing(warehouse, landing).notes
    assert notes == [
        "tickets.csv: 2 lines are not UTF-8 and were rejected; save the file as UTF-8, or name its "
        "encoding in the settings, as in `file_encoding: cp1252`"
    ]
    # A changed setting loads the files again, although no file has changed.
    settings = Settings(file_encoding="cp1252")
    assert load_landing(warehouse, landing, settings=settings).notes == []
    assert tickets(warehouse) == READ
    assert warehouse.execute("select name from raw.teams").fetchall() == [("Größe",)]
    assert load_landing(warehouse, landing, settings=settings).loaded == []


def test_a_header_that_is_not_utf8_names_the_setting(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_bytes(
        separated(",").replace("subject", "größe").encode("cp1252")
    )
    assert "file_encoding: cp1252" in problem(warehouse, landing)


def test_utf16_without_a_mark_is_named(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_bytes(separated(",").encode("utf-16-le"))
    assert "UTF-16 without a byte order mark. Save it as UTF-8" in problem(warehouse, landing)


def test_a_spreadsheet_is_read(landing: Path, warehouse) -> None:
    rows = [["ticket_id", "created_at", "status_id", "subject"]]
    rows += [[int(row[0]), *row[1:]] for row in TICKETS[1:]]
    spreadsheet(landing / "tickets.xlsx", rows)
    load_landing(warehouse, landing)
    assert tickets(warehouse) == READ


def test_a_time_of_a_spreadsheet_has_no_offset(landing: Path, warehouse) -> None:
    row = ["1", datetime(2025, 3, 3, 9), "new", 4.0]
    spreadsheet(landing / "tickets.xlsx", [TICKETS[0], row, ["", "", "", ""]])
    load_landing(warehouse, landing)
    assert tickets(warehouse) == [("1", "2025-03-03T09:00:00", "new", "4")]


def test_a_workbook_of_several_sheets_is_read_by_their_names(landing: Path, warehouse) -> None:
    spreadsheet(landing / "tickets.xlsx", TICKETS, ("Notes", "Tickets"))
    load_landing(warehouse, landing)
    assert tickets(warehouse) == READ
    spreadsheet(landing / "tickets.xlsx", TICKETS, ("Notes", "Export"))
    assert "2 sheets have rows (Notes, Export). Rename the one to load to tickets" in problem(
        warehouse, landing
    )


def test_without_its_package_the_error_has_the_command_that_installs_it(
    landing: Path, warehouse, monkeypatch
) -> None:
    spreadsheet(landing / "tickets.xlsx", [["ticket_id"]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert "pip install 'helpdesk-warehouse[xlsx]'" in problem(warehouse, landing)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["tickets.jsonl", "tickets.json", "tickets.json.gz"])
def test_an_array_of_json_is_read(name: str, encoding: str, landing: Path, warehouse) -> None:
    text = """[
      {"ticket_id": 12345678901234567890, "created_at": "2025-03-03T09:00:00Z", "status_id": "new"},
      {"ticket_id": 2, "created_at": "2025-03-03T10:00:00Z", "status_id": "done"}, 7
    ]"""
    written = text.encode(encoding)
    (landing / name).write_bytes(gzip.compress(written) if name.endswith(".gz") else written)
    load_landing(warehouse, landing)
    assert tickets(warehouse, "ticket_id, status_id") == [
        ("12345678901234567890", "new"),
        ("2", "done"),
    ]
    rejected = "select line, reason from landing.rejected_rows"
    assert warehouse.execute(rejected).fetchall() == [(3, "line: not a JSON object")]


def test_json_lines_may_have_a_byte_order_mark(landing: Path, warehouse) -> None:
    line = '{"ticket_id": 1, "created_at": "x", "status_id": "new"}\n'
    (landing / "tickets.jsonl").write_text(line, encoding="utf-8-sig")
    load_landing(warehouse, landing)
    assert tickets(warehouse, "ticket_id") == [("1",)]


def test_json_that_is_neither_lines_nor_an_array_is_explained(landing: Path, warehouse) -> None:
    (landing / "tickets.json").write_text('{"tickets": [{"ticket_id": 1}], "count": 1}\n')
    assert "one JSON object with a list, 'tickets'. Save the list" in problem(warehouse, landing)
    (landing / "tickets.json").write_text('{\n  "ticket_id": 1\n}\n')
    assert "line 1 is not a complete JSON object" in problem(warehouse, landing)


NAMES = ["is_spam=true/a.csv", "a*b.csv", "[x].csv", "what?.csv", "100%.csv", "a#b;c.csv",
         "it's one.csv", "a{b,c}.csv", "back\\slash*.csv"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_is_not_read_as_a_pattern_or_value(
    name: str, tmp_path: Path, warehouse
) -> None:
    """Each file is loaded once, in any folder, even if a pattern would match it."""
    landing = tmp_path / "is_spam=true" / "a*[b]c?d #1; 100% it's"
    path = landing / "tickets" / name
    path.parent.mkdir(parents=True)
    (landing / "statuses.csv").write_text(STATUSES)
    (landing / "messages.csv").write_text(MESSAGES)
    header = "ticket_id,created_at,status_id,is_spam\n"
    path.write_text(header + "1,2025-03-03T09:00:00Z,new,\n")
    (path.parent / "axb.csv").write_text(header + "2,2025-03-03T09:00:00Z,new,\n")
    warehouse.execute(
        f"""copy (select '3' as ticket_id, 'new' as status_id, null as is_spam, now() as created_at)
        to '{str(path.with_suffix(".parquet")).replace("'", "''")}' (format parquet)"""
    )
    path.with_suffix(".json").write_text('[{"ticket_id": 4, "created_at": "x", "status_id": "y"}]')
    load_landing(warehouse, landing)
    found = sorted(tickets(warehouse, "ticket_id, is_spam"))
    assert found == [("1", None), ("2", None), ("3", None), ("4", None)]


def test_null_values_are_null(landing: Path, warehouse) -> None:
    header = "ticket_id,created_at,status_id,merged_into_id,agent_id,updated_at\n"
    (landing / "tickets.csv").write_text(
        header
        + "1,2025-03-03T09:00:00Z,new,NULL,\\N,0000-00-00 00:00:00\n"
        + '2,2025-03-03T09:00:00Z,new,"nan",None,0000-00-00\n'
        + "3,2025-03-03T09:00:00Z,new,NaN,NaT,\n"
    )
    (landing / "tickets.jsonl").touch()
    (landing / "tickets.jsonl").write_text(
        '{"ticket_id": 4, "created_at": "x", "status_id": "new", "merged_into_id": "NULL", "agent_id": NaN}\n'
    )
    warehouse.execute(
        f"""copy (select '5' as ticket_id, 'x' as created_at, 'new' as status_id,
            'NULL' as merged_into_id, 'nan'::double as agent_id)
        to '{landing}/tickets.parquet' (format parquet)"""
    )
    load_landing(warehouse, landing)
    nothing = tickets(warehouse, "ticket_id, merged_into_id, agent_id, updated_at")
    assert sorted(nothing) == [(str(place), None, None, None) for place in range(1, 6)]
    # The null values are a setting, and a change of it loads the files again.
    load_landing(warehouse, landing, settings=Settings(null_values=("nan",)))
    merged = tickets(warehouse, "merged_into_id")
    assert sorted(merged, key=str) == [("NULL",), ("NULL",), ("NULL",), ("NaN",), (None,)]


def test_reading_settings_are_checked(tmp_path: Path) -> None:
    config = tmp_path / "helpdesk.yml"
    for line, words in {
        "file_encoding: klingon": "'klingon' is not an encoding",
        'null_values: ["a,b"]': "a text without delimiters and quotes",
        "null_values: none": "null_values: ",
    }.items():
        config.write_text(line)
        with pytest.raises(ConfigError, match=words):
            load_settings(config)


def test_an_integer_id_loses_its_fraction(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text(
        "ticket_id,created_at,status_id,agent_id,priority,company_id\n"
        "3.0,2025-03-03T09:00:00Z,1.0,7.0,2.0,v1.0\n"
    )
    (landing / "ticket_field_history.csv").write_text(
        "ticket_id,field,changed_at,value\n"
        "3.0,agent,2025-03-03T09:00:00Z,7.0\n3,priority,2025-03-03T09:00:00Z,2.0\n"
    )
    warehouse.execute(
        f"""copy (select unnest([7.0, null])::double as agent_id, 'Ann' as name)
        to '{landing}/agents.parquet' (format parquet)"""
    )
    load_landing(warehouse, landing)
    columns = "ticket_id, status_id, agent_id, priority, company_id"
    assert tickets(warehouse, columns) == [("3", "1", "7", "2.0", "v1.0")]
    changes = "select ticket_id, value from raw.ticket_field_history order by _row"
    assert warehouse.execute(changes).fetchall() == [("3", "7"), ("3", "2.0")]
    agents = "select agent_id from raw.agents order by _row"
    assert warehouse.execute(agents).fetchall() == [("7",), (None,)]


def test_ids_that_a_spreadsheet_rounded_stop_the_load(landing: Path, warehouse) -> None:
    head = "ticket_id,created_at,status_id,contact_id\n"
    good = '360000000001,2025-03-03T09:00:00Z,new,"two\nlines"\n'
    (landing / "tickets.csv").write_text(head + good)
    load_landing(warehouse, landing)
    (landing / "tickets.csv").write_text(head + good + "3.6E+11,2025-03-03T09:00:00Z,new,1\n" * 2)
    (landing / "companies.tsv").write_text("company_id\tname\n3,6e+11\tA\n12E4\tB\n")
    (landing / "agents.jsonl").write_text(
        '{"agent_id": "a"}\n{"agent_id": "3.6E11"}\n{"agent_id": 3.6E11}\n'
    )
    said = problem(warehouse, landing)
    assert "3 problems" in said
    assert f"{landing}/tickets.csv: column ticket_id has 2 ids in scientific notation" in said
    assert "the first in line 4: a spreadsheet has rounded them" in said
    assert f"{landing}/companies.tsv: column company_id has 1 ids" in said
    assert f"{landing}/agents.jsonl: column agent_id has 1 ids" in said
    assert "Export the file again" in said
    assert tickets(warehouse, "ticket_id") == [("360000000001",)]


@pytest.mark.parametrize("number", ["1e17", "9007199254740993"])
def test_numbers_too_long_for_a_fraction_stop_the_load(
    number: str, landing: Path, warehouse
) -> None:
    warehouse.execute(
        f"""copy (select {number}::double as ticket_id, 'x' as created_at, 'new' as status_id)
        to '{landing}/tickets.parquet' (format parquet)"""
    )
    assert "column ticket_id has 1 ids in scientific notation" in problem(warehouse, landing)
    (landing / "tickets.parquet").unlink()
    spreadsheet(landing / "tickets.xlsx", [TICKETS[0][:3], [int(float(number)), "x", "new"]])
    assert "the first in line 2" in problem(warehouse, landing)


def test_repeated_columns_outside_the_contract_are_accepted(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text(
        "Summary,ticket_id,created_at,Labels,labels,status_id,Labels,,\n"
        "a,1,2025-03-03T09:00:00Z,office,L,new,printer,,\n"
    )
    notes = load_landing(warehouse, landing).notes
    assert notes == [
        "tickets: columns that are not in the contract: (without a name), Labels, Summary, labels",
        "tickets.csv: repeated columns that are not in the contract: Labels (2 times), (without a name) (2 times)",
    ]
    ((extra,),) = tickets(warehouse, "_extra")
    assert extra == '{"Summary":"a","Labels":["office","printer"],"labels":"L","":[]}'
    (landing / "tickets.csv").write_text(
        "ticket_id,created_at,status_id,Priority,PRIORITY\n1,2025-03-03T09:00:00Z,new,a,b\n"
    )
    assert "column priority is in the header more than once" in problem(warehouse, landing)


def test_a_column_that_is_missing_in_a_later_export_is_reported(landing: Path, warehouse) -> None:
    folder = landing / "tickets"
    folder.mkdir()
    (folder / "1.csv").write_text("ticket_id,created_at,status_id,updated_at\n1,x,new,y\n")
    load_landing(warehouse, landing)
    (folder / "2.csv").write_text("ticket_id,created_at,status_id\n1,x,done\n")
    assert load_landing(warehouse, landing).notes == [
        "tickets/2.csv: has no column updated_at, which tickets/1.csv has; its rows have null there"
    ]
    assert load_landing(warehouse, landing).notes == []


def test_all_problems_are_reported_at_once(tmp_path: Path, warehouse) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "Ticket.csv").write_text("ticket_id\n")
    (landing / "messages.xls").write_text("")
    (landing / "statuses.csv").write_text("Status ID;State;Colour\nnew;open;red\n")
    (landing / "agents.csv").write_text("agent_id,name,name\n1,a,b\n")
    (landing / "teams.jsonl").write_text('{"name": "a"}\n')
    (landing / "companies.csv").write_bytes(b"")
    said = problem(warehouse, landing)
    assert said.startswith(f"{landing}: 6 problems.\n")
    for words in (
        "table tickets is missing",
        "Found Ticket.csv: is it tickets? Rename it to tickets.csv",
        "Found messages.xls: is it messages? Save it as messages.csv",
        "statuses.csv: required column status_id of table statuses is missing.",
        "the file has: Status ID, State, Colour",
        "the contract has: status_id*, pipeline_id, name, state*",
        "to change: the header. rename Status ID to status_id",
        "agents.csv: column name is in the header more than once",
        "teams.jsonl: required column team_id of table teams is missing",
        "companies.csv: the file is empty",
    ):
        assert words in said, words


def test_the_error_for_a_missing_header_has_no_personal_data(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text(
        "17,2025-03-03T09:00:00Z,Ann Secret,ann@secret.example,priority\n"
    )
    (landing / "contacts.csv").write_text("9;Bob Secret;bob@secret.example\n")
    (landing / "agents.csv").write_text("Eve^Secret\n")
    said = problem(warehouse, landing)
    assert "secret" not in said.lower()
    assert "17" not in said.replace(str(landing), "")
    assert "5 columns, separated by a comma; none of them is in the contract" in said
    assert "It must name the columns, as in ticket_id,created_at,status_id" in said


def test_headings_are_shown_with_the_columns_of_the_contract(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text("Ticket ID;Opened;Ann Secret <a@secret.example>\n1;x;y\n")
    said = problem(warehouse, landing)
    assert "the file has: Ticket ID, Opened and 1 more" in said
    assert "rename Ticket ID to ticket_id; add created_at; add status_id" in said


def test_another_delimiter_is_named(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text("ticket_id^created_at^status_id\n1^x^new\n")
    assert "one column; '^' is not a supported delimiter" in problem(warehouse, landing)
