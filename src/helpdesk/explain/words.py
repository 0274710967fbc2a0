"""Durations as text, exact to the second so that they add up."""

UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: int, has_days: bool = True) -> str:
    """Such as `2 h 5 min 9 s`. Working time has no days."""
    parts, rest = [], abs(seconds)
    for unit, size in UNITS if has_days else UNITS[1:]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {unit}")
    return " ".join(parts) or "0 s"


def working(seconds: int) -> str:
    return span(seconds, has_days=False)


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
