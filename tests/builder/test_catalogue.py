"""The catalogue of measures and dimensions, and the search in it."""

from __future__ import annotations

import json

import pytest

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.declaration import FORMATS
from helpdesk.reports.search import search

SOURCES = ("tickets", "conversations", "messages", "contacts", "companies", "feedback",
           "sla_clocks", "status_spells", "calls", "backlog")  # fmt: skip


def test_every_source_of_the_product_is_in_the_catalogue(catalogue: Catalogue) -> None:
    assert catalogue.primary == SOURCES


@pytest.mark.parametrize(
    ("words", "source", "name"),
    [
        ("channel", "tickets", "channel"),
        ("channel", "messages", "channel"),
        ("message id", "messages", "message_id"),
        ("object id", "tickets", "ticket_id"),
        ("time since last response", "messages", "average_time_since_last_response"),
        ("timestamp", "messages", "sent_at"),
        ("bot interactions", "tickets", "bot_interactions"),
        ("BOT_interactions", "tickets", "bot_interactions"),
        ("hour", "messages", "sent_hour"),
        ("channell", "tickets", "channel"),
        ("prioriti", "tickets", "priority"),
    ],
)
def test_common_searches_find_their_field(
    catalogue: Catalogue, words: str, source: str, name: str
) -> None:
    assert (source, name) in {(one.source, one.name) for one in search(catalogue, words)}


def test_a_match_in_the_name_comes_first(catalogue: Catalogue) -> None:
    first = search(catalogue, "message id")[0]
    assert first.name == "message_id"


def test_nothing_is_found_for_nonsense(catalogue: Catalogue) -> None:
    assert search(catalogue, "xyzzy") == []


def test_everything_is_described(catalogue: Catalogue) -> None:
    for source in catalogue.sources.values():
        assert len(source.description) > 30, source.name
        for item in (*source.fields.values(), *source.measures.values()):
            assert item.label, (source.name, item.name)
            assert len(item.description) >= 10, (source.name, item.name)
            assert item.description.endswith("."), (source.name, item.name)


def test_the_parts_of_an_average_are_measures_too(catalogue: Catalogue) -> None:
    for source in catalogue.sources.values():
        for measure in source.measures.values():
            assert measure.format in FORMATS
            parts = {measure.sum, measure.minus or measure.sum, measure.denominator or measure.sum}
            assert parts <= set(source.measures), measure.name
            assert bool(measure.sql) == (measure.sum == measure.name), measure.name
            if measure.has_values:
                percentiles = {one.name.partition("_")[0] for one in source.measures.values()
                          if one.base_metric == measure.name}  # fmt: skip
                assert percentiles == {"median", "p90"}, measure.name


def test_no_measure_counts_excluded_tickets(catalogue: Catalogue, manifest) -> None:
    metrics = json.loads(manifest.read_text())["metrics"].values()
    for source in catalogue.sources.values():
        for metric in metrics:
            if metric["name"] in source.measures and metric["type"] == "simple":
                filters = (metric["filter"] or {}).get("where_filters", [])
                conditions = [one["where_sql_template"] for one in filters]
                name = f"{source.keys[0]}__is_excluded"
                expected = [f"{{{{ Dimension('{name}') }}}} = false"] if source.counted else []
                assert conditions == expected, metric["name"]
