"""Audiences: a reader sees the tickets of its own, and nothing of others, over every endpoint."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from helpdesk.audiences.rules import OPEN, UNCOUNTED, WHOLE
from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings, load_settings
from helpdesk.mcp.server import http_server
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.serve.options import options_of
from helpdesk.serve.server import make_server, running
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import run_helpdesk
from tests.serve.asking import ask, query, raw, rows
from tests.serve.test_mcp import asking, over_stdio

SETTINGS: dict[str, Any] = {
    "serve": {"behind_proxy": True, "user_header": "X-User", "groups_header": "X-Groups"},
    "audiences": {
        "leads": {"users": ["ada"], "everything": True},
        "technical": {"users": ["tim"], "groups": ["tech"], "teams": ["Technical"]},
        "billing": {
            "groups": ["money"],
            "teams": ["Accounts", "Gone"],
            "pipelines": ["Billing"],
        },
        "one": {"users": ["cora"], "companies": []},
    },
}
TIM, LEAD, MONEY = {"X_User": "tim"}, {"X_User": "ada"}, {"X_Groups": "staff, money"}
CATALOGUE = load_catalogue(ensure_manifest())
MEASURES = [
    pytest.param(source.name, measure.name, id=f"{source.name}-{measure.name}")
    for source in CATALOGUE.sources.values()
    for measure in source.measures.values()
    if not measure.base_metric
    and not measure.within
    and source.name not in ("companies", "contacts")
]


@pytest.fixture(scope="module")
def whole(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(OutputPaths(output).published), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def settings(whole: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """With an audience of the company that has most tickets."""
    ((company,),) = whole.execute(
        "select company_key from marts.fct_tickets where company_key <> 'unknown' "
        "group by 1 order by count(*) desc, 1 limit 1"
    ).fetchall()
    audiences = SETTINGS["audiences"]
    return SETTINGS | {
        "audiences": audiences | {"one": audiences["one"] | {"companies": [company]}}
    }


@pytest.fixture(scope="module")
def desk(
    output: Path, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The output folder with the pages of each audience, and what the command printed."""
    folder = tmp_path_factory.mktemp("audiences")
    copied = shutil.copytree(output, folder / "output", symlinks=True)
    shutil.rmtree(OutputPaths(copied).site)
    config = folder / "settings.yml"
    config.write_text(json.dumps(settings))
    done = run_helpdesk("dashboards", "--output", copied, "--config", config)
    return copied, done.stdout + done.stderr


@pytest.fixture(scope="module")
def address(desk: tuple[Path, str], settings: dict[str, Any]) -> Iterator[tuple[str, int]]:
    with running(make_server(_options(desk[0], settings), port=0)) as server:
        yield server.server_address


def _options(output: Path, settings: dict[str, Any]) -> Any:
    return options_of(Settings(**settings), OutputPaths(output).site, output, "127.0.0.1")


@pytest.fixture(scope="module")
def hidden(whole: duckdb.DuckDBPyConnection) -> dict[str, re.Pattern[str]]:
    """Texts that name tickets, companies and agents which the technical audience does not see."""

    def of(sql: str) -> re.Pattern[str]:
        found = [one for (one,) in whole.execute(sql).fetchall()]
        assert found, sql
        return re.compile(rf"(?<![\w:])({'|'.join(map(re.escape, found))})(?!\w)")

    seen = "(select * from marts.fct_tickets inner join marts.dim_teams using (team_key) " \
           "where dim_teams.name = 'Technical')"  # fmt: skip
    return {
        "tickets": of(
            "select ticket_key from marts.fct_tickets where ticket_key not in "
            f"(select ticket_key from {seen})"
        ),
        "companies": of(
            "select name from marts.dim_companies where company_key <> 'unknown' "
            f"and company_key not in (select company_key from {seen})"
        ),
        "keys of companies": of(
            "select company_key from marts.dim_companies where company_key <> 'unknown' "
            f"and company_key not in (select company_key from {seen})"
        ),
    }


@pytest.mark.parametrize(("source", "measure"), MEASURES)
def test_a_figure_of_an_audience_is_that_of_its_tickets(address, source, measure):
    asked = ("source", source), ("measure", measure)
    own = ask(address, query("query", *asked), **TIM)
    of_team = "team.is" if source in ("tickets", "backlog") else "tickets.team.is"
    filtered = ask(address, query("query", *asked, (of_team, _team(address))), **LEAD)
    assert rows(own) == rows(filtered)


