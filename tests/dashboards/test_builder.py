"""The report builder's server: previews of declarations, saving, rights, dashboards."""

import http.client
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import ValidationError

from helpdesk.core.settings import Serve
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.saved import REPORTS, read_report
from helpdesk.serve.guard import Refusal
from helpdesk.serve.options import Options
from helpdesk.serve.server import WebServer, serving
from helpdesk.serve.warehouse import Warehouse
from tests.dashboards.test_served_pages import FOLDER
from tests.dashboards.test_served_pages import site as site
from tests.serve.asking import Answered, ask, query

CHART = {
    "source": "tickets", "measures": ["ticket_count"], "dimensions": ["priority"],
    "chart": "stacked", "series": "priority",
}  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of own reports, as a checkout has them."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for path in REPORTS.glob("*.yml"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def served(site, desk, own) -> Iterator[WebServer]:
    (site / "data" / "current.json").write_text(json.dumps({"folder": FOLDER}))
    (site / "page.html").write_text("the page")
    with serving(site, desk.marts.parent, reports=own) as server:
        yield server


def preview(server: WebServer, declared: Any, **choices: str) -> Answered:
    pairs = [("declaration", json.dumps(declared)), *choices.items()]
    return ask(server.server_address, query(f"preview/{FOLDER}", *pairs))


