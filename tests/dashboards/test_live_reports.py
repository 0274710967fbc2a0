"""A report that is computed from the facts equals the page of its model, under every choice."""

import math
from contextlib import closing
from typing import Any

import duckdb
import pytest

from helpdesk.core.sql import text
from helpdesk.dashboards.live import LiveReport
from helpdesk.dashboards.pages import describe, own_queries, shared_queries
from helpdesk.reports.answers import read_calendar
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.declaration import read_project
from helpdesk.reports.models import read_reports
from helpdesk.reports.saved import PREBUILT, REPORTS
from helpdesk.transform.nodes import read_manifest
from tests.dashboards.reader import everything

# Columns with the number of a member.
NUMBERS = ("series_id", "axis_id", "row_id", "id")
CHOICES = 13


@pytest.fixture(scope="module")
def live(desk, reader):
    """Answers for a saved report and choices."""
    catalogue = load_catalogue(desk.manifest)
    project = read_project(read_manifest(desk.manifest))
    saved = {one.id.lower(): one for one in read_reports(catalogue, PREBUILT, REPORTS)}

    def answer(slug: str, choices: dict[str, Any], is_whole: bool = True) -> dict[str, Any]:
        with closing(duckdb.connect()) as connection:
            connection.execute(f"attach {text(desk.marts)} as served (read_only)")
            connection.execute("use served")
            report = LiveReport(
                saved[slug], catalogue, project, desk.definitions, is_whole, with_people=False
            )
            calendar = read_calendar(connection)
            return report.answer(connection, calendar, reader.catalogue, choices)

    answer.slugs = sorted(saved)
    # The other reports are declared by models that are written by hand.
    answer.reports = [one for one in desk.definitions.reports if one.slug in saved]
    assert len(answer.reports) > 20
    return answer


def by_name(rows: list[dict], kind: str, definition: dict, known: dict, desk: dict) -> list[dict]:
    """The rows with the names of members in place of numbers, which are of one build each."""
    of = {
        "series_id": definition["series"], "axis_id": definition["axis"],
        "row_id": definition["rows"],
    }  # fmt: skip
    of["id"] = {"members": definition["series"], "scores": definition["scores"]}.get(
        kind, kind.removeprefix("by_")
    )
    found = []
    for row in rows:
        # The number of rows is of a table.
        named = {key: value for key, value in row.items() if key not in (*NUMBERS, "row_count")}
        for key in NUMBERS:
            if key in row:
                filter_ = desk["filters"].get(known["filter_of"].get(of[key]), {})
                names = known["members"].get(of[key]) or filter_["names"]
                named[key] = names[int(row[key]) - 1] if row[key] else "others"
        if isinstance(named.get("bucket"), int | float):
            # An axis of members.
            named.pop("bucket")
        found.append(named)
    return sorted(
        found, key=lambda row: [str(row.get(key)) for key in (*NUMBERS, "is_now", "bucket")]
    )


def expect_same(one: Any, other: Any, about: object) -> None:
    if isinstance(one, int | float) and isinstance(other, int | float):
        assert math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9), about
    else:
        assert one == other, about


def chosen(reader) -> list[dict[str, Any]]:
    filters = {name: one["keys"] for name, one in reader.catalogue["filters"].items()}
    return [
        {"period": "90", "grain": "week"},
        everything(reader),
        {"period": "30", "grain": "day", "compare": "year"},
        *({**everything(reader), name: keys[:2]} for name, keys in filters.items()),
        *({"period": "90", f"{name}.not": keys[0]} for name, keys in filters.items()),
    ]


@pytest.mark.parametrize(
    "number",
    # A period, everything, a filter, and members that are left out.
    [
        pytest.param(one, marks=() if one in (0, 1, 3, 8) else pytest.mark.long)
        for one in range(CHOICES)
    ],
)
def test_live_figures_are_those_of_the_pages(reader, live, number):
    every = chosen(reader)
    assert len(every) == CHOICES
    choices = every[number]
    (inputs,) = reader.inputs(choices)
    for report in live.reports:
        answer = live(report.slug, choices)
        known = reader.catalogue["reports"][report.slug]
        for kind in shared_queries(report) | own_queries(report):
            if kind.startswith("alongside_"):
                continue
            built = by_name(
                reader.rows(f"{report.slug}_{kind}", inputs), kind, describe(report), known,
                reader.catalogue,
            )  # fmt: skip
            now = by_name(
                answer["results"][kind], kind, answer["definition"], answer["known"],
                reader.catalogue,
            )  # fmt: skip
            assert len(built) == len(now), (report.id, kind, choices)
            for one, other in zip(built, now, strict=True):
                assert one.keys() == other.keys()
                for name in one:
                    expect_same(one[name], other[name], (report.id, kind, name, choices, one))


def test_a_preview_has_the_chart_alone(live):
    for slug in live.slugs:
        whole, preview = live(slug, {}), live(slug, {}, is_whole=False)
        assert preview["results"].keys() <= whole["results"].keys()
        assert not any(kind.startswith("by_") for kind in preview["results"])
        assert preview["known"]["filters"] == whole["known"]["filters"]
        main = f"percentiles_{preview['definition']['measures'][0]['name']}"
        assert {"period", "trend"} <= preview["results"].keys() <= {
            "period", "trend", "members", "scores", main
        }  # fmt: skip


def test_the_definition_is_that_of_the_model(live):
    for report in live.reports:
        built, now = describe(report), live(report.slug, {})["definition"]
        for key in built.keys() - {"relation", "alongside"}:
            assert (
                list(built[key]) == list(now[key])
                if isinstance(built[key], tuple)
                else (built[key] == now[key])
            ), (report.id, key)
