"""The results of the pages' queries, by a server: the same as from the queries themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.dashboards.pages import (
    choices_to_try,
    own_queries,
    shared_queries,
    write_reports,
)
from helpdesk.serve.server import serving
from tests.dashboards.reader import everything
from tests.serve.asking import Answered, ask, query

FOLDER = "0123abc45678"


@pytest.fixture(scope="module")
def site(data, desk, tmp_path_factory) -> Path:
    """The extracts and the files of the reports; a site's code is not needed here."""
    site = tmp_path_factory.mktemp("pages") / "site"
    (site / "data").mkdir(parents=True)
    (site / "index.html").touch()
    (site / "data" / FOLDER).symlink_to(data)
    write_reports(desk.definitions, data)
    return site


@pytest.fixture(scope="module")
def served(site, desk) -> Iterator[tuple[str, int]]:
    with serving(site, desk.marts.parent) as server:
        yield server.server_address


def page(server: tuple[str, int], path: str, **choices: str | list[str]) -> Answered:
    values = {name: [one] if isinstance(one, str) else one for name, one in choices.items()}
    return ask(
        server, query(f"pages/{path}", *((name, one) for name in values for one in values[name]))
    )


def test_a_page_asks_only_for_what_it_lacks(served):
    whole = page(served, f"{FOLDER}/r3/own", period="all").json
    kinds = sorted(whole)[:2]
    some = page(served, f"{FOLDER}/r3/own", period="all", only=kinds).json
    assert some == {kind: whole[kind] for kind in kinds}
    assert page(served, f"{FOLDER}/r3/own", only="no_such").json == {}


def test_a_server_gives_the_rows_of_every_query(served, desk, reader):
    chosen = [*choices_to_try(reader.catalogue), everything(reader)]
    for report in desk.definitions.reports:
        for part, texts in {"shared": shared_queries(report), "own": own_queries(report)}.items():
            for choices, inputs in zip(chosen, reader.inputs(*chosen), strict=True):
                found = page(served, f"{FOLDER}/{report.slug}/{part}", **choices)
                assert found.status == 200, found.text
                assert set(found.json) == set(texts)
                for kind, rows in found.json.items():
                    wanted = reader.rows(f"{report.slug}_{kind}", inputs)
                    if kind == "period":
                        # The period and the one before, in any order.
                        rows, wanted = (
                            sorted(found, key=lambda row: row["is_now"]) for found in (rows, wanted)
                        )
                    assert len(rows) == len(wanted), (report.id, kind, choices)
                    for row, other in zip(rows, wanted, strict=True):
                        numbers = {k: v for k, v in other.items() if isinstance(v, int | float)}
                        assert {name: row[name] for name in numbers} == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("path", "choices", "status"),
    [
        ("../0123abc45678/r1/shared", {}, 404),
        ("0123abc45678/..%2fr1/shared", {}, 404),
        ("0123abc45678/R1'/shared", {}, 404),
        ("0123abc45678/r1/sql", {}, 404),
        ("0123abc45679/r1/shared", {}, 410),
        ("0123abc45678/nope/shared", {}, 410),
        ("0123abc45678/r1/shared", {"period": "99999999999999999999"}, 200),
        ("0123abc45678/r1/shared", {"period": "²"}, 200),
        ("0123abc45678/r1/shared", {"period": "'; drop schema desk; --"}, 200),
        ("0123abc45678/r1/shared", {"grain": "day'); drop schema desk; --"}, 200),
        ("0123abc45678/r1/shared", {"start": "' or 1=1 --", "period": "custom"}, 200),
        ("0123abc45678/r1/shared", {"company": "' or 1=1 --"}, 200),
        ("0123abc45678/r1/shared", {"nope": "x"}, 200),
    ],
)
def test_wrong_and_hostile_choices_are_harmless(served, path, choices, status):
    found = page(served, path, **choices)
    assert found.status == status, found.text
    if status != 200:
        assert found.json["error"].count("\n") == 0
    for leak in ("Traceback", ".py", "select ", "Parser", "Binder"):
        assert leak not in found.text


def test_a_choice_that_is_given_twice_is_rejected(served):
    found = ask(served, f"/api/pages/{FOLDER}/r1/shared?period=7&period=30")
    assert found.status == 400


def test_an_unchanged_answer_costs_nothing(served):
    first = page(served, f"{FOLDER}/r1/shared", period="30")
    again = ask(
        served, f"/api/pages/{FOLDER}/r1/shared?period=30", If_None_Match=first.headers["ETag"]
    )
    assert (again.status, again.body) == (304, b"")


def test_a_page_is_bounded_in_time(site, desk):
    with serving(site, desk.marts.parent, query_seconds=0.0001) as server:
        found = page(server.server_address, f"{FOLDER}/r1/own", period="all")
    assert found.status == 503
    assert "longer than" in found.json["error"]
