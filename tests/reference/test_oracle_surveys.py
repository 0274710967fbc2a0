"""Surveys and their responses, worked out by hand: one example for each of their rulings."""

from __future__ import annotations

from typing import Any

import pytest

from .small_desk import AS_OF, PLACED, PLACES, TEAMS, Rows, desk, iso, marts, ticket


def surveyed(*responses: dict[str, str | None], **survey: str | None) -> dict[str, Rows]:
    """A desk with one survey `s` and these responses."""
    kind = survey.pop("kind", "csat")
    return desk(
        **{**TEAMS, **PLACES, "tickets": [ticket(**PLACED)]},
        surveys=[{"survey_id": "s", "kind": kind, **survey}],
        survey_responses=list(responses),
    )


def response(score: str | None = None, **columns: str | None) -> dict[str, str | None]:
    """Response 1 to survey `s`: sent on the 2nd, answered on the 3rd if there is a score."""
    answered = iso("03 10:00") if score else None
    usual = {"sent_at": iso("02 10:00"), "responded_at": answered, "score": score}
    return {"response_id": "1", "survey_id": "s", "ticket_id": "t", **usual, **columns}


def responses(of: dict[str, Rows], as_of: str = AS_OF, **settings: Any) -> list[dict[str, Any]]:
    return marts(of, as_of, **settings)["fct_survey_responses"]


@pytest.mark.parametrize(("kind", "scale"), [("csat", (1, 5)), ("ces", (1, 7)), ("nps", (0, 10))])
def test_a_scale_without_ends_has_those_of_its_kind(kind: str, scale: tuple[int, int]) -> None:
    row, unknown = marts(surveyed(kind=kind))["dim_surveys"]
    assert (row["scale_min"], row["scale_max"], row["is_higher_better"]) == (*scale, True)
    assert (row["survey_key"], row["name"], unknown["survey_key"]) == ("generic:s", "s", "unknown")


@pytest.mark.parametrize(
    "scale", [{"scale_min": "5", "scale_max": "1"}, {"scale_min": "5"}, {"scale_max": "1"}]
)
def test_a_scale_that_does_not_rise_is_bad_and_so_are_its_responses(scale: dict[str, str]) -> None:
    of = surveyed(response("5"), **scale)
    assert [row["survey_key"] for row in marts(of)["dim_surveys"]] == ["unknown"]
    assert responses(of) == []


@pytest.mark.parametrize(
    ("survey", "score", "is_positive"),
    [
        ({"kind": "csat"}, "4", True),
        ({"kind": "csat"}, "3.9", False),
        ({"kind": "ces"}, "5", True),
        ({"kind": "ces"}, "4", False),
        ({"kind": "nps"}, "9", True),
        ({"kind": "nps"}, "8", False),
        # Three quarters of 1..10 are 7.75.
        ({"kind": "csat", "scale_max": "10"}, "7.75", True),
        ({"kind": "csat", "scale_max": "10"}, "7.7", False),
        ({"kind": "csat", "higher_is_better": "false"}, "2", True),
        ({"kind": "csat", "higher_is_better": "0"}, "2.5", False),
        ({"kind": "ces", "higher_is_better": "false"}, "3", True),
        ({"kind": "ces", "higher_is_better": "false"}, "4", False),
    ],
)
def test_positive_is_a_share_of_the_scale(
    survey: dict[str, str | None], score: str, is_positive: bool
) -> None:
    (row,) = responses(surveyed(response(score), **survey))
    assert (row["score"], row["is_positive"]) == (float(score), is_positive)
    assert (row["nps_group"] is not None) == (survey["kind"] == "nps")


@pytest.mark.parametrize(
    ("score", "group"),
    [("10", "promoter"), ("9", "promoter"), ("8", "passive"), ("7", "passive"), ("6", "detractor")],
)
def test_nps_groups(score: str, group: str) -> None:
    (row,) = responses(surveyed(response(score), kind="nps"))
    assert row["nps_group"] == group
    turned = str(10 - int(score))
    (row,) = responses(surveyed(response(turned), kind="nps", higher_is_better="false"))
    assert row["nps_group"] == group


