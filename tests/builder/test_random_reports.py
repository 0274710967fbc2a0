"""Random reports of the catalogue: page, command, MetricFlow and mart agree.

HELPDESK_RANDOM_REPORTS sets their number.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.sql import text
from helpdesk.dashboards.definitions import read_definitions
from helpdesk.dashboards.live import LiveReport, definition_of
from helpdesk.reports.answers import read_calendar
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.reports.declaration import read_project
from helpdesk.reports.models import read_reports
from helpdesk.reports.report import SavedReport
from helpdesk.transform.nodes import read_manifest
from tests.builder.conftest import Project
from tests.builder.random_reports import REPORTS
from tests.builder.test_figures import APART, from_mart, from_metricflow, same
from tests.conftest import published

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def catalogue(project: Project) -> Catalogue:
    return load_catalogue(project.manifest)


@pytest.fixture(scope="module")
def drawn(project: Project, catalogue: Catalogue) -> list[SavedReport]:
    found = read_reports(catalogue, project.root / "reports")
    return [one for one in found if one.name.startswith("random_")]


def test_random_reports_are_of_every_kind(drawn: list[SavedReport]) -> None:
    assert len(drawn) == REPORTS
    assert len({one.source.name for one in drawn}) == (10 if REPORTS >= 100 else 9)
    assert len({one.chart for one in drawn}) >= 9
    assert sum(bool(one.joined) for one in drawn) > REPORTS / 10
    assert sum(bool(one.filters) for one in drawn) > REPORTS * 0.3
    assert sum(any(part.quantile for part in one.measures) for one in drawn) > REPORTS / 10
    assert sum(bool(one.limit) for one in drawn) > REPORTS / 10


def _has_a_key_and_its_name(report: SavedReport, catalogue: Catalogue) -> bool:
    """The command shows the name of a key anyway, and leaves out the same column again."""
    targets = [
        catalogue.source_of_key(one.field.name) for one in report.dimensions if one.field.is_key
    ]
    return any(one.place.source in targets and one.place.join for one in report.dimensions)


def test_command_and_mart_agree(
    drawn: list[SavedReport], project: Project, catalogue: Catalogue
) -> None:
    """The command's figures are those of MetricFlow."""
    counted = 0
    with published(project.output) as marts:
        for report in drawn:
            if _has_a_key_and_its_name(report, catalogue):
                continue
            mart = from_mart(report, marts)
            found = from_metricflow(report, project, project.manifest)
            different = {
                key: (mart.get(key), found.get(key))
                for key in {*mart, *found}
                if found.get(key) is not APART
                if any(mart.get(key, ())) or any(found.get(key, ()))
                if key not in mart or key not in found or not same(mart[key], found[key])
            }
            assert not different, (report.name, dict(list(different.items())[:3]))
            counted += bool(mart)
    assert counted > REPORTS / 2


def test_page_and_mart_agree(
    drawn: list[SavedReport], project: Project, catalogue: Catalogue
) -> None:
    """A page that is computed live, before a build has the model, and the model."""
    manifest = read_manifest(project.manifest)
    known, definitions = read_project(manifest), read_definitions(manifest)
    with closing(duckdb.connect()) as connection, published(project.output) as marts:
        connection.execute(f"attach {text(Path(project.marts))} as served (read_only)")
        connection.execute("use served")
        calendar = read_calendar(connection)
        first, last = calendar.first.isoformat(), calendar.as_of.isoformat()
        desk = {
            "clock": {"first": first, "last": last, "today": last},
            "defaults": {"period": "all", "grain": "month"},
        }
        for report in drawn:
            live = LiveReport(report, catalogue, known, definitions, True, with_people=True)
            with closing(connection.cursor()) as cursor:
                cursor.execute("use served")
                answer = live.answer(cursor, calendar, desk, {})
            model = definition_of(report, catalogue, known)
            dates = f"report_date between date '{first}' and date '{last}'"
            if report.is_point_in_time:
                dates = f"report_date = date '{last}'"
            figures = ["count(*)"]
            for one in model.measures:
                if one.quantile:
                    values = f"flatten(list({one.values}))"
                    figures.append(f"list_aggregate({values}, 'quantile_cont', {one.quantile})")
                    continue
                minus = f" - sum({one.minus})" if one.minus else ""
                share = f" / nullif(sum({one.denominator}), 0)" if one.denominator else ""
                figures.append(f"(sum({one.sum}){minus}){share}")
            (rows, *wanted) = marts.execute(
                f"select {', '.join(figures)} from marts.{report.model} where {dates}"
            ).fetchone()
            found = [row for row in answer["results"]["period"] if row["is_now"]]
            assert bool(found) == bool(rows), report.name
            if found:
                shown = tuple(found[0][one.name] for one in model.measures)
                assert same(shown, tuple(wanted)), (report.name, shown, wanted)
