"""The texts and queries of the pages, which the site reads at run time."""

import json
from datetime import date
from pathlib import Path

import pytest

from helpdesk.dashboards import pages
from helpdesk.dashboards.clock import Span, choose_defaults
from helpdesk.dashboards.inputs import CALENDAR, readings
from helpdesk.dashboards.node import run_script
from helpdesk.dashboards.pages import (
    TEMPLATES,
    arrange,
    choices_to_try,
    list_pages,
    menu,
    routes,
    write_reports,
)
from helpdesk.dashboards.site import WORKSPACE
from helpdesk.reports.errors import DashboardError
from tests.dashboards.desk import COMPANIES

READINGS = """
import { readFileSync } from 'fs';
import { readings } from %s;
const { desk, choices } = JSON.parse(readFileSync(%s, 'utf-8'));
console.log(JSON.stringify(choices.map((one) => readings(desk, { ...desk.defaults, ...one }))));
"""


def test_reports_contain_no_name_from_the_data(desk, data):
    write_reports(desk.definitions, data)
    files = list((data / "reports").glob("*.json"))
    assert len(files) == len(desk.definitions.reports)
    text = "".join(file.read_text() for file in files)
    assert not [name for name in COMPANIES.values() if name in text]


def test_every_report_has_an_address_and_is_in_the_menu(desk):
    listed = {report["slug"] for page in list_pages(desk.definitions) for report in page["reports"]}
    slugs = {report.slug for report in desk.definitions.reports}
    assert listed == slugs
    assert set(routes(desk.definitions)) >= {
        "analyze",
        "service",
        *(f"report/{one}" for one in slugs),
    }
    children = menu(list_pages(desk.definitions))["children"]
    assert {"summary", "sla", "quality", "analyze", "service"} <= set(children)
    for page in desk.definitions.pages:
        reports = {report.slug for report in desk.definitions.reports_of(page)}
        assert set(children[page]["children"]) == reports


def test_a_broken_query_is_named_with_its_report(desk, data, monkeypatch):
    for sql, complaint in (
        ("select no_such_column", r"report r1: query broken: .*no_such_column"),
        ("select '${inputs.nobody}'", r"report r1: query broken: no input 'nobody'"),
    ):
        monkeypatch.setattr(pages, "shared_queries", lambda _, sql=sql: {"broken": sql})
        with pytest.raises(DashboardError, match=complaint):
            write_reports(desk.definitions, data)


def run_in_browser_code(catalogue: dict, choices: list[dict], folder: Path) -> list[dict]:
    asked = folder / "asked.json"
    asked.write_text(json.dumps({"desk": catalogue, "choices": choices}))
    module = (TEMPLATES / "components" / "reading.mjs").as_uri()
    script = READINGS % (json.dumps(module), json.dumps(str(asked)))
    return json.loads(run_script(script, WORKSPACE))


def test_inputs_are_those_of_the_browser(data, tmp_path):
    """The same rule twice, in Python for builds without Node and in JavaScript for readers."""
    catalogue = json.loads((data / "desk.json").read_text())
    keys = {name: members["keys"] for name, members in catalogue["filters"].items()}
    custom = {"period": "custom", "start": "2026-02-28", "end": "2026-01-15"}
    choices = [
        *choices_to_try(catalogue),
        *({"period": period, "grain": grain} for period in ("7", "365") for grain in ("day", "?")),
        custom,
        custom | {"end": "2026-02-31"},
        custom | {"start": ""},
        {"period": "custom"},
        {"period": "?", "company": "nobody"},
        *(
            {"period": period, "compare": compare}
            for period in (*CALENDAR, "30", "365", "0", "100000")
            for compare in ("previous", "year", "?")
        ),
        {"company": [], "agent.not": [], "team": "", "team.not": ["nobody", ""]},
        {"company": keys["company"][::2], "agent.not": keys["agent"][:1]},
        {"company": ["nobody", *keys["company"][:2]], "company.not": keys["company"][1]},
        {"agent": ["nobody"], "company.not": keys["company"][:2]},
        custom | {"compare": "year"},
        custom | {"end": "2024-02-29", "compare": "year"},
        *({"agent": key} for key in keys["agent"]),
        *({"company": key, "period": "30"} for key in keys["company"]),
    ]
    of_browser = run_in_browser_code(catalogue, choices, tmp_path)
    for choice, expected in zip(choices, of_browser, strict=True):
        assert readings(catalogue, choice) == expected, choice


def test_a_desk_of_many_files_has_the_inputs_of_the_browser(data, tmp_path):
    """Owners and companies are in more files than a page reads."""
    catalogue = json.loads((data / "desk.json").read_text())
    buckets = [str(number) for number in range(30)]
    for name in ("agent", "company"):
        members = catalogue["filters"][name]
        members["keys"] = members["names"] = [f"{name} {bucket}" for bucket in buckets]
        members["buckets"] = list(range(30))
    for report in catalogue["reports"].values():
        for number, name in enumerate(report["slices"]):
            report["slices"][name] = buckets[number:]
    agents, companies = (catalogue["filters"][name]["keys"] for name in ("agent", "company"))
    choices = [
        {"company": companies[:20]},
        {"company": companies[:21]},
        {"company.not": companies[:1]},
        {"company.not": companies[:1], "agent": agents[:3]},
        {"company": companies[:3], "agent": agents[:3]},
        {"company": companies[:3], "agent": agents[:2]},
    ]
    of_browser = run_in_browser_code(catalogue, choices, tmp_path)
    assert [readings(catalogue, choice) for choice in choices] == of_browser
    too_large = [inputs["r1"]["is_too_large"] for inputs in of_browser]
    assert too_large == [False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("rows", "recent", "days", "expected"),
    [
        (1000, 300, 365, ("90", "week")),
        (1000, 1000, 20, ("90", "day")),
        (1000, 1, 365, ("all", "month")),
        (1000, 1, 3000, ("all", "quarter")),
        (0, 0, 1, ("90", "day")),
    ],
)
def test_the_period_shown_first_is_never_next_to_empty(rows, recent, days, expected):
    last = date(2026, 3, 31)
    first = date.fromordinal(last.toordinal() - days + 1)
    assert choose_defaults(Span(first, last, rows, recent)) == expected


def test_no_row_of_the_page_has_a_gap(desk):
    reports = desk.definitions.reports
    for count in range(1, len(reports) + 1):
        narrow = [is_wide for is_wide in arrange(reports[:count]).values() if not is_wide]
        assert len(narrow) % 2 == 0