def test_members_are_those_of_the_tickets(address, whole):
    for source, measure in (("companies", "company_count"), ("contacts", "contact_count")):
        own = rows(ask(address, query("query", ("source", source), ("measure", measure)), **TIM))
        key = f"{measure.removesuffix('_count')}_key"
        ((expected,),) = whole.execute(
            f"select count(distinct {key}) from marts.fct_tickets inner join marts.dim_teams "
            f"using (team_key) where dim_teams.name = 'Technical' and {key} <> 'unknown'"
        ).fetchall()
        assert own[0][measure] == expected > 0


def _team(address: tuple[str, int]) -> str:
    found = rows(ask(address, query("query", ("source", "tickets"), ("measure", "ticket_count"),
                                    ("by", "team")), **TIM))  # fmt: skip
    (key,) = {row["team"] for row in found}
    return str(key)


def test_several_limits_hold_together(address, whole):
    own = rows(ask(address, query("query", ("source", "tickets"), ("measure", "ticket_count")),
                   **MONEY))  # fmt: skip
    expected = whole.execute(
        "select count(*) from marts.fct_tickets inner join marts.dim_teams as teams "
        "using (team_key) inner join marts.dim_pipelines as pipelines using (pipeline_key) "
        "where teams.name = 'Accounts' and pipelines.name = 'Billing' and not is_excluded"
    ).fetchone()
    assert own[0]["ticket_count"] == expected[0] > 0


def test_no_file_of_the_pages_names_what_is_hidden(desk, address, hidden):
    """Every file below data/ that the server has, read as the audience's reader."""
    site = next(OutputPaths(desk[0]).audiences.glob("technical-*")) / "site"
    files = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    data = [path for path in files if path.is_relative_to(site / "data")]
    assert len(data) > 50
    for path in data:
        found = ask(address, f"/{quote(path.relative_to(site).as_posix())}", **TIM)
        assert found.status == 200
        _has_nothing_hidden(found.text, hidden, path.name)
    for path in (site / "data").rglob("*.parquet"):
        columns = duckdb.sql(f"select * from '{path}' limit 0").types
        assert not [kind for kind in columns if "VARCHAR" in str(kind)], path


def _has_nothing_hidden(text: str, hidden: dict[str, re.Pattern[str]], where: str) -> None:
    for kind, pattern in hidden.items():
        found = pattern.search(text)
        assert not found, f"{where} names {kind}: {found[0] if found else ''}"


def test_no_answer_names_what_is_hidden(desk, address, hidden):
    lists = [path.stem.removeprefix("tickets_")
             for path in OutputPaths(desk[0]).site.rglob("data/*/tickets_*.json")]  # fmt: skip
    assert lists
    asked = [
        "/api/builds/current", "/api/metrics", "/api/reports", "/api/fields", "/api/saving",
        "/api/pagesManifest.json",
        *(query("tickets", ("list", one), ("limit", 1000)) for one in lists),
    ]  # fmt: skip
    for source in map(CATALOGUE.sources.get, CATALOGUE.primary):
        assert source
        measures = [one for one in source.measures.values() if not one.base_metric][:2]
        for measure in measures:
            of = ("source", source.name), ("measure", measure.name)
            asked += [query("query", *of, ("by", by)) for by in ("owner", "company", "team")]
            asked += [query("tickets", *of, ("limit", 1000)), query("tickets.csv", *of)]
    answers = [ask(address, one, **TIM) for one in asked]
    assert sum(one.status == 200 for one in answers) > len(answers) / 2
    for path, answer in zip(asked, answers, strict=True):
        assert answer.status in (200, 400, 404), (path, answer.text)
        _has_nothing_hidden(answer.text, hidden, path)


def test_the_list_of_a_figure_has_its_tickets(desk, address):
    site = next(OutputPaths(desk[0]).audiences.glob("technical-*")) / "site"
    for path in site.rglob("data/*/tickets_*.json"):
        listed = json.loads(path.read_text())
        name = path.stem.removeprefix("tickets_")
        served = ask(address, query("tickets", ("list", name)), **TIM)
        assert served.status == 200
        assert served.json["total"] == listed["total"]


