"""The gate's page: complete, escaped and self-contained."""

import re
from pathlib import Path

from helpdesk.gate.page import write_gate_page
from helpdesk.gate.run import GateResult

RESULTS = [
    GateResult("tickets", "expect_x", "created_at is a <b>time</b>", False, "2 of 3 rows unusable"),
    GateResult("tickets", "expect_y", "ticket_id is filled", True, "0 of 3 rows unusable"),
]
ROWS = {"calls": 0, "tickets": 1234}


def test_every_result_is_shown_and_failures_are_marked(tmp_path: Path) -> None:
    page = tmp_path / "gate" / "index.html"
    write_gate_page(page, "20240101T000000.000000Z", RESULTS, ROWS)
    html = page.read_text(encoding="utf-8")
    assert "Build 20240101T000000.000000Z" in html
    assert "1 of 2 expectations failed" in html
    assert "1,234 rows" in html
    assert "created_at is a &lt;b&gt;time&lt;/b&gt;" in html
    assert html.count('<td class="failed">failed</td>') == 1
    assert html.count("<td>passed</td>") == 1
    assert re.search(r'id="calls">calls</h2>\s*<p>Not landed, not checked', html)
    assert not re.search(r"https?://|src=|href=|<script", html)


def test_a_page_is_replaced_at_once(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("before")
    with page.open() as reader:
        write_gate_page(page, "b", RESULTS, ROWS)
        assert reader.read() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