@pytest.mark.parametrize(
    "bad",
    [
        response("5", survey_id="nobody's"),
        response("5.5"),
        response("0.5"),
        response("5", responded_at=iso("02 09:59:59.999999")),
        response(sent_at=None),
        response("5", responded_at=None),
        # Bad whenever it happened.
        response("6", responded_at=iso("20 10:00")),
    ],
)
def test_bad_responses(bad: dict[str, str | None]) -> None:
    assert responses(surveyed(bad)) == []


def test_a_response_is_deferred_until_sent_and_unanswered_until_answered() -> None:
    of = surveyed(response("5", comment="Good"))
    assert responses(of, iso("02 09:59:59")) == []
    (row,) = responses(of, iso("02 10:00"), include_personal_data=True)
    columns = ("responded_at", "responded_date", "score", "is_positive", "comment")
    assert [row[column] for column in columns] == [None] * 5
    assert row["is_responded"] is False
    (row,) = responses(of, iso("03 10:00"), include_personal_data=True)
    assert (row["is_responded"], row["score"], row["comment"]) == (True, 5, "Good")
    assert responses(of)[0]["comment"] is None
    unsent = surveyed(response("5", sent_at=None))
    assert responses(unsent, iso("03 09:00")) == []
    assert responses(unsent)[0]["sent_date"] is None


def test_an_answer_without_a_score() -> None:
    (row,) = responses(surveyed(response(responded_at=iso("02 10:00")), kind="nps"))
    assert (row["is_responded"], row["score"], row["is_positive"], row["nps_group"]) == (
        True,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("agent_id", "agent", "team"),
    [
        ("a1", "generic:a1", "generic:t1"),
        (None, "generic:a2", "generic:t2"),
        ("a9", "unknown", "unknown"),
    ],
)
def test_the_agent_of_a_response(agent_id: str | None, agent: str, team: str) -> None:
    (row,) = responses(surveyed(response("5", agent_id=agent_id)))
    assert (row["agent_key"], row["team_key"]) == (agent, team)
    assert (row["pipeline_key"], row["channel_account_key"]) == ("generic:P", "generic:inbox")


@pytest.mark.parametrize(
    ("of_ticket", "contact_id", "company"),
    [
        ("c2", "k1", "c2"),
        ("", "k1", "c1"),
        ("c9", "k1", "c1"),
        ("", "k2", None),
        ("", "k9", None),
        ("", None, None),
    ],
)
def test_the_company_of_a_response(
    of_ticket: str, contact_id: str | None, company: str | None
) -> None:
    of = surveyed(response("5", contact_id=contact_id))
    of["tickets"] = [ticket(company_id=of_ticket, contact_id="k1")]
    (row,) = responses(of)
    assert row["company_key"] == (f"generic:{company}" if company else "unknown")
    of["tickets"] = [{**ticket(), "ticket_id": "another"}]
    (row,) = responses(of)
    assert (row["ticket_key"], row["is_excluded"]) == ("unknown", False)


def test_a_survey_report_counts_sent_and_answered_surveys_on_their_dates() -> None:
    of = surveyed(
        response("10", response_id="1"),
        response("9.5", response_id="2"),
        response("9.5", response_id="3"),
        response("7", response_id="4", sent_at=None),
        response("0", response_id="5", responded_at=iso("02 11:00")),
        response(response_id="6"),
        response(response_id="7", responded_at=iso("04 10:00")),
        kind="nps",
    )
    rows = {
        (row["report_date"].day, row["score"]): (
            row["response_count"],
            row["score_sum"],
            row["positive_count"],
            row["promoter_count"],
            row["detractor_count"],
            row["sent_count"],
            row["answered_count"],
        )
        for row in marts(of)["rpt_net_promoter_score"]
    }
    assert rows == {
        (2, None): (0, 0.0, 0, 0, 0, 6, 5),
        (3, None): (0, 0.0, 0, 0, 0, 1, 1),
        (3, 10.0): (1, 10.0, 1, 1, 0, 0, 0),
        (3, 9.5): (2, 19.0, 2, 2, 0, 0, 0),
        (3, 7.0): (1, 7.0, 0, 0, 0, 0, 0),
        (2, 0.0): (1, 0.0, 0, 0, 1, 0, 0),
    }
    assert marts(of)["rpt_customer_satisfaction"] == []
    of["tickets"] = [ticket(is_spam="true")]
    assert marts(of)["rpt_net_promoter_score"] == []
    assert "promoter_count" not in marts(surveyed(response("5")))["rpt_customer_satisfaction"][0]
