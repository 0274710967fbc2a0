"""Finds fields and measures of the catalogue by a word."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from builder.catalogue import Catalogue, Field, Measure, Source

# How alike two words must be for the one to be found by the other.
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
    """All that the catalogue offers, by source: measures, then dates, dimensions and details."""
    for source in catalogue.sources.values():
        for measure in source.measures.values():
            yield _of_measure(source, measure)
        for field in source.fields.values():
            yield _of_field(source, field)


def search(catalogue: Catalogue, wanted: str, source: str = "") -> list[Entry]:
    """The entries that hold all of the words, or else words like them."""
    listed = [one for one in entries(catalogue) if source in ("", one.source)]
    words = wanted.lower().replace("_", " ").split()
    exact = [one for one in listed if all(word in one.words for word in words)]
    if exact:
        # What is called so comes before what only speaks of it.
        return sorted(exact, key=lambda one: not _is_called(one, words))
    return [one for one in listed if all(_alike(word, one.words) for word in words)]


def _is_called(entry: Entry, words: list[str]) -> bool:
    called = f"{entry.name.replace('_', ' ')} {entry.label.lower()}"
    return all(word in called for word in words)


def _alike(word: str, words: str) -> bool:
    return bool(difflib.get_close_matches(word, words.split(), n=1, cutoff=ALIKE))


def _of_measure(source: Source, measure: Measure) -> Entry:
    kind = "median, percentile" if measure.of else f"measure ({measure.format})"
    told = measure.description
    return _entry(source, kind, measure.name, measure.label, told, ())


def _of_field(source: Source, field: Field) -> Entry:
    kind = "date" if field.is_date else "detail" if field.is_detail else "dimension"
    told = field.description
    if field.type not in ("key", "date", "text"):
        kind = f"{kind} ({field.type})"
    return _entry(source, kind, field.name, field.label, told, field.synonyms)


def _entry(
    source: Source, kind: str, name: str, label: str, told: str, synonyms: tuple[str, ...]
) -> Entry:
    also = f" Also called {', '.join(synonyms)}." if synonyms else ""
    words = f"{name} {name.replace('_', ' ')} {label} {told} {' '.join(synonyms)} {kind}".lower()
    return Entry(source.name, kind, name, label, f"{told}{also}", words)
