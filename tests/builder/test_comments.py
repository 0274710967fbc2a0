"""Comments of a file stay when its keys are written again."""

from __future__ import annotations

import pytest
import yaml

from helpdesk.reports.comments import kept

BEFORE = """\
# above
title: Old  # why this title
source: tickets

# what counts
measures:
  - ticket_count  # first
  - "a # b"  # second 'x'
filters:
  # only urgent
  - {field: priority, is: high}  # don't
  - {field: team, is: "x#y"}
question: What  # is "this"
page: mine
# at the end
"""
SAME = {"title": "Old", "source": "tickets", "measures": ["ticket_count", "a # b"]}


def test_a_key_with_the_same_value_keeps_its_lines() -> None:
    text = yaml.safe_dump({**SAME, "page": "mine"}, sort_keys=False)
    found = kept(text, BEFORE)
    assert found.startswith(BEFORE[: BEFORE.index("filters:")])
    assert "page: mine\n# at the end\n" in found


def test_comments_of_changed_keys_and_of_those_that_are_gone_stay() -> None:
    declared = {**SAME, "title": "New", "filters": [{"field": "priority", "is": "low"}]}
    found = kept(yaml.safe_dump(declared, sort_keys=False), BEFORE)
    assert yaml.safe_load(found) == declared
    for comment in ("above", "why this title", "what counts", "first", "only urgent", "don't",
                    'is "this"', "at the end"):  # fmt: skip
        assert found.count(f"# {comment}") == 1
    assert found.index("# why this title") < found.index("title: New")
    assert found.index("# only urgent") < found.index("filters:")
    # And again.
    assert kept(yaml.safe_dump(declared, sort_keys=False), found) == found


@pytest.mark.parametrize(
    "before", ["", "# alone\n", "title: [x\n", "- a\n", "a: &b 1\nc: *b\n", "x"]
)
def test_what_is_no_report_is_replaced(before: str) -> None:
    text = "title: New\nsource: tickets\n"
    found = kept(text, before)
    assert found.endswith(text) or yaml.safe_load(found) == yaml.safe_load(text)
    assert found.startswith("# alone") is before.startswith("# alone")


@pytest.mark.parametrize(
    "title", ["a: b # c", "'", '"', "#", "x\n# y", "ünïcode", "- a", "{a}", "|"]
)
def test_values_that_look_like_comments_are_values(title: str) -> None:
    declared = {"title": title, "page": "x"}
    before = yaml.safe_dump(
        {"title": title + "!", "page": "x"}, sort_keys=False, allow_unicode=True
    )
    found = kept(yaml.safe_dump(declared, sort_keys=False), before)
    assert yaml.safe_load(found) == declared
    assert kept(before, found).count("#") <= before.count("#") + 1
