"""What is wrong with a saved report is told with its file, its line and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalogue import Catalogue
from builder.errors import ReportError
from builder.files import report_path, save_report
from builder.models import read_reports
from builder.saved import read_report

GOOD = """\
title: Waits
source: conversations
join: [tickets]
measures: [average_customer_wait]
dimensions: [responding_agent, priority]
filters:
  - {field: outcome, is: responded}
  - {field: tickets.created_date, at_least: 2026-01-31}
date: ended_date
grain: week
chart: line
series: priority
page: responses
"""

# What is written instead of what, and what is said, with the line.
WRONG = {
    "a key": ("grain: week", "grian: week", "10: grian: unknown key; did you mean grain?"),
    "a key twice": ("grain: week", "title: x", "10: title: stands here a second time"),
    "no title": ("title: Waits", "", "1: file: title is missing"),
    "no source": ("source: conversations", "source: conversation",
                  "2: source: 'conversation' is no source of reports; did you mean conversations?"),
    "a lookup as source": ("source: conversations", "source: agents", "2: source: 'agents' is no"),
    "a list as source": ("source: conversations", "source: [a]", "2: source: ['a'] is no source"),
    "a join": ("[tickets]", "[tickts]", "3: join[0]: 'tickts' is no source; did you mean tickets?"),
    "a join twice": ("[tickets]", "[tickets, tickets]", "3: join[1]: tickets is in the report"),
    "a join path": ("[tickets]", "[tickets, surveys]",
                    "3: join[1]: no key of conversations and tickets leads to surveys"),
    "a join that fans out": ("[tickets]", "[tickets, calls]",
                             "3: join[1]: one row of tickets has many of calls: make calls"),
    "a join of many ways": ("source: conversations\njoin: [tickets]",
                            "source: tickets\njoin: [agents]",
                            "3: join[0]: agents can be joined by owner or first_responder: write "
                            "{source: agents, by: owner}"),
    "a join by a wrong key": ("[tickets]", "[tickets, {source: agents, by: ownr}]",
                              "3: join[1]: no key 'ownr' leads to agents; did you mean"),
    "a join of no shape": ("[tickets]", "[{source: tickets}]", "3: join[0]: a source is expected"),
    "a measure": ("average_customer_wait", "average_customr_wait",
                  "4: measures[0]: conversations has no measure 'average_customr_wait'; "
                  "did you mean average_customer_wait?"),
    "no measures": ("[average_customer_wait]", "[]", "4: measures: a list is expected"),
    "a median": ("average_customer_wait", "median_customer_wait",
                 "4: measures[0]: median_customer_wait cannot be added up; take "
                 "average_customer_wait"),
    "a measure of another source": ("average_customer_wait", "ticket_count",
                                    "4: measures[0]: ticket_count is a measure of tickets"),
    "a field as measure": ("average_customer_wait", "outcome", "4: measures[0]: outcome is a field"),
    "a measure twice": ("average_customer_wait", "responses, responses", "4: measures[1]: responses"),
    "a dimension": ("responding_agent, priority", "responding_agent, priorty",
                    "5: dimensions[1]: conversations, tickets have no field 'priorty'; "
                    "did you mean priority?"),
    "a dimension of a source that is not joined": (
        "join: [tickets]", "join: []", "5: dimensions[1]: conversations has no field 'priority', "
        "tickets has: add it to join"),
    "a source in a name": ("responding_agent, priority", "responding_agent, ticket.priority",
                           "5: dimensions[1]: 'ticket' is no source of this report; did you mean "
                           "tickets?"),
    "a name of a source that is not joined": (
        "responding_agent, priority", "agents.agent_name",
        "5: dimensions[0]: agents is not joined to conversations"),
    "a measure as dimension": ("responding_agent, priority", "responses",
                               "5: dimensions[0]: responses is a measure, not a field"),
    "a dimension that tells rows apart": ("responding_agent, priority", "tickets.ticket_id",
                                          "5: dimensions[0]: tickets.ticket_id tells single rows"),
    "a date as dimension": ("responding_agent, priority", "ended_date",
                            "5: dimensions[0]: ended_date is a date"),
    "a dimension twice": ("responding_agent, priority", "priority, tickets.priority",
                          "5: dimensions[1]: tickets.priority is in the report already"),
    "a number as dimension": ("responding_agent, priority", "7", "5: dimensions[0]: the name of a"),
    "a filter's field": ("{field: outcome", "{field: outcom",
                         "7: filters[0].field: conversations, tickets have no field 'outcom'; "
                         "did you mean outcome?"),
    "a filter's value": ("is: responded", "is: respondid",
                         "7: filters[0].is: outcome is never 'respondid'; did you mean responded?"),
    "a filter's type": ("is: responded", "is: 7", "7: filters[0].is: outcome is a text"),
    "a filter's comparison": ("is: responded", "equals: responded",
                              "7: filters[0].equals: unknown key"),
    "a filter's order": ("is: responded", "at_least: responded",
                         "7: filters[0].at_least: outcome is a text, of no order: use is"),
    "two comparisons": ("is: responded", "is: responded, is_not: closed",
                        "7: filters[0]: one comparison is expected"),
    "an empty list of values": ("is: responded", "is: []", "7: filters[0].is: one to 200 values"),
    "a filter's date": ("2026-01-31", "yesterday",
                        "8: filters[1].at_least: created_date is a date, such as 2026-01-31"),
    "a day that never was": ("2026-01-31", "2026-02-31", "8: filters[1].at_least: "),
    "filled with a text": ("is: responded", "filled: yes please",
                           "7: filters[0].filled: true or false is expected"),
    "a filter of no shape": ("- {field: outcome, is: responded}", "- outcome = 'x'",
                             "7: filters[0]: a filter is expected"),
    "a date": ("date: ended_date", "date: ended_dat",
               "9: date: 'ended_dat' is no date of conversations; did you mean ended_date?"),
    "an instant as date": ("date: ended_date", "date: ended_at", "9: date: 'ended_at' is no date"),
    "a grain": ("grain: week", "grain: fortnight", "10: grain: 'fortnight' is not one of day, week"),
    "an hour as grain": ("grain: week", "grain: hour", "10: grain: hour is a dimension, not a grain"),
    "a chart": ("chart: line", "chart: pie", "11: chart: 'pie' is not one of bar, line"),
    "a series": ("series: priority", "series: prioriti",
                 "12: series: 'prioriti' is none of the dimensions; did you mean priority?"),
    "a series and an axis": ("series: priority", "series: priority\naxis: responding_agent",
                             "12: series: a chart has an axis or a series, not both"),
    "a page that is taken": ("page: responses", "page: summary", "13: page: 'summary' is no page"),
    "a page of no name": ("page: responses", "page: my page", "13: page: 'my page' is not a letter"),
    "a path as page": ("page: responses", "page: ../x", "13: page: '../x' is not a letter"),
    "a template in a text": ("title: Waits", "title: \"{{ env_var('HOME') }}\"",
                             "1: title: {{, {% and {# open a template in dbt"),
    "a statement in a text": ("grain: week", "question: '{% do x %}'", "10: question: {{, {% and"),
    "an empty title": ("title: Waits", "title: ' '", "1: title: a text is expected"),
    "a long title": ("title: Waits", f"title: {'x' * 101}", "1: title: is longer than 100"),
    "half a character": ("title: Waits", 'title: "\\ud835"', "1: title: '\\ud835' cannot be read"),
    "no YAML": ("[tickets]", "[tickets", "4: is not YAML"),
    "an alias": ("[tickets]", "&a [*a]", "3: is not YAML: a saved report has no aliases"),
    "an object of Python": ("title: Waits", "title: !!python/object/apply:os.getcwd []",
                            "1: title: "),
    "no mapping": (GOOD, "- a\n", "1: file: a report is expected"),
    "nothing": (GOOD, "", "1: file: a report is expected"),
}  # fmt: skip


def write(folder: Path, text: str, name: str = "waits") -> Path:
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_good_report_is_good(catalogue: Catalogue, tmp_path: Path) -> None:
    report = read_report(write(tmp_path, GOOD), catalogue)
    assert (report.id, report.model, report.question) == ("waits", "rpt_waits", "Waits")
    # An average brings its n.
    assert [one.name for one in report.measures] == ["average_customer_wait", "waits_ended"]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(catalogue: Catalogue, tmp_path: Path, wrong: str) -> None:
    instead_of, written, said = WRONG[wrong]
    assert instead_of in GOOD
    path = write(tmp_path, GOOD.replace(instead_of, written, 1))
    with pytest.raises(ReportError) as told:
        read_report(path, catalogue)
    assert f"{path}:{said}" in str(told.value)
    assert told.value.exit_code == 2


def test_a_score_means_something_within_one_survey(catalogue: Catalogue, tmp_path: Path) -> None:
    text = "title: x\nsource: feedback\nmeasures: [average_score]\npage: p\n"
    with pytest.raises(ReportError, match=r":3: measures\[0\]: average_score .* one survey"):
        read_report(write(tmp_path, text), catalogue)
    read_report(write(tmp_path, f"{text}dimensions: [survey]\n"), catalogue)


def test_names_of_files(catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("Waits", "1st", "a-b", "a b", "x" * 51):
        with pytest.raises(ReportError, match="is no name"):
            read_report(write(tmp_path, GOOD, name), catalogue)


def test_two_reports_of_one_id(catalogue: Catalogue, tmp_path: Path) -> None:
    write(tmp_path, GOOD + "id: X1\n", "one")
    write(tmp_path, GOOD + "id: x1\n", "two")
    with pytest.raises(ReportError, match=r"two\.yml: id x1 is also the id of .*one\.yml"):
        read_reports(catalogue, tmp_path)


def test_a_file_that_would_be_overlooked(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "waits.yaml").write_text(GOOD)
    with pytest.raises(ReportError, match=r"waits\.yaml: a saved report ends in \.yml: rename it"):
        read_reports(catalogue, tmp_path)


def test_a_report_that_is_not_there(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="there is no report 'waits'; there are none yet"):
        report_path("waits", tmp_path)
    write(tmp_path, GOOD)
    with pytest.raises(ReportError, match="there is no report 'wait'; did you mean waits"):
        report_path("wait", tmp_path)


def test_what_is_not_right_is_not_saved(catalogue: Catalogue, tmp_path: Path) -> None:
    told = {"title": "x", "source": "tickets", "measures": ["ticket_cont"], "page": "p"}
    with pytest.raises(ReportError, match="did you mean ticket_count"):
        save_report("broken", told, catalogue, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_report_replaces_none(catalogue: Catalogue, tmp_path: Path) -> None:
    told = {"title": "x: 'y' #", "source": "tickets", "measures": ["ticket_count"], "page": "p",
            "filters": [{"field": "priority", "is": "a: {b} # 'c'"}]}  # fmt: skip
    report = save_report("mine", told, catalogue, tmp_path)
    assert (report.title, report.filters[0].values) == (told["title"], ("a: {b} # 'c'",))
    with pytest.raises(ReportError, match="is there already"):
        save_report("mine", told, catalogue, tmp_path)