def test_a_ticket_of_others_is_explained_to_nobody(address, whole):
    seen, unseen = (
        whole.execute(
            "select ticket_key, ticket_id from marts.fct_tickets inner join marts.dim_teams "
            f"using (team_key) where (dim_teams.name = 'Technical') = {is_seen} "
            "order by ticket_key limit 1"
        ).fetchone()
        for is_seen in (True, False)
    )
    for ticket in seen:
        assert ask(address, query("explain", ("ticket", ticket)), **TIM).status == 200
    for ticket in (*unseen, "generic:no-such-ticket", "' or true --", f"#{unseen[1]}"):
        found = ask(address, query("explain", ("ticket", ticket)), **TIM)
        assert (found.status, found.json) == (
            404,
            {"error": f"{ticket!r}: you see no such ticket."},
        )
    explained = ask(address, query("explain", ("ticket", seen[0])), **TIM).json
    assert explained["rejected"] == []
    assert ask(address, query("explain", ("ticket", unseen[0])), **LEAD).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_User": ""},
        {"X_User": "TIM"},
        {"X_User": "tim,ada"},
        {"X_User": "t;im"},
        {"X_Groups": "techs"},
        {"X_Groups": "tech money"},
        {"X_Remote_User": "ada"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/", "/data/current.json", "/api/builds/current", "/api/metrics", "/_app/env.js"]
)
def test_a_reader_of_no_audience_sees_nothing(address, headers, path):
    found = ask(address, path, **headers)
    assert found.status == 403
    assert "none of the audiences" in found.text


def test_the_last_header_counts_which_the_proxy_adds(address):
    sent = (
        b"GET /api/explain?ticket=x HTTP/1.1\r\nHost: localhost\r\nX-User: ada\r\n"
        b"X-User: nobody\r\nConnection: close\r\n\r\n"
    )
    assert b" 403 " in raw(address, sent).split(b"\r\n")[0]


def test_a_reader_who_is_moved_gets_no_old_answer(address):
    """The browser still has the answer of the former audience, and asks whether it is current."""
    for path in (query("query", ("source", "tickets"), ("measure", "ticket_count")),
                 "/api/fields", "/data/current.json"):  # fmt: skip
        before = ask(address, path, **LEAD)
        after = ask(address, path, If_None_Match=before.headers["ETag"], **TIM)
        assert after.status == 200, path
        assert before.status == 200


def test_data_of_everybody_is_at_no_address_of_an_audience(desk, address):
    site = OutputPaths(desk[0]).site
    folder = json.loads((site / "data" / "current.json").read_text())["folder"]
    for path in (f"/data/{folder}/desk.json", f"/api/pages/{folder}/r1/shared",
                 f"/api/live/{folder}", f"/api/preview/{folder}?report=r1",
                 "/../../../site/data/current.json", "/..%2f..%2f..%2fsite/data/current.json"):  # fmt: skip
        assert ask(address, path, **LEAD).status in (200, 400, 404)
        assert ask(address, path, **TIM).status in (400, 404, 410), path


def test_the_whole_desk_is_for_its_audience(address):
    assert _total(address, LEAD) > _total(address, TIM) > 0
    pages = ask(address, "/data/current.json", **LEAD).json["folder"]
    assert ask(address, f"/data/{pages}/desk.json", **LEAD).json["audience"] == []


def _total(address: tuple[str, int], reader: dict[str, str]) -> int:
    asked = query("query", ("source", "tickets"), ("measure", "ticket_count"))
    return int(rows(ask(address, asked, **reader))[0]["ticket_count"])


def test_pages_say_what_they_lack(desk, address, whole):
    folder = ask(address, "/data/current.json", **TIM).json["folder"]
    assert ask(address, f"/data/{folder}/desk.json", **TIM).json["audience"] == ["Technical"]
    summary = ask(address, f"/data/{folder}/summary.json", **TIM).json["widgets"]
    (shift,) = [one for one in summary if one["kind"] == "availability"]
    ((agents,),) = whole.execute(
        "select count(*) from marts.dim_agents inner join marts.dim_teams using (team_key) "
        "where dim_teams.name = 'Technical' and is_active"
    ).fetchall()
    assert len(shift["table"]["rows"]) == agents > 0
    for page, kinds in (("summary", {"insights"}),
                        ("quality", {"checks", "reconciliation", "quarantine"})):  # fmt: skip
        widgets = ask(address, f"/data/{folder}/{page}.json", **TIM).json["widgets"]
        assert {one["kind"] for one in widgets if one.get("is_withheld")} == kinds
    assert "audience billing: the build has no team 'Gone'" in desk[1]


