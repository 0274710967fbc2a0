"""The API: its figures equal the semantic layer, and its lists have as many tickets as figures."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.core.files import replace_link
from helpdesk.core.paths import OutputPaths
from helpdesk.reports.catalogue import Catalogue, Measure, Source, load_catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.live import Calendar, LiveTable, bucket_ends, first_day
from helpdesk.reports.metrics import Metrics
from helpdesk.reports.query import GRAINS, Limits, read_query
from helpdesk.reports.tickets import TicketList, has_tickets, is_exact
from helpdesk.serve.definitions import Reader
from helpdesk.serve.server import serving
from helpdesk.transform.manifest import ensure_manifest
from tests.serve.asking import ask, query, rows

SEED = 25
ALL = Limits(10_000, 10_000)
CALENDAR = Calendar(date(2025, 1, 1), date(2026, 6, 30), datetime(2026, 6, 30, 18))


def measures() -> list[Any]:
    """Every measure that a report can have."""
    return [
        pytest.param(source, measure, id=f"{source.name}-{measure.name}")
        for source in CATALOGUE.sources.values()
        for measure in source.measures.values()
        if not measure.base_metric
    ]


CATALOGUE = load_catalogue(ensure_manifest())


@pytest.fixture(scope="module")
def marts(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(OutputPaths(output).published), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics(ensure_manifest(), CATALOGUE)


def parameters_of(
    source: Source, measure: Measure, marts: duckdb.DuckDBPyConnection, chance: random.Random
) -> list[tuple[str, str]]:
    """A measure within a random period, with random filters."""
    found = [("source", source.name), ("measure", measure.name)]
    if measure.within:
        ((survey,),) = marts.sql("select min(survey_key) from marts.dim_surveys").fetchall()
        found.append((f"{measure.within[0]}.is", survey))
    if chance.random() < 0.7 and not source.clock_date:
        day = date(2026, 6, 30) - timedelta(days=chance.randrange(100))
        found += [
            ("since", str(day - timedelta(days=chance.randrange(30, 300)))),
            ("until", str(day)),
        ]
    fields = [one for one in source.fields.values() if one.type in ("key", "text", "boolean")]
    fields = [one for one in fields if not one.is_detail and one.name not in ("survey", "contact")]
    for field in chance.sample(fields, min(len(fields), chance.randrange(3))):
        values = marts.sql(
            f"select distinct {field.sql} from marts.{source.model} where {field.sql} is not null "
            "order by all limit 40"
        ).fetchall()
        picked = chance.sample(values, min(len(values), chance.randrange(1, 4)))
        kind = chance.choice(("is", "is", "is_not"))
        texts = [str(value).lower() if isinstance(value, bool) else value for (value,) in picked]
        if field.type == "boolean" or kind == "is_not":
            texts = texts[:1]
        found += [(f"{field.name}.{kind}", text) for text in texts]
    return found


def figures(
    report_query: Any, marts: duckdb.DuckDBPyConnection
) -> tuple[list[str], list[tuple[Any, ...]]]:
    statement = LiveTable(report_query, CATALOGUE, CALENDAR, False).statement()
    return [one.name for one in statement.columns], marts.execute(statement.sql).fetchall()


@pytest.mark.parametrize(("source", "measure"), measures())
def test_the_list_has_as_many_tickets_as_the_figure(source, measure, marts):
    chance = random.Random(f"{SEED}{measure.name}")
    for _ in range(3):
        parameters = parameters_of(source, measure, marts, chance)
        report_query = read_query(parameters, CATALOGUE, {}, ALL)
        if not has_tickets(source):
            with pytest.raises(ReportError, match="not tickets"):
                TicketList(report_query, CATALOGUE, CALENDAR, False)
            return
        names, (row,) = figures(report_query, marts)
        figure = dict(zip(names, row, strict=True))
        listing = TicketList(report_query, CATALOGUE, CALENDAR, False).listing()
        ((total, amount, _),) = marts.execute(listing.totals).fetchall()
        listed = marts.execute(listing.page.sql).fetchall()
        assert len(listed) == min(total, report_query.limit)
        if len(listed) == total:
            assert sum(one[0] for one in listed) == pytest.approx(float(amount))
        if is_exact(measure, source):
            assert total == figure[measure.name], parameters
        elif not measure.denominator:
            assert float(amount) == pytest.approx(figure[measure.name]), parameters
        else:
            assert total == figure[measure.denominator], parameters
            if total:
                # Points are from -100 to 100 in a list, as pages show them.
                amount = float(amount) / (100 if measure.format == "points" else 1)
                assert float(amount) / total == pytest.approx(figure[measure.name]), parameters


@pytest.mark.parametrize(("source", "measure"), measures())
def test_figures_are_those_of_the_semantic_layer(source, measure, marts, metrics, output):
    chance = random.Random(f"{SEED}{measure.name}")
    since, until = "2026-01-01", "2026-06-15"
    parameters = [("source", source.name), ("measure", measure.name), ("grain", "month"),
                  ("by", "date")]  # fmt: skip
    if not source.clock_date:
        parameters += [("since", since), ("until", until)]
    by = [one.name for one in source.fields.values() if one.is_key and not one.is_detail]
    by = [chance.choice(by)] if by else []
    if measure.within:
        by = ["survey"]
    parameters += [("by", one) for one in by]
    report_query = read_query(parameters, CATALOGUE, {}, ALL)
    names, ours = figures(report_query, marts)
    # The semantic layer's own columns: keys, then measures; a group of zeros is left out there.
    first = names.index(measure.name)
    keys = [number for number, name in enumerate(names[:first]) if not name.endswith(".name")]
    mine = {tuple(row[number] for number in keys): row[first:] for row in ours if any(row[first:])}
    table = metrics.query(
        report_query.report, ("date", *by), "" if source.clock_date else since,
        "" if source.clock_date else until,
    ).run(OutputPaths(output).published)  # fmt: skip
    assert table.rows or not mine
    wanted = len(names) - first
    for row in table.rows:
        day = row[0].date() if isinstance(row[0], datetime) else row[0]
        key = (day, *([row[1] or "unknown"] if by else []))
        # Medians and percentiles may come in another order.
        assert sorted(map(number, mine.pop(key))) == pytest.approx(
            sorted(map(number, row[-wanted:]))
        ), key
    assert not mine


def number(value: Any) -> float:
    return -1.0 if value is None else float(value)


@pytest.mark.parametrize("grain", GRAINS)
def test_a_table_equals_sql(server, marts, grain):
    found = rows(
        ask(server, query("query", ("source", "tickets"), ("measure", "average_time_to_close"),
                          ("by", "owner"), ("by", "date"), ("grain", grain), ("sort", "-date"), ("limit", "10000"),
                          ("priority.is", "high"), ("priority.is", "low")))
    )  # fmt: skip
    truth = marts.sql(f"""
        select agent_key, name, date_trunc('{grain}', closed_date)::date, avg(time_to_close_seconds),
            median(time_to_close_seconds), quantile_cont(time_to_close_seconds, 0.9), count(*)
        from marts.fct_tickets left join marts.dim_agents using (agent_key)
        where not is_excluded and closed_date is not null and priority in ('high', 'low')
        group by all order by 3 desc, 1
    """).fetchall()
    assert [next(iter(row.values())) for row in found] == [row[0] for row in truth]
    for ours, theirs in zip(found, truth, strict=True):
        assert list(ours)[:3] == ["owner", "owner.name", "date"]
        values = list(ours.values())
        assert values[1:3] == [theirs[1], theirs[2].isoformat()]
        assert values[3:] == pytest.approx(list(theirs[3:]))


def test_fields_of_the_ticket_are_reached_from_a_fact_without_them(server, marts):
    (row,) = rows(ask(server, query("query", ("source", "messages"), ("measure", "messages_sent"),
                                    ("priority.is", "high"), ("team.filled", "true"))))  # fmt: skip
    ((truth,),) = marts.sql("""
        select count(*) from marts.fct_messages as m join marts.fct_tickets as t using (ticket_key)
        where not m.is_excluded and m.is_agent_response and t.priority = 'high'
            and m.sent_date is not null and t.team_key is not null
    """).fetchall()
    assert row == {"messages_sent": truth}


def test_of_a_level_the_last_date_of_each_bucket_counts(server, marts):
    found = rows(ask(server, query("query", ("source", "backlog"), ("measure", "open_tickets"),
                                   ("by", "date"), ("grain", "month"), ("since", "2026-03-10"),
                                   ("until", "2026-05-20"))))  # fmt: skip
    truth = [
        (day, marts.execute("select sum(open_ticket_count) from marts.fct_backlog_daily "
                            "where backlog_date = ?", [last]).fetchone()[0])
        for day, last in (("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30"),
                          ("2026-05-01", "2026-05-20"))
    ]  # fmt: skip
    assert [(row["date"], row["open_tickets"]) for row in found] == truth


@pytest.mark.parametrize("grain", GRAINS)
def test_buckets_begin_where_the_calendar_says(grain):
    days = "generate_series(date '1999-12-01', date '2033-02-01', interval 1 day)"
    different = duckdb.sql(f"""
        select day from (select cast(unnest({days}) as date) as day)
        where ({first_day("day", grain)}) is distinct from cast(date_trunc('{grain}', day) as date)
    """).fetchall()
    assert different == []


def test_buckets_end_where_the_calendar_says():
    days = bucket_ends(date(2025, 12, 30), date(2026, 1, 14), "week")
    assert [str(day) for day in days] == ["2026-01-04", "2026-01-11", "2026-01-14"]
    assert bucket_ends(date(2026, 2, 1), date(2026, 2, 1), "year") == [date(2026, 2, 1)]
    quarters = bucket_ends(date(2025, 11, 5), date(2026, 4, 1), "quarter")
    assert [str(day) for day in quarters] == ["2025-12-31", "2026-03-31", "2026-04-01"]


@pytest.mark.parametrize("name", ["r3", "first_response_time", "R5", "tickets_created", "backlog"])
def test_a_report_is_asked_for_by_its_name(server, name):
    found = ask(server, query("query", ("report", name), ("by", "date"), ("by", "team")))
    assert rows(found)
    assert rows(ask(server, query("tickets", ("report", name))))


def test_every_prebuilt_report_answers(server):
    listed = ask(server, "/api/reports").json
    assert not listed["problems"]
    assert len(listed["reports"]) > 15
    for report in listed["reports"]:
        assert rows(ask(server, query("query", ("report", report["name"]), ("by", "date")))), report


def test_the_catalogue_is_reported(server, catalogue: Catalogue):
    sources = {one["name"]: one for one in ask(server, "/api/metrics").json["sources"]}
    assert sources.keys() == catalogue.sources.keys()
    (measure,) = [one for one in sources["tickets"]["measures"] if one["name"] == "ticket_count"]
    assert measure["description"].startswith("Tickets that count")
    assert sources["backlog"]["has_tickets"]
    assert not sources["companies"]["has_tickets"]


def test_the_worst_come_first_and_pages_follow_each_other(server):
    pairs = (("source", "sla_clocks"), ("measure", "sla_late"))
    whole = rows(ask(server, query("tickets", *pairs, ("limit", 1000))))
    lateness = [row["elapsed_seconds"] - row["goal_seconds"] for row in whole]
    assert lateness == sorted(lateness, reverse=True)
    assert len(whole) == ask(server, query("tickets", *pairs)).json["total"] > 20
    pages = []
    for offset in range(0, len(whole) + 7, 7):
        pages += rows(ask(server, query("tickets", *pairs, ("limit", 7), ("offset", offset))))
    assert pages == whole


@pytest.mark.parametrize("column", ["created_at", "-closed_at", "owner", "-company", "ticket_id"])
def test_a_list_is_in_the_order_that_is_asked_for(server, column):
    pairs = (
        ("source", "tickets"),
        ("measure", "tickets_closed"),
        ("sort", column),
        ("limit", 1000),
    )
    name = column.removeprefix("-")
    values = [row[name] for row in rows(ask(server, query("tickets", *pairs))) if row[name]]
    assert values == sorted(values, reverse=column.startswith("-"))


def test_a_ticket_is_found_by_its_id(server):
    pairs = (("source", "tickets"), ("measure", "ticket_count"))
    wanted = rows(ask(server, query("tickets", *pairs)))[5]["ticket_id"]
    found = ask(server, query("tickets", *pairs, ("search", wanted)))
    assert [row["ticket_id"] for row in rows(found)] == [wanted]
    assert found.json["total"] == 1


@pytest.mark.parametrize("by", ["suffix", "accept"])
def test_a_list_is_whole_as_csv(server, by):
    pairs = (("source", "tickets"), ("measure", "average_first_response"), ("since", "2026-01-01"))
    total = ask(server, query("tickets", *pairs)).json["total"]
    assert total > 150
    if by == "suffix":
        found = ask(server, query("tickets.csv", *pairs))
    else:
        found = ask(server, query("tickets", *pairs), Accept="text/csv")
    assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = 'filename="tickets-average_first_response-2026-01-01.csv"'
    assert name in found.headers["Content-Disposition"]
    heading, *lines = csv.reader(io.StringIO(found.text))
    assert heading[:2] == ["Average first response (s)", "Ticket"]
    assert len(lines) == total


def test_a_table_as_csv_has_the_same_figures(server):
    pairs = (("report", "r3"), ("by", "team"))
    found = rows(ask(server, query("query", *pairs)))
    heading, *lines = csv.reader(io.StringIO(ask(server, query("query.csv", *pairs)).text))
    assert heading[:3] == ["Team key", "Team", "Average first response (s)"]
    assert [float(line[2]) for line in lines] == [row["average"] for row in found]


def test_a_client_with_the_answer_gets_304(server):
    address = query("query", ("report", "r3"), ("by", "date"))
    first = ask(server, address, Accept_Encoding="gzip")
    tag = first.headers["ETag"]
    assert first.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(first.body) == ask(server, address).body
    again = ask(server, address, If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    other = query("query", ("report", "r3"), ("by", "team"))
    assert ask(server, other, If_None_Match=tag).status == 200
    # An invalid request never gets 304.
    assert ask(server, query("query", ("report", "r99")), If_None_Match="*").status == 400


def test_the_build_is_reported(server, marts):
    answer = ask(server, "/api/builds/current").json
    ((build,),) = marts.sql("select build_id from marts.build_log").fetchall()
    assert answer["build"] == build
    assert answer["as_of"] == "2026-06-30T18:00:00Z"
    assert answer["age_seconds"] >= 0
    assert answer["next_refresh"] is None


def test_the_next_refresh_is_known_where_the_settings_say_how_often(output):
    with serving(OutputPaths(output).site, output, refresh_minutes=60) as running:
        answer = ask(running.server_address, "/api/builds/current").json
        published, due = (
            datetime.fromisoformat(answer[one]) for one in ("published_at", "next_refresh")
        )
        assert due - published == timedelta(hours=1)


def test_customers_are_named_where_the_settings_say_so(output, server, tmp_path):
    for pairs in ([("source", "contacts"), ("measure", "contact_count"), ("name.is", "Ann")],
                  [("source", "tickets"), ("measure", "ticket_count"), ("join", "contacts"),
                   ("contacts.name.is", "Ann")]):  # fmt: skip
        rejected = ask(server, query("query", *pairs))
        assert (rejected.status, "include_personal_data" in rejected.text) == (400, True)
    by_key = query("query", ("source", "tickets"), ("measure", "ticket_count"), ("by", "contact"))
    assert "contact.name" not in rows(ask(server, by_key))[0]
    listed = query("tickets", ("source", "tickets"), ("measure", "ticket_count"))
    assert "contact" not in rows(ask(server, listed))[0]
    with serving(OutputPaths(output).site, output, with_people=True) as running:
        assert "contact.name" in rows(ask(running.server_address, by_key))[0]
        assert "contact" in rows(ask(running.server_address, listed))[0]


def another_build(output: Path, folder: Path) -> Path:
    """A copy of an output folder, with a second build that has fewer tickets."""
    copied = folder / "copied"
    shutil.copytree(output, copied, symlinks=True, ignore=shutil.ignore_patterns(".work"))
    paths = OutputPaths(copied)
    first = paths.current.resolve()
    second = first.with_name("9999")
    shutil.copytree(first, second)
    file = second / "helpdesk.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("delete from marts.fct_tickets where priority = 'high'")
        connection.execute("update marts.build_log set build_id = '9999'")
    return copied


def test_a_new_build_is_served_at_once(output, tmp_path):
    copied = another_build(output, tmp_path)
    paths = OutputPaths(copied)
    address = query("query", ("source", "tickets"), ("measure", "ticket_count"))
    with serving(paths.site, copied) as running:
        server = running.server_address
        before = ask(server, address)
        replace_link(paths.current, Path("builds/9999"))
        after = ask(server, address, If_None_Match=before.headers["ETag"])
        assert (after.status, after.json["build"]) == (200, "9999")
        assert after.json["rows"][0][0] < before.json["rows"][0][0]
        assert ask(server, "/api/builds/current").json["build"] == "9999"
        # The old build may be deleted, or be served again.
        replace_link(paths.current, Path("builds", before.json["build"]))
        again = ask(server, address)
        assert (again.headers["ETag"], again.body) == (before.headers["ETag"], before.body)
        shutil.rmtree(paths.builds)
        gone = ask(server, address)
        assert (gone.status, gone.json["error"][:26]) == (503, "Nothing is published yet: ")


def test_a_build_of_another_version_and_a_damaged_one_are_reported(output, tmp_path):
    copied = another_build(output, tmp_path)
    paths = OutputPaths(copied)
    address = query("query", ("source", "calls"), ("measure", "call_count"))
    with duckdb.connect(str(paths.builds / "9999" / "helpdesk.duckdb")) as connection:
        for view in ("rpt_calls", "rpt_summary_calls"):
            connection.execute(f"drop view if exists marts.{view}")
        connection.execute("drop table marts.fct_calls cascade")
    replace_link(paths.current, Path("builds/9999"))
    with serving(paths.site, copied) as running:
        found = ask(running.server_address, address)
        assert (found.status, "helpdesk build" in found.json["error"]) == (409, True)
        broken = paths.builds / "broken"
        broken.mkdir()
        (broken / "helpdesk.duckdb").write_text("no database")
        replace_link(paths.current, Path("builds/broken"))
        assert ask(running.server_address, address).status == 503
        assert ask(running.server_address, "/").status == 200


def test_a_changed_report_is_there_at_the_next_reload(output, monkeypatch, tmp_path):
    monkeypatch.setattr("helpdesk.serve.definitions.LOOK_SECONDS", 0)
    reader = Reader(tmp_path)
    assert "mine" not in reader.definitions().files
    declared = {"title": "Mine", "source": "tickets", "measures": ["ticket_count"], "page": "own"}
    (tmp_path / "mine.yml").write_text(json.dumps(declared))
    (tmp_path / "wrong.yml").write_text(json.dumps({**declared, "measures": ["ticket_counts"]}))
    found = reader.definitions()
    assert found.files["mine"] == tmp_path / "mine.yml"
    assert "did you mean" in found.broken["wrong"] or "ticket_count" in found.broken["wrong"]