def post(server: WebServer, path: str, content: Any, **headers: str) -> Answered:
    host, port = server.server_address
    named = {
        "Content-Type": "application/json",
        "Origin": f"http://{host}:{port}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    body = content if isinstance(content, str) else json.dumps(content)
    with closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
        connection.request("POST", path, body, {k: v for k, v in named.items() if v})
        response = connection.getresponse()
        return Answered(response.status, response.headers, response.read())


def live(server: WebServer) -> dict[str, Any]:
    found = ask(server.server_address, f"/api/live/{FOLDER}")
    assert found.status == 200, found.text
    return found.json


def in_one_order(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the two rows of the period in one order: their query has none."""
    period = sorted(answer["results"]["period"], key=lambda row: row["is_now"])
    return answer | {"results": answer["results"] | {"period": period}}


def test_a_declaration_is_shown_as_a_file_would_be(served, own):
    content = yaml.safe_load((own / "messages_sent_by_hour.yml").read_text("utf-8"))
    of_file = ask(served.server_address, query(f"preview/{FOLDER}", ("report", "c1")))
    found = preview(served, content)
    assert found.status == of_file.status == 200, found.text
    assert in_one_order(found.json) == in_one_order(of_file.json)
    assert found.json["results"]["trend"]
    assert found.headers["ETag"] != of_file.headers["ETag"]
    again = ask(
        served.server_address, query(f"preview/{FOLDER}", ("report", "c1")),
        If_None_Match=of_file.headers["ETag"],
    )  # fmt: skip
    assert again.status == 304


def test_choices_of_the_reader_filter_a_preview(served, desk):
    ((team, count),) = desk.truth.connection.execute(
        "select team_key, count(*) from marts.fct_tickets where not is_excluded "
        "group by 1 order by 2 desc limit 1"
    ).fetchall()
    figures = {}
    for word, choices in {"all": {}, "one": {"team": team}, "not": {"team.not": team}}.items():
        found = preview(served, CHART, period="all", **choices).json
        (now,) = [row for row in found["results"]["period"] if row["is_now"]]
        figures[word] = now["ticket_count"]
    assert figures["one"] == count
    assert figures["all"] == figures["one"] + figures["not"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"measures": ["tickt_count"]}, "measures: tickets has no measure 'tickt_count'; did you"),
        ({"source": "secrets"}, "source: 'secrets' is not a source of reports"),
        ({"measures": [{"measure": "ticket_count; drop table x"}]}, "measures: tickets has no"),
        ({"series": None}, "chart: 'stacked' needs series"),
        ({"series": "channel"}, "series: 'channel' is not one of the dimensions"),
        ({"measures": ["average_time_to_close"]}, "which cannot be stacked"),
        ({"chart": "figure"}, "chart: 'figure' has none of axis, series, rows"),
        ({"dimensions": ["priority", "created_at"]}, "dimensions"),
        ({"filters": [{"field": "priority", "equals": "high"}]}, "filters.equals: unknown key"),
        ({"filters": [{"any": [{"field": "priority", "is": "high"}]}]}, "two or more filters"),
        ({"filters": [{"any": [{"field": "no", "is": 1}, {"field": "no", "is": 1}]}]}, "no field"),
        ({"filters": [{"field": "created_date", "at_least": "yesterday"}]}, "is a date"),
        ({"filters": [{"field": "priority", "is": {"a": 1}}]}, "is a text"),
        ({"filters": [{"field": "priority", "is": ["a"] * 201}]}, "one to 200 values"),
        ({"measures": ["ticket_count"] * 21}, "at most 20"),
        ({"title": "{{ env_var('HOME') }}"}, "start a dbt template"),
        ({"sql": "select 1"}, "unknown key"),
    ],
)
def test_a_wrong_declaration_is_rejected_with_its_place(served, change, complaint):
    found = preview(served, {**CHART, **change})
    assert (found.status, complaint in found.json["error"]) == (400, True), found.text


@pytest.mark.parametrize("text", ["[]", "{", "null", '"x"', json.dumps({"title": "x" * 7000})])
def test_what_is_no_declaration_is_rejected(served, text):
    found = ask(served.server_address, query(f"preview/{FOLDER}", ("declaration", text)))
    assert found.status == 400


def test_values_are_literals(served, desk):
    hostile = ["x' or 1=1 --", "'; drop table marts.fct_tickets; --", "{{ x }}", "\\' or true --"]
    for value in hostile:
        for comparison, total in (("is", 0), ("is_not", None)):
            declared = {**CHART, "filters": [{"field": "category", comparison: value}]}
            found = preview(served, declared, period="all")
            assert found.status == 200, found.text
            now = [row for row in found.json["results"]["period"] if row["is_now"]]
            assert bool(now) == (total is None)
    for choices in ({"team": hostile[0]}, {"team.not": hostile[1]}, {"grain": hostile[1]}):
        assert preview(served, CHART, **choices).status == 200
    assert preview(served, CHART, no_such="x").status == 200


def test_a_filter_with_dates_and_alternatives_counts_what_sql_counts(served, desk):
    ((team,),) = desk.truth.connection.execute(
        "select min(team_key) from marts.fct_tickets where team_key <> 'unknown'"
    ).fetchall()
    declared = {
        **CHART,
        "filters": [
            {"field": "created_date", "at_least": "2026-01-15"},
            {"any": [{"field": "team", "is": team}, {"field": "company", "filled": False}]},
        ],
    }
    found = preview(served, declared, period="all").json
    counted = sum(row["ticket_count"] for row in found["results"]["period"] if row["is_now"])
    ((wanted,),) = desk.truth.connection.execute(
        "select count(*) from marts.fct_tickets where not is_excluded "
        "and created_date >= date '2026-01-15' and (team_key = ? or company_key is null)",
        [team],
    ).fetchall()
    assert counted == wanted > 0


def percentile(values: list[float], part: float) -> float:
    """Between the two values next to the place, as statistics have it."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


ANSWERED = "marts.fct_tickets where not is_excluded and first_response_seconds is not null"


@pytest.mark.parametrize(("measure", "part"), [("median", 0.5), ("p90", 0.9)])
def test_a_percentile_is_a_headline(served, desk, measure, part):
    declared = {"source": "tickets", "measures": [f"{measure}_first_response"],
                "dimensions": ["owner"], "axis": "owner", "chart": "bar"}  # fmt: skip
    found = preview(served, declared, period="all", part="page").json
    (now,) = [row for row in found["results"]["period"] if row["is_now"]]
    rows = desk.truth.connection.execute(
        f"select coalesce(agent_key, 'unknown'), first_response_seconds from {ANSWERED}"
    ).fetchall()
    name = declared["measures"][0]
    assert now[name] == pytest.approx(percentile([value for _, value in rows], part))
    by_owner: dict[str, list[float]] = {}
    for owner, value in rows:
        by_owner.setdefault(owner, []).append(value)
    wanted = sorted(percentile(values, part) for values in by_owner.values())
    shown = [row[f"m_{name}"] for row in found["results"]["trend"]]
    assert shown == pytest.approx(wanted)
    # The parts of its change do not add up.
    assert not any("contribution" in row for row in found["results"]["by_team"])
    assert "spread" not in found["results"]


@pytest.mark.parametrize(
    "measure", ["ticket_count", "average_first_response", "p90_first_response"]
)
@pytest.mark.parametrize("sort", ["count", "highest", "lowest", "order"])
@pytest.mark.parametrize(
    "chart",
    [
        {"chart": "bar", "axis": "company"},
        {"chart": "line", "series": "company"},
        {"chart": "pivot", "axis": "priority", "rows": "company"},
    ],
)
def test_those_after_a_limit_are_counted_together(served, measure, sort, chart):
    declared = {"source": "tickets", "measures": [measure], "date": "created_date",
                "dimensions": ["company", "priority"], **chart}  # fmt: skip
    whole, some = (
        preview(served, {**declared, **more}, period="all", grain="year").json["results"]["trend"]
        for more in ({"limit": 50, "sort": sort}, {"limit": 2, "sort": sort})
    )
    key = {"axis": "axis_id", "series": "series_id", "rows": "row_id"}[[*chart][-1]]
    members = list(dict.fromkeys(row[key] for row in some))
    assert len(members) == 3
    assert members[-1] == 0
    assert len({row[key] for row in whole}) > 5
    n = "n" if "n" in whole[0] else f"m_{measure}"
    assert sum(row[n] or 0 for row in some) == sum(row[n] or 0 for row in whole)
    if "axis" in chart and "rows" not in chart:
        values = {row[key]: row for row in whole}
        by = {"count": "n", "highest": f"m_{measure}", "lowest": f"m_{measure}", "order": "n"}[sort]
        sign = 1 if sort == "lowest" else -1
        best = sorted(
            values, key=lambda one: (values[one][by] is None, sign * (values[one][by] or 0), one)
        )[:2]
        assert sorted(members[:2]) == sorted(best)
        assert members[:2] == (sorted(best) if sort == "order" else best)


def test_other_reports_are_in_the_chart_of_a_preview(served, desk):
    declared = {"source": "tickets", "measures": ["ticket_count"], "dimensions": [],
                "alongside": [{"report": "R6", "difference": "Net"}, "A7"]}  # fmt: skip
    found = preview(served, declared, period="all", grain="month").json
    assert [(one["slug"], one["difference"]) for one in found["definition"]["alongside"]] == [
        ("r6", "Net"),
        ("a7", ""),
    ]
    column = f"m_{found['definition']['alongside'][0]['name']}"
    closed = sum(row[column] for row in found["results"]["alongside_r6"])
    ((wanted,),) = desk.truth.connection.execute(
        "select sum(ticket_count) from marts.rpt_tickets_closed"
    ).fetchall()
    assert closed == wanted > 0
    assert found["results"]["alongside_a7"]
    # Under a filter that a reader adds they are of the same tickets, or left out.
    narrow = {"period": "all", "grain": "month", "is_outbound.is": "false"}
    some = preview(served, declared, **narrow).json
    assert [one["slug"] for one in some["definition"]["alongside"]] == ["r6"]
    ((wanted,),) = desk.truth.connection.execute(
        "select count(*) from marts.fct_tickets "
        "where not is_excluded and closed_date is not null and not is_outbound"
    ).fetchall()
    assert sum(row[column] for row in some["results"]["alongside_r6"]) == wanted > 0
    for other, complaint in (("R66", "no report R66"), ("R3", "a count over time")):
        wrong = preview(served, {**declared, "alongside": [other]})
        assert (wrong.status, complaint in wrong.json["error"]) == (400, True)


def test_a_saved_report_is_the_file_that_the_command_reads(served, desk, own):
    declared = {
        **CHART, "title": "Älter: \"x\" & 'y'", "page": "my_team",
        "filters": [{"field": "created_date", "at_least": "2026-01-15"}],
    }  # fmt: skip
    before = live(served)
    assert "by_priority" not in before["live"]
    found = post(served, "/api/reports/by_priority", {"declaration": declared, "base": None})
    assert found.status == 200, found.text
    path = own / "by_priority.yml"
    report = read_report(path, load_catalogue(desk.manifest))
    assert (report.title, report.page, report.chart) == (declared["title"], "my_team", "stacked")
    assert "# Saved on a page, 20" in path.read_text("utf-8")
    assert not list(own.glob(".*"))
    now = live(served)
    assert now["live"]["by_priority"]["title"] == declared["title"]
    assert [one["slug"] for page in now["pages"] if page["name"] == "my_team"
            for one in page["reports"]] == ["by_priority"]  # fmt: skip
    shown = ask(
        served.server_address,
        query(f"preview/{FOLDER}", ("report", "by_priority"), ("part", "page"), ("period", "all")),
    )
    assert shown.status == 200
    assert {"trend", "members", "by_agent", "by_company"} <= shown.json["results"].keys()
    asked = ask(served.server_address, "/api/declarations/by_priority").json
    assert asked["declaration"] == {**declared, "page": "my_team"}
    assert (asked["digest"], asked["is_own"]) == (found.json["digest"], True)
    for address in ("/report/by_priority/", "/report/by_priority", "/my_team/"):
        assert ask(served.server_address, address).text == "the page"
    assert ask(served.server_address, "/report/no_such/").status == 404
    menu = ask(served.server_address, "/api/pagesManifest.json").json["children"]
    assert list(menu["my_team"]["children"]) == ["by_priority"]


def test_comments_of_a_file_stay(served, own):
    path = own / "by_priority.yml"
    text = yaml.safe_dump({**CHART, "title": "X", "page": "none"}).replace(
        "source:", "# of\nsource:"
    )
    path.write_text(f"# why\n{text}", "utf-8")
    served_digest = ask(served.server_address, "/api/declarations/by_priority").json["digest"]
    content = {"declaration": {**CHART, "title": "Y", "page": "none"}, "base": served_digest}
    assert post(served, "/api/reports/by_priority", content).status == 200
    lines = path.read_text("utf-8").splitlines()
    assert "# why" in lines
    assert lines.index("# of") + 1 == lines.index("source: tickets")
    assert len([line for line in lines if line.startswith("# Saved")]) == 1


def test_two_who_save_at_once_lose_nothing(served, own):
    def save(title: str, base: str | None) -> Answered:
        content = {"declaration": {**CHART, "title": title, "page": "none"}, "base": base}
        return post(served, "/api/reports/ours", content)

    answers: list[Answered] = []
    for base in (None, "the digest of the first"):
        answers.clear()
        if base:
            base = ask(served.server_address, "/api/declarations/ours").json["digest"]
        threads = [
            threading.Thread(target=lambda n=n, base=base: answers.append(save(f"T{n}", base)))
            for n in range(6)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(one.status for one in answers) == [200, *[409] * 5]
        text = (own / "ours.yml").read_text("utf-8")
        for one in answers:
            if one.status == 409:
                assert one.json["text"] == text
                assert one.json["digest"] == next(
                    other.json["digest"] for other in answers if other.status == 200
                )
    late = save("late", None)
    assert (late.status, "exists already" in late.json["error"]) == (409, True)
    (own / "ours.yml").unlink()
    gone = save("gone", "0" * 16)
    assert (gone.status, "was deleted" in gone.json["error"]) == (409, True)


@pytest.mark.parametrize("name", ["../x", "X", "a.b", "1a", "a" * 51, "%2e%2e%2fx", "a b"])
def test_a_name_of_another_file_is_rejected(served, own, name):
    content = {"declaration": {**CHART, "title": "X"}, "base": None}
    found = post(served, f"/api/reports/{name.replace(' ', '%20')}", content)
    assert found.status in (400, 404, 405)
    assert len(list(own.parent.rglob("*.yml"))) == len(list(REPORTS.glob("*.yml")))


def test_an_id_that_another_report_has_is_rejected(served):
    for identifier, name in (("C1", "mine"), ("r3", "mine"), ("mine", "c1")):
        content = {"declaration": {**CHART, "title": "X", "id": identifier}, "base": None}
        found = post(served, f"/api/reports/{name}", content)
        assert (found.status, "is also the name" in found.text) == (
            (400, True) if identifier != "mine" else (200, False)
        )


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ({}, {"Origin": ""}, 403),
        ({}, {"Origin": "http://evil.example"}, 403),
        ({}, {"Origin": "null"}, 403),
        ({}, {"Sec_Fetch_Site": "cross-site"}, 403),
        ({}, {"Content_Type": "text/plain"}, 415),
        ({}, {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({}, {"Host": "evil.example"}, 421),
        ("{", {}, 400),
        ("[]", {}, 400),
        ("x" * 70_000, {}, 413),
        ({"declaration": [], "base": None}, {}, 400),
        ({"declaration": CHART, "base": 1}, {}, 400),
    ],
)
def test_only_a_page_of_the_server_saves(served, own, content, headers, status):
    found = post(served, "/api/reports/mine", content, **headers)
    assert found.status == status, found.text
    assert not (own / "mine.yml").exists()


def test_other_paths_take_no_body(served):
    for path in ("/api/query", "/", "/api/saving", "/api/live/x"):
        assert post(served, path, {}).status == 405
    assert ask(served.server_address, "/api/reports/c1", method="DELETE").status == 405


@pytest.mark.parametrize(
    ("given", "headers", "may"),
    [
        ({}, {}, True),
        ({"is_local": False}, {}, False),
        ({"save": "nobody"}, {}, False),
        ({"save": "anyone", "is_local": False}, {}, True),
        # Without a proxy anyone could send the header.
        ({"save": ("ann",), "user_header": "X-User"}, {"X_User": "ann"}, False),
        ({"save": ("ann",), "user_header": "X-User", "behind_proxy": True}, {}, False),
        ({"save": ("ann",), "user_header": "X-User", "behind_proxy": True},
         {"X_User": "eve"}, False),
        ({"save": ("ann",), "user_header": "X-User", "behind_proxy": True},
         {"X_User": "ann"}, True),
    ],
)  # fmt: skip
def test_who_may_save(site, desk, own, given, headers, may):
    with serving(site, desk.marts.parent, reports=own, **given) as server:
        asked = ask(server.server_address, "/api/saving", **headers).json
        assert asked["may"] is may
        content = {"declaration": {**CHART, "title": "X"}, "base": None}
        found = post(server, "/api/reports/mine", content, **headers)
        assert found.status == (200 if may else 403)
        assert (own / "mine.yml").exists() is may
        if may and headers:
            assert "# Saved on a page by ann, " in (own / "mine.yml").read_text("utf-8")


@pytest.mark.parametrize(
    "given",
    [
        {"user_header": "X-User"},
        {"save": ["ann"], "behind_proxy": True},
        {"save": "somebody"},
        {"user_header": "X User", "behind_proxy": True},
    ],
)
def test_settings_of_saving_are_checked(given):
    with pytest.raises(ValidationError):
        Serve.model_validate(given)


def test_a_report_that_no_longer_checks_is_shown_with_its_error(served, own):
    (own / "sla_performance.yml").write_text(
        "title: Broken one\nsource: tickets\nmeasures: [gone]\npage: responses\n", "utf-8"
    )
    now = live(served)
    broken = now["live"]["sla_performance"]
    assert (broken["title"], broken["page"]) == ("Broken one", "responses")
    assert "measures[0]: tickets has no measure 'gone'" in broken["error"]
    shown = ask(served.server_address, query(f"preview/{FOLDER}", ("report", "sla_performance")))
    assert (shown.status, "no measure 'gone'" in shown.json["error"]) == (400, True)
    asked = ask(served.server_address, "/api/declarations/sla_performance").json
    assert "measures: [gone]" in asked["text"]
    assert ask(served.server_address, query(f"preview/{FOLDER}", ("report", "c1"))).status == 200


def test_dashboards_are_arranged_renamed_and_deleted(served, own):
    content = {"declaration": {**CHART, "title": "Mine", "page": "my_team"}, "base": None}
    assert post(served, "/api/reports/mine", content).status == 200
    arranged = {
        "title": "My team", "period": "30", "base": None,
        "reports": [{"report": "r3", "width": "full"}, {"report": "mine", "width": "half"}],
    }  # fmt: skip
    found = post(served, "/api/dashboards/my_team", arranged)
    assert found.status == 200, found.text
    now = live(served)
    (page,) = [one for one in now["pages"] if one["name"] == "my_team"]
    assert (page["title"], page["period"]) == ("My team", "30")
    assert [(one["slug"], one["wide"]) for one in page["reports"]] == [
        ("r3", True),
        ("mine", False),
    ]
    assert now["dashboards"]["my_team"] == found.json["digest"]
    again = post(served, "/api/dashboards/my_team", arranged)
    assert again.status == 409
    renamed = {**arranged, "title": "Ours", "base": found.json["digest"]}
    base = post(served, "/api/dashboards/my_team", renamed).json["digest"]
    assert [one["title"] for one in live(served)["pages"] if one["name"] == "my_team"] == ["Ours"]
    gone = post(served, "/api/dashboards/my_team", {"delete": True, "base": base})
    assert gone.status == 200
    now = live(served)
    assert "my_team" not in [one["name"] for one in now["pages"]]
    assert now["live"]["mine"]["page"] == ""
    assert "page: none" in (own / "mine.yml").read_text("utf-8")


@pytest.mark.parametrize(
    "content",
    [
        {"reports": [{"report": "../x"}]},
        {"reports": [{"report": "c1", "width": "huge"}]},
        {"reports": "c1"},
        {"title": "x" * 101},
        {"title": ["x"]},
        {"title": "{{ x }}"},
        {"period": "'; drop"},
        {"filters": ["team"]},
        {"filters": {"team or 1=1": ["x"]}},
        {"filters": {"team": []}},
        {"filters": {"team": [1]}},
        {"filters": {"team": ["x" * 201]}},
    ],
)
def test_a_wrong_dashboard_is_rejected(served, own, content):
    assert post(served, "/api/dashboards/mine", {**content, "base": None}).status == 400
    assert not (own / "dashboards").exists()


def test_a_dashboard_opens_with_filters(served, own):
    content = {"title": "Ours", "reports": [{"report": "r3"}], "base": None,
               "filters": {"team": ["generic:t1"], "company.not": "generic:c1"}}  # fmt: skip
    found = post(served, "/api/dashboards/ours", content)
    assert found.status == 200, found.text
    filters = {"team": ["generic:t1"], "company.not": ["generic:c1"]}
    (page,) = [one for one in live(served)["pages"] if one["name"] == "ours"]
    assert page["filters"] == filters
    path = own / "dashboards" / "ours.yml"
    assert yaml.safe_load(path.read_text("utf-8"))["filters"] == filters
    path.write_text("# for us\n" + path.read_text("utf-8"), "utf-8")
    base = live(served)["dashboards"]["ours"]
    again = post(served, "/api/dashboards/ours", {**content, "filters": {}, "base": base})
    assert again.status == 200
    assert path.read_text("utf-8").startswith("# for us\n")
    assert "filters" not in path.read_text("utf-8")


def test_taken_names_are_no_dashboards(served):
    for name in ("summary", "builder", "report", "X", "a.b"):
        assert post(served, f"/api/dashboards/{name}", {"base": None}).status == 400


def test_a_query_ends_when_its_client_is_gone(site, desk):
    warehouse = Warehouse(Options(site, desk.marts.parent, query_seconds=60))
    gone = threading.Event()
    threading.Timer(0.2, gone.set).start()
    began = time.monotonic()
    with (
        pytest.raises(Refusal, match="cancelled"),
        warehouse.build() as build,
        warehouse.session(build, gone) as connection,
    ):
        connection.execute("select sum(a.range * b.range) from range(1000000) a, range(1000000) b")
    assert time.monotonic() - began < 10
    warehouse.close()


@pytest.fixture
def heavy(site, desk, own, tmp_path) -> Path:
    """A published build in which tickets take minutes to count, and calls do not."""
    output = tmp_path / "heavy"
    build = output / "builds" / "one"
    build.mkdir(parents=True)
    file = shutil.copy(desk.marts.resolve(), build / "helpdesk.duckdb")
    with closing(duckdb.connect(str(file))) as connection:
        for name, _ in connection.execute(
            "select view_name, 1 from duckdb_views() where schema_name = 'marts'"
        ).fetchall():
            connection.execute(f"drop view marts.{name}")
        connection.execute("create table marts.few as select * from marts.fct_tickets")
        connection.execute("drop table marts.fct_tickets")
        connection.execute(
            "create view marts.fct_tickets as "
            "select few.* from marts.few, range(100000) as a, range(1000) as b"
        )
    (output / "current").symlink_to("builds/one")
    return output


def asked(server: WebServer, declared: Any) -> socket.socket:
    """A client that has asked for a preview and waits."""
    path = query(f"preview/{FOLDER}", ("declaration", json.dumps(declared)), ("period", "all"))
    client = socket.create_connection(server.server_address)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.address[7:]}\r\n\r\n".encode())
    return client


def test_heavy_previews_end_when_their_clients_leave(site, own, heavy):
    calls = {"source": "calls", "measures": ["call_count"]}
    with serving(site, heavy, reports=own, query_seconds=60) as server:
        # More than run at the same time: those that wait must not run after they were cancelled.
        clients = [asked(server, CHART) for _ in range(6)]
        time.sleep(0.5)
        clients.append(asked(server, calls))
        clients[-1].settimeout(1)
        with pytest.raises(TimeoutError):
            clients[-1].recv(1)
        for one in clients:
            one.close()
        began = time.monotonic()
        assert preview(server, calls).status == 200
        assert time.monotonic() - began < 5


def test_a_heavy_preview_is_stopped_with_a_message(site, own, heavy):
    with serving(site, heavy, reports=own, query_seconds=0.5) as server:
        began = time.monotonic()
        found = preview(server, CHART, period="all")
        assert time.monotonic() - began < 10
        assert (found.status, "took longer than 0.5 s" in found.json["error"]) == (503, True)


def test_a_preview_that_takes_too_long_is_stopped_with_a_message(site, desk, own):
    with serving(site, desk.marts.parent, reports=own, query_seconds=0.0001) as server:
        found = preview(server, CHART)
        assert (found.status, "took longer than" in found.json["error"]) == (503, True)