def test_the_command_counts_the_calls_that_an_audience_does_not_see(desk, whole):
    ((alone,),) = whole.execute(
        "select count(*) from marts.fct_calls where ticket_key = 'unknown'"
    ).fetchall()
    assert alone
    assert f"its readers see none of {alone} calls without a ticket" in desk[1]


def test_other_limits_need_other_pages(desk, settings):
    """Pages of wider limits are never served to a narrowed audience."""
    audiences = settings["audiences"]
    narrowed = settings | {
        "audiences": audiences | {"technical": audiences["technical"] | {"companies": ["x"]}}
    }
    with pytest.raises(HelpdeskError, match="the pages of audience technical are not written"):
        make_server(_options(desk[0], narrowed), port=0)


def test_every_mart_has_a_rule(whole):
    """A mart that has none is empty for every audience: here that is a decision."""
    found = {
        table: [name for name, in columns]
        for table, columns in (
            (table, whole.execute(f"select column_name from duckdb_columns() where table_name = "
                                  f"'{table}' and schema_name = 'marts'").fetchall())
            for (table,) in whole.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        )
    }  # fmt: skip
    without = {
        table for table, columns in found.items()
        if "ticket_key" not in columns and not table.startswith("dim_")
    } - {*OPEN, *WHOLE, *UNCOUNTED, "fct_agent_availability"}  # fmt: skip
    assert without == set()


def test_no_mcp_answer_names_what_is_hidden(desk, settings, hidden, whole):
    with running(http_server(_options(desk[0], settings), "127.0.0.1", 0)) as server:
        host, port = server.server_address
        assert ask((host, port), "/mcp", method="POST", Content_Type="application/json").status in (
            400, 403,
        )  # fmt: skip
        config = desk[0].parent / "settings.yml"
        ask_mcp = asking(
            lambda: over_stdio(desk[0], "--config", str(config), "--audience", "technical")
        )
        ((unseen,),) = whole.execute(
            "select ticket_key from marts.fct_tickets inner join marts.dim_teams using (team_key) "
            "where dim_teams.name <> 'Technical' order by 1 limit 1"
        ).fetchall()
        tickets = {"source": "tickets", "measures": ["ticket_count"]}
        answers = ask_mcp(
            ("query", tickets | {"by": ["company"]}),
            ("list_tickets", {"source": "tickets", "measure": "ticket_count"}),
            ("describe_dimension", {"source": "tickets", "field": "company"}),
            ("explain_ticket", {"ticket": unseen}),
            ("insights", {}),
            ("data_quality", {}),
        )
    assert [one.is_error for one in answers] == [False, False, False, True, True, True]
    for one in answers[:3]:
        _has_nothing_hidden(one.content[0].text, hidden, "an answer")
    assert "you see no such ticket" in answers[3].content[0].text
    assert "not shown to your audience" in answers[4].content[0].text


def test_a_client_on_standard_input_needs_its_audience(desk):
    config = desk[0].parent / "settings.yml"
    given = ["mcp", "--output", desk[0], "--config", config]
    without = run_helpdesk(*given, check=False)
    assert without.returncode
    assert "add --audience" in without.stderr
    unknown = run_helpdesk(*given, "--audience", "nobody", check=False)
    assert unknown.returncode
    assert "no such audience" in unknown.stderr


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"users": ["a"]}, "needs teams, pipelines or companies"),
        ({"users": ["a"], "teams": ["x"], "everything": True}, "needs teams, pipelines or"),
        ({"teams": ["x"]}, "needs readers"),
        ({"user": ["a"], "teams": ["x"]}, "unknown setting 'audiences.north.user'; did you mean"),
    ],
)
def test_a_wrong_audience_names_its_remedy(tmp_path, declared, message):
    config = tmp_path / "settings.yml"
    config.write_text(json.dumps(SETTINGS | {"audiences": {"north": declared}}))
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_settings(config)


def test_readers_need_the_header_that_names_them(tmp_path):
    config = tmp_path / "settings.yml"
    config.write_text(json.dumps({"audiences": {"a": {"users": ["x"], "teams": ["y"]}}}))
    with pytest.raises(ConfigError, match=r"audiences.a.users needs serve.user_header"):
        load_settings(config)
