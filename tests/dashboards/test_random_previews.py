"""Ten random reports: the page and the command agree. More of them, with a build: tests/builder."""

from __future__ import annotations

import itertools
from contextlib import closing

import duckdb
import pytest
import yaml

from helpdesk.core.sql import text
from helpdesk.dashboards.live import LiveReport
from helpdesk.reports.answers import read_calendar
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.declaration import read_project
from helpdesk.reports.metrics import Metrics
from helpdesk.reports.query import declared_report
from helpdesk.reports.report import SavedReport
from helpdesk.transform.nodes import read_manifest
from tests.builder.random_reports import random_reports
from tests.builder.test_figures import same

SEED, FEW = 36, 10


@pytest.fixture(scope="module")
def catalogue(desk):
    return load_catalogue(desk.manifest)


def drawn(catalogue) -> list[SavedReport]:
    texts = itertools.islice(random_reports(catalogue, SEED).values(), FEW)
    return [declared_report(yaml.safe_load(one), catalogue)[1] for one in texts]


def test_page_and_command_agree(desk, reader, catalogue):
    project = read_project(read_manifest(desk.manifest))
    clock, counted = reader.catalogue["clock"], 0
    metrics = Metrics(desk.manifest, catalogue)
    for report in drawn(catalogue):
        live = LiveReport(report, catalogue, project, desk.definitions, True, with_people=True)
        with closing(duckdb.connect()) as connection:
            connection.execute(f"attach {text(desk.marts)} as served (read_only)")
            connection.execute("use served")
            calendar = read_calendar(connection)
            answer = live.answer(connection, calendar, reader.catalogue, {"period": "all"})
        since = clock["last"] if report.is_point_in_time else clock["first"]
        command = metrics.query(report, (), since, clock["last"])
        rows = command.run(desk.marts).rows
        names = [*command.columns]
        (now,) = [row for row in answer["results"]["period"] if row["is_now"]] or [None]
        wanted = dict(zip(names, rows[0], strict=True)) if rows else {}
        if not now:
            assert not any(wanted.values()), report.measures
            continue
        shown = tuple(now[one.called] for one in report.measures)
        assert same(shown, tuple(wanted.get(one.name) for one in report.measures)), report
        counted += 1
    assert counted >= FEW / 2
