"""The pages as they are written, before a site is built of them."""

import json
from datetime import date

import pytest

from dashboards import generator
from dashboards.clock import Span, choose_defaults
from dashboards.errors import DashboardError
from dashboards.generator import arrange, check_queries, render_pages, to_js, write_pages
from tests.dashboards.desk import COMPANIES


def test_pages_hold_no_name_of_the_data(desk):
    text = "".join(render_pages(desk.definitions).values())
    assert not [name for name in COMPANIES.values() if name in text]


def test_every_report_has_a_page_of_its_own(desk, tmp_path):
    pages = write_pages(desk.definitions, tmp_path)
    assert set(pages) >= {"index", "analyze", "service"}
    assert set(pages) >= {f"report/{report.slug}" for report in desk.definitions.reports}
    assert all((tmp_path / "pages" / f"{page}.md").is_file() for page in pages)


def test_a_broken_query_is_named_with_its_page(desk, data, monkeypatch):
    for sql, complaint in (
        ("select no_such_column", r"page analyze: query broken: .*no_such_column"),
        ("select '${inputs.nobody}'", r"page analyze: query broken: no input 'nobody'"),
    ):
        page = f"```sql broken\n{sql}\n```\n"
        monkeypatch.setattr(generator, "render_pages", lambda _, page=page: {"analyze": page})
        with pytest.raises(DashboardError, match=complaint):
            check_queries(desk.definitions, data)


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


def test_no_row_of_the_page_has_a_hole(desk):
    reports = desk.definitions.reports
    for count in range(1, len(reports) + 1):
        narrow = [is_wide for is_wide in arrange(reports[:count]).values() if not is_wide]
        assert len(narrow) % 2 == 0


def test_texts_reach_the_page_as_literals_that_nothing_mistakes():
    text = "a \"quoted\" <b> {x} `${y}` </script> 'z' \\ é 🚀 _u_ *s*"
    literal = to_js({"text": text})
    assert json.loads(literal) == {"text": text}
    assert not set("<>`$*'&") & set(literal)
    assert literal.count("{") == literal.count("}") == 1
