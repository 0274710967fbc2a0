"""Keeps the comments of a YAML file whose keys are written again.

A key with the same value keeps its lines as they are. Comments of a changed key stand above it, and
those of a key that is gone at the end.
"""

import re
from collections.abc import Iterator

import yaml

# The first line of a key at the top of a file.
KEY = re.compile(r"^([a-z_]+):", re.MULTILINE)
COMMENT = re.compile(r"#.*")


def top_comments(text: str) -> list[str]:
    """The comments above the first key."""
    found = KEY.search(text)
    above = text[: found.start()] if found else text
    return [line for line in above.splitlines() if line.startswith("#")]


def kept(text: str, before: str) -> str:
    """The text of a file, with the comments of the file before."""
    return "".join(f"{one}\n" for one in top_comments(before)) + with_comments(text, before)


def with_comments(text: str, before: str) -> str:
    """The keys of `text`, with the comments of `before` below those above its first key."""
    try:
        values = yaml.safe_load(before)
        wanted = yaml.safe_load(text)
        blocks = dict(_blocks(before))
        comments = {key: _comments(lines) for key, lines in blocks.items()}
    except yaml.YAMLError:
        # A file that cannot be read is replaced.
        return text
    if not isinstance(values, dict):
        return text
    parts = []
    for key, lines in _blocks(text):
        is_same = key in blocks and values.get(key) == wanted.get(key)
        parts.append(blocks[key] if is_same else comments.pop(key, "") + lines)
        comments.pop(key, None)
    return "".join([*parts, *comments.values()])


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each key with its lines and the comments above them; at last those below, under no key."""
    starts = list(KEY.finditer(text))
    if not starts:
        return
    bounds = [starts[0].start()]
    for key in starts[1:]:
        above = text[bounds[-1] : key.start()].splitlines(keepends=True)
        while above and above[-1].lstrip().startswith(("#", "\n")):
            above.pop()
        bounds.append(bounds[-1] + len("".join(above)))
    for key, start, end in zip(starts, bounds, [*bounds[1:], len(text)], strict=True):
        lines = text[start:end]
        yield key.group(1), lines if lines.endswith("\n") else f"{lines}\n"


def _comments(lines: str) -> str:
    """The comments in some lines, a line each."""
    found, place = [], 0
    for token in yaml.scan(lines):
        # Between two tokens is nothing but space and comments.
        found += COMMENT.findall(lines, place, token.start_mark.index)
        place = max(place, token.end_mark.index)
    return "".join(f"{one.rstrip()}\n" for one in found)
