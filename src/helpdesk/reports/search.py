"""Finds fields and measures of the catalogue by a word."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.reports.catalogue import Catalogue, Field, Measure, Source

# How similar a word must be to be found.
ALIKE = 0.85


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue."""

    source: str
    kind: str
    name: str
    label: str
    description: str
    words: str


def entries(catalogue: Catalogue) -> Iterator[Entry]:
    """All entries of the catalogue by source: first measures, then fields."""
    for source in catalogue.sources.values():
        for measure in source.measures.values():
            yield _of_measure(source, measure)
        for field in source.fields.values():
            yield _of_field(source, field)


def search(catalogue: Catalogue, wanted: str, source: str = "") -> list[Entry]:
    """The entries that contain all of the words, or else similar words."""
    listed = [one for one in entries(catalogue) if source in ("", one.source)]
    words = wanted.lower().replace("_", " ").split()
    exact = [one for one in listed if all(word in one.words for word in words)]
    if exact:
        # A match in the name comes before one in the description.
        return sorted(exact, key=lambda one: not _is_called(one, words))
    return [one for one in listed if all(_alike(word, one.words) for word in words)]


def _is_called(entry: Entry, words: list[str]) -> bool:
    called = f"{entry.name.replace('_', ' ')} {entry.label.lower()}"
    return all(word in called for word in words)


def _alike(word: str, words: str) -> bool:
    return bool(difflib.get_close_matches(word, words.split(), n=1, cutoff=ALIKE))


def _of_measure(source: Source, measure: Measure) -> Entry:
    kind = "median, percentile" if measure.base_metric else f"measure ({measure.format})"
    description = measure.description
    return _entry(source, kind, measure.name, measure.label, description, ())


def _of_field(source: Source, field: Field) -> Entry:
    kind = "date" if field.is_date else "detail" if field.is_detail else "dimension"
    description = field.description
    if field.type not in ("key", "date", "text"):
        kind = f"{kind} ({field.type})"
    if field.bridge:
        kind = f"{kind} (several values)"
    return _entry(source, kind, field.name, field.label, description, field.synonyms)


def _entry(
    source: Source, kind: str, name: str, label: str, description: str, synonyms: tuple[str, ...]
) -> Entry:
    also = f" Also called {', '.join(synonyms)}." if synonyms else ""
    words = (
        f"{name} {name.replace('_', ' ')} {label} {description} {' '.join(synonyms)} {kind}".lower()
    )
    return Entry(source.name, kind, name, label, f"{description}{also}", words)
