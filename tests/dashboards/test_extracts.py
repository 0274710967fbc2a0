"""Extracts of the small desk, read with DuckDB as the browser does."""

import re
import shutil
from datetime import timedelta

import duckdb
import pytest

from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.members import breakdowns_of, same_filter
from helpdesk.dashboards.pages import write_reports
from helpdesk.reports.errors import DashboardError
from tests.dashboards.desk import COMPANIES, open_marts
from tests.dashboards.reader import Reader, expect_values, truth_keys


def test_every_key_has_a_number_and_every_name_is_unchanged(reader):
    members = reader.catalogue["filters"]["company"]
    expected = [name for name in COMPANIES.values() if name != "Twin"]
    assert set(expected) < set(members["names"])
    # Two companies with the same name must differ, so that a reader can choose between them.
    assert {name for name in members["names"] if name.startswith("Twin")} == {
        "Twin (generic:twin-1)", "Twin (generic:twin-2)"
    }  # fmt: skip
    plain = [name for name in members["names"] if not re.search("[0-9]", name)]
    assert plain == sorted(plain, key=lambda name: (name.lower(), name))


def test_numbered_names_come_in_the_order_of_their_numbers(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    names = ["Group 2", "group 10", "Group 200"]
    item = desk.definitions.filters[0]
    with open_marts(marts) as connection:
        keys = connection.execute(
            f"select distinct {item.column} from {desk.definitions.reports[0].relation.sql} order by 1"
        ).fetchall()
        for (key,), name in zip(keys, reversed(names), strict=False):
            connection.execute(
                f"update {item.dimension.relation.sql} set name = ? where {item.dimension.key} = ?",
                [name, key],
            )
    catalogue = write_extracts(marts, desk.definitions, desk.widgets, tmp_path / "data")
    members = catalogue["filters"][item.name]["names"]
    assert [name for name in members if name in names] == names


def test_files_have_only_numbers_and_dates(data):
    files = list(data.rglob("*.parquet"))
    assert files
    for file in files:
        columns = duckdb.execute("describe from read_parquet(?)", [str(file)]).fetchall()
        kinds = {kind for _, kind, *_ in columns}
        assert kinds <= {"INTEGER", "DOUBLE", "DOUBLE[]", "TIMESTAMP"}


def test_extracts_lose_nothing(desk, data):
    """For the tables without owner and company, and for the files by owner and by company."""
    for report in desk.definitions.reports:
        for column in report.measure_columns:
            there = desk.truth.connection.execute(
                f"select sum({column}) from {report.relation.sql}"
            ).fetchone()
            if there == (None,):
                # A table without rows has no file.
                continue
            for kind in ("main", *({"agent", "company"} & {*report.filters})):
                files = str(data / report.slug / kind / "*.parquet")
                here = duckdb.execute(f"select sum({column}) from read_parquet(?)", [files])
                assert here.fetchone() == pytest.approx(there), (report.id, kind)


def test_only_members_in_the_data_can_be_chosen(desk, reader):
    for item in desk.definitions.filters:
        used = {
            key
            for report in desk.definitions.reports
            if item.name in report.filters
            for column in [
                item.column,
                *(
                    one.column
                    for one in breakdowns_of(report)
                    if same_filter(desk.definitions, one) == item
                ),
            ]
            for (key,) in desk.truth.connection.execute(
                f"select distinct {column} from {report.relation.sql}"
            ).fetchall()
        }
        assert set(reader.catalogue["filters"][item.name]["keys"]) == used


def test_large_tables_are_split_by_month_and_read_as_needed(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("helpdesk.dashboards.extracts.LARGEST", 10)
    monkeypatch.setattr("helpdesk.dashboards.members.BUCKET_ROWS", 10)
    data = tmp_path / "cut"
    write_extracts(desk.marts, desk.definitions, desk.widgets, data)
    reader = Reader(desk, data)
    last = desk.truth.last_day()
    first = last - timedelta(days=29)
    keys = reader.catalogue["filters"]["company"]["keys"]
    owners = reader.catalogue["filters"]["agent"]["keys"]
    assert len({*reader.catalogue["filters"]["company"]["buckets"]}) > 2
    chosen = [{"period": "30", "grain": "day"}]
    chosen += [{**chosen[0], "company": key} for key in keys]
    several = [{"company": keys[::3]}, {"company.not": keys[1:3]}, {"agent.not": owners[:1]}]
    chosen += [{**chosen[0], **choice} for choice in several]
    whole, *others = reader.inputs(*chosen)
    report = desk.definitions.reports[0]
    assert len(list((data / report.slug / "main").iterdir())) > 4
    assert len(re.findall("desk[.]", whole[report.slug]["main"])) <= 3
    for report in desk.definitions.reports:
        expect_values(reader.now(report, whole), desk.truth.values(report, first, last), report.id)
        for choice, inputs in zip(chosen[1:], others, strict=True):
            truth = desk.truth.values(report, first, last, **truth_keys(desk, choice))
            row = reader.now(report, inputs)
            if row or any(truth.values()):
                expect_values(row, truth, (report.id, choice))


def test_pages_without_data_still_have_valid_queries(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    with open_marts(marts) as connection:
        facts = connection.execute(
            "select table_name from duckdb_tables() where table_name like 'fct_%'"
        ).fetchall()
        for (name,) in facts:
            connection.execute(f"delete from marts.{name}")
    catalogue = write_extracts(marts, desk.definitions, desk.widgets, tmp_path / "data")
    assert catalogue["clock"]["first"] == catalogue["clock"]["last"] == "2026-03-31"
    assert not any(report["rows"] for report in catalogue["reports"].values())
    write_reports(desk.definitions, tmp_path / "data")


def test_missing_tables_of_a_report_are_named(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = next(item for item in desk.definitions.reports if "sla_targets" in item.requires)
    with open_marts(marts) as connection:
        connection.execute(
            f"update {desk.definitions.loads.sql} set is_configured = false "
            "where table_name = 'sla_targets'"
        )
    catalogue = write_extracts(marts, desk.definitions, desk.widgets, tmp_path / "data")
    assert catalogue["reports"][report.slug]["missing"] == ["sla_targets"]
    assert catalogue["reports"]["r1"]["missing"] == []


def test_a_report_on_a_table_without_usable_rows_has_a_reason(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = next(item for item in desk.definitions.reports if "sla_targets" in item.requires)
    with open_marts(marts) as connection:
        connection.execute(
            f"update {desk.definitions.loads.sql} set empty_because = 'its files hold no row' "
            "where table_name = 'sla_targets'"
        )
    catalogue = write_extracts(marts, desk.definitions, desk.widgets, tmp_path / "data")
    because = [{"table": "sla_targets", "because": "its files hold no row"}]
    assert catalogue["reports"][report.slug]["empty"] == because
    assert catalogue["reports"][report.slug]["missing"] == []
    assert catalogue["reports"]["r1"]["empty"] == []


def test_marts_without_a_column_of_the_manifest_are_rejected(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = desk.definitions.reports[0]
    with open_marts(marts) as connection:
        connection.execute(f"alter view {report.relation.sql} rename to whole")
        connection.execute(
            f"create view {report.relation.sql} as "
            f"select * exclude ({report.measures[0].sum}) from marts.whole"
        )
    with pytest.raises(DashboardError, match=rf"Run `helpdesk build`.*{report.measures[0].sum}"):
        write_extracts(marts, desk.definitions, desk.widgets, tmp_path / "data")


def test_missing_marts_are_reported(desk, tmp_path):
    with pytest.raises(DashboardError, match="no published marts"):
        write_extracts(tmp_path / "none.duckdb", desk.definitions, desk.widgets, tmp_path)
