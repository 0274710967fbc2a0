"""An error of a saved report names its file, its line and the nearest known name."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import report_path, save_report
from helpdesk.reports.models import read_reports
from helpdesk.reports.saved import read_report

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

# The text, its replacement, and the expected message with its line.
WRONG = {
    "a key": ("grain: week", "grian: week", "10: grian: unknown key; did you mean grain?"),
    "a key twice": ("grain: week", "title: x", "10: title: is given twice"),
    "no title": ("title: Waits", "", "1: file: title is missing"),
    "no source": ("source: conversations", "source: conversation",
                  "2: source: 'conversation' is not a source of reports; did you mean conversations?"),
    "a lookup as source": ("source: conversations", "source: agents", "2: source: 'agents' is no"),
    "a list as source": ("source: conversations", "source: [a]", "2: source: ['a'] is not a source"),
    "a join": ("[tickets]", "[tickts]", "3: join[0]: 'tickts' is not a source; did you mean tickets?"),
    "a join twice": ("[tickets]", "[tickets, tickets]", "3: join[1]: tickets is already in the report"),
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
    "a share of a median": ("average_customer_wait", "median_customer_wait]\nchart: share #",
                            "5: chart: median_customer_wait is a percentile, which has no share"),
    "a stack of medians": ("average_customer_wait", "median_customer_wait]\nchart: stacked #",
                           "5: chart: median_customer_wait is an average"),
    "a limit of no members": ("series: priority", "limit: 3",
                              "12: limit: a chart without axis, series or rows has no members"),
    "an order of no members": ("series: priority", "sort: count",
                               "12: sort: a chart without axis, series or rows has no members"),
    "a limit": ("series: priority", "series: priority\nlimit: 0", "13: limit: a number from 1 to 50"),
    "a limit of words": ("series: priority", "series: priority\nlimit: ten", "13: limit: a number"),
    "an order": ("series: priority", "series: priority\nsort: biggest",
                 "13: sort: 'biggest' is not one of count, highest, lowest, order"),
    "a measure of another source": ("average_customer_wait", "ticket_count",
                                    "4: measures[0]: ticket_count is a measure of tickets"),
    "a field as measure": ("average_customer_wait", "outcome", "4: measures[0]: outcome is a field"),
    "a measure twice": ("average_customer_wait", "responses, responses", "4: measures[1]: responses"),
    "a dimension": ("responding_agent, priority", "responding_agent, priorities",
                    "5: dimensions[1]: conversations, tickets have no field 'priorities'; "
                    "did you mean priority?"),
    "a dimension of a source that is not joined": (
        "join: [tickets]", "join: []", "5: dimensions[1]: conversations has no field 'priority', "
        "tickets has: add it to join"),
    "a source in a name": ("responding_agent, priority", "responding_agent, ticket.priority",
                           "5: dimensions[1]: 'ticket' is not a source of this report; did you mean "
                           "tickets?"),
    "a name of a source that is not joined": (
        "responding_agent, priority", "agents.agent_name",
        "5: dimensions[0]: agents is not joined to conversations"),
    "a measure as dimension": ("responding_agent, priority", "responses",
                               "5: dimensions[0]: responses is a measure, not a field"),
    "a dimension that identifies rows": ("responding_agent, priority", "tickets.ticket_id",
                                          "5: dimensions[0]: tickets.ticket_id identifies single rows"),
    "a date as dimension": ("responding_agent, priority", "ended_date",
                            "5: dimensions[0]: ended_date is a date"),
    "a dimension twice": ("responding_agent, priority", "priority, tickets.priority",
                          "5: dimensions[1]: tickets.priority is already in the report"),
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
                         "7: filters[0].at_least: outcome is a text, which has no order: use is"),
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
               "9: date: 'ended_dat' is not a date of conversations; did you mean ended_date?"),
    "an instant as date": ("date: ended_date", "date: ended_at", "9: date: 'ended_at' is not a date"),
    "a grain": ("grain: week", "grain: fortnight", "10: grain: 'fortnight' is not one of day, week"),
    "an hour as grain": ("grain: week", "grain: hour", "10: grain: hour is a dimension, not a grain"),
    "a chart": ("chart: line", "chart: pie", "11: chart: 'pie' is not one of bar, line"),
    "a series": ("series: priority", "series: prioriti",
                 "12: series: 'prioriti' is not one of the dimensions; did you mean priority?"),
    "a series and an axis": ("series: priority", "series: priority\naxis: responding_agent",
                             "12: series: a chart has an axis or a series, not both"),
    "a stack and a series": ("grain: week", "stack: [waits_ended, responses]",
                             "10: stack: a chart has a stack, an axis or a series, not two"),
    "a heatmap without rows": ("chart: line\nseries: priority", "chart: heatmap\naxis: priority",
                               "11: chart: 'heatmap' needs axis and rows, and no other of axis"),
    "rows of a line": ("series: priority", "rows: priority", "12: rows: only a heatmap or dots have"),
    "a stack of averages": ("chart: line", "chart: stacked",
                            "11: chart: average_customer_wait is an average, which cannot be"),
    "an area without time": ("chart: line\nseries: priority", "chart: area\naxis: priority",
                             "12: axis: an area is over time"),
    "a figure by something": ("chart: line", "chart: figure",
                              "11: chart: 'figure' has none of axis, series, rows"),
    "one of one": ("- {field: outcome, is: responded}",
                   "- {any: [{field: outcome, is: responded}]}",
                   "7: filters[0]: two or more filters are expected"),
    "one of several, wrong": ("- {field: outcome, is: responded}",
                              "- any:\n    - {field: outcom, is: x}\n    - {field: x, is: x}",
                              "8: filters[0].any[0].field: conversations, tickets have no field"),
    "dots of a share": (GOOD[GOOD.index("measures"):],
                        "measures: [answered_share]\ndimensions: [priority]\nrows: priority\n"
                        "chart: dots\npage: x", "7: chart: dots show medians, and answered_share has"),
    "members left out of a line": ("series: priority", "series: priority\nleft_out: {a: b}",
                                   "13: left_out: only a share of a series of keys leaves out"),
    "a histogram of no survey": ("series: priority",
                                 "histogram: {values: priority, scale: responding_agent}",
                                 "12: histogram.scale: only a survey has a scale"),
    "other reports next to a series": ("series: priority", "series: priority\nalongside: [R6]",
                                       "13: alongside: a chart with an axis, a series or rows"),
    "an unknown key of another report": ("series: priority", "alongside: [{report: R6, net: x}]",
                                         "12: alongside[0]: {report: R6, difference: Net change}"),
    "a stack of an average": ("series: priority", "stack: [average_customer_wait, waits_ended]",
                              "12: stack[0]: 'average_customer_wait' is not a count"),
    "a stack of one": ("series: priority", "stack: [waits_ended]",
                       "12: stack: two or more measures are expected"),
    "a page that is taken": ("page: responses", "page: summary", "13: page: 'summary' is not a page"),
    "a page of no name": ("page: responses", "page: my page", "13: page: 'my page' is not a letter"),
    "a path as page": ("page: responses", "page: ../x", "13: page: '../x' is not a letter"),
    "a template in a text": ("title: Waits", "title: \"{{ env_var('HOME') }}\"",
                             "1: title: {{, {% and {# start a dbt template"),
    "a statement in a text": ("grain: week", "question: '{% do x %}'", "10: question: {{, {% and"),
    "a column of no measure": ("grain: week", "columns: {responsez: n}",
                              "10: columns.responsez: conversations has no measure 'responsez'; "
                              "did you mean responses?"),
    "a column of an average": ("grain: week", "columns: {average_response_time: n}",
                               "10: columns.average_response_time: average_response_time is calculated"),
    "a column that is taken": ("grain: week", "columns: {responses: agent_key}",
                               "10: columns.responses: 'agent_key' is not a column name, or is"),
    "a breakdown": ("grain: week", "breakdowns: [tem]",
                    "10: breakdowns[0]: 'tem' is not a dimension or filter; did you mean team?"),
    "a table of the contract": ("grain: week", "requires: [message]",
                                "10: requires[0]: 'message' is not a table of the file contract; "
                                "did you mean messages?"),
    "a name of one's own": ("[average_customer_wait]",
                            "[{measure: average_customer_wait, name: 7}]",
                            "4: measures[0].name: 7 is not a valid name"),
    "a key of a name": ("[average_customer_wait]", "[{measure: responses, labels: x}]",
                        "4: measures[0].labels: unknown key; did you mean label?"),
    "a template in a label": ("[average_customer_wait]", "[{measure: responses, label: '{{ x }}'}]",
                              "4: measures[0].label: {{, {% and {# start a dbt template"),
    "an empty title": ("title: Waits", "title: ' '", "1: title: a text is expected"),
    "a long title": ("title: Waits", f"title: {'x' * 101}", "1: title: is longer than 100"),
    "half a character": ("title: Waits", 'title: "\\ud835"', "1: title: '\\ud835' cannot be read"),
    "no YAML": ("[tickets]", "[tickets", "4: is not YAML"),
    "an alias": ("[tickets]", "&a [*a]", "3: is not YAML: a saved report cannot have aliases"),
    "an object of Python": ("title: Waits", "title: !!python/object/apply:os.getcwd []",
                            "1: title: "),
    "no mapping": (GOOD, "- a\n", "1: file: a report is expected"),
    "nothing": (GOOD, "", "1: file: a report is expected"),
}  # fmt: skip


def write(folder: Path, text: str, name: str = "waits") -> Path:
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_valid_report_is_valid(catalogue: Catalogue, tmp_path: Path) -> None:
    report = read_report(write(tmp_path, GOOD), catalogue)
    assert (report.id, report.model, report.question) == ("waits", "rpt_waits", "Waits")
    # An average adds its n.
    assert [one.name for one in report.measures] == ["average_customer_wait", "waits_ended"]


def test_a_median_is_a_measure_with_its_n(catalogue: Catalogue, tmp_path: Path) -> None:
    text = GOOD.replace("average_customer_wait", "median_customer_wait, average_customer_wait")
    report = read_report(write(tmp_path, text), catalogue)
    names = ["median_customer_wait", "average_customer_wait", "waits_ended"]
    assert [one.name for one in report.measures] == names
    assert [one.quantile for one in report.measures] == [0.5, None, None]
    # Both are of the same sum, and of one list of values.
    assert [one.name for one in report.sums()] == ["customer_wait_seconds", "waits_ended"]
    assert [one.name for one in report.lists()] == ["customer_wait_seconds"]


def test_a_report_next_to_one_that_is_not_there_is_not_saved(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    declared = {"title": "Created", "source": "tickets", "measures": ["ticket_count"], "page": "x",
                "alongside": ["R66"]}  # fmt: skip
    with pytest.raises(ReportError, match="alongside: no other report has the id 'R66'; did you"):
        save_report("created", declared, catalogue, tmp_path)
    with pytest.raises(ReportError, match="alongside: R4 is not a count over time"):
        save_report("created", declared | {"alongside": ["R4"]}, catalogue, tmp_path)
    assert not list(tmp_path.iterdir())
    save_report("created", declared | {"alongside": ["R6"]}, catalogue, tmp_path)


@pytest.mark.parametrize("wrong", WRONG)
def test_an_invalid_report_names_file_line_and_problem(
    catalogue: Catalogue, tmp_path: Path, wrong: str
) -> None:
    instead_of, written, said = WRONG[wrong]
    assert instead_of in GOOD
    text = GOOD.replace(instead_of, written, 1)
    if "#" in written:
        # The chart of the error is the only one.
        text = text.replace("chart: line\n", "", 1)
    path = write(tmp_path, text)
    with pytest.raises(ReportError) as raised:
        read_report(path, catalogue)
    assert f"{path}:{said}" in str(raised.value)
    assert raised.value.exit_code == 2


def test_former_keys_are_read_with_a_notice(
    catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    former = "needs: [messages]\nrecent: The newest are missing.\n"
    report = read_report(write(tmp_path, GOOD + former), catalogue)
    assert (report.requires, report.recency_note) == (("messages",), "The newest are missing.")
    said = capsys.readouterr().err.splitlines()
    assert said == [f"notice: {tmp_path}/waits.yml: {was} is now spelled {now}"
                    for was, now in (("needs", "requires"), ("recent", "recency_note"))]  # fmt: skip


def test_a_score_means_something_within_one_survey(catalogue: Catalogue, tmp_path: Path) -> None:
    text = "title: x\nsource: feedback\nmeasures: [average_score]\npage: p\n"
    with pytest.raises(ReportError, match=r":3: measures\[0\]: average_score .* one survey"):
        read_report(write(tmp_path, text), catalogue)
    read_report(write(tmp_path, f"{text}dimensions: [survey]\n"), catalogue)


def test_file_names_are_checked(catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("Waits", "1st", "a-b", "a b", "x" * 51):
        with pytest.raises(ReportError, match="is not a valid name"):
            read_report(write(tmp_path, GOOD, name), catalogue)


def test_two_reports_cannot_have_the_same_id(catalogue: Catalogue, tmp_path: Path) -> None:
    write(tmp_path, GOOD + "id: X1\n", "one")
    write(tmp_path, GOOD + "id: x1\n", "two")
    with pytest.raises(ReportError, match=r"two\.yml: id x1 is also the id of .*one\.yml"):
        read_reports(catalogue, tmp_path)


def test_a_file_with_the_wrong_suffix_is_an_error(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "waits.yaml").write_text(GOOD)
    with pytest.raises(
        ReportError, match=r"waits\.yaml: the file of a report ends in \.yml; rename it"
    ):
        read_reports(catalogue, tmp_path)


def test_a_missing_report_is_an_error(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="there is no report 'waits'; there are none yet"):
        report_path("waits", tmp_path)
    write(tmp_path, GOOD)
    with pytest.raises(ReportError, match="there is no report 'wait'; did you mean waits"):
        report_path("wait", tmp_path)


def test_an_invalid_report_is_not_saved(catalogue: Catalogue, tmp_path: Path) -> None:
    declared = {"title": "x", "source": "tickets", "measures": ["ticket_cont"], "page": "p"}
    with pytest.raises(ReportError, match="did you mean ticket_count"):
        save_report("broken", declared, catalogue, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_report_replaces_no_other(catalogue: Catalogue, tmp_path: Path) -> None:
    declared = {"title": "x: 'y' #", "source": "tickets", "measures": ["ticket_count"], "page": "p",
            "filters": [{"field": "priority", "is": "a: {b} # 'c'"}]}  # fmt: skip
    report = save_report("mine", declared, catalogue, tmp_path)
    assert (report.title, report.filters[0].values) == (declared["title"], ("a: {b} # 'c'",))
    with pytest.raises(ReportError, match="exists already"):
        save_report("mine", declared, catalogue, tmp_path)
