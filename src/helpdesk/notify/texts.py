"""Texts and figures in the language of the settings, as the pages show them."""

import re
from collections.abc import Mapping
from datetime import date, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from helpdesk.core.languages import ENGLISH
from helpdesk.dashboards.languages import texts_of

# English as in Great Britain, as the sentences of the marts write dates: 29 June 2026.
LOCALES = {ENGLISH: "en_GB"}
SHARES = ("percent", "points")
DASH, MINUS = "\u2013", "\u2212"
MINUTE, HOUR, DAY = 60, 3600, 86400
# Characters with a meaning in the markup of chat services, and some that look like them without
# one. A name of the data must not mention a channel, or be a link.
_INERT = str.maketrans(
    {
        "<": "\u2039", ">": "\u203a", "@": "\uff20", "[": "\uff3b", "]": "\uff3d",
        "`": "'", "*": "\u2217", "|": "\u00a6",
    }
)  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
LONGEST_NAME = 200


def inert(name: str) -> str:
    """A text of the data in one line, without characters that chat services interpret."""
    line = " ".join(_CONTROLS.sub(" ", name).split()).translate(_INERT).replace("://", ": //")
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME]}…"


def _hundredfold(share: float) -> float:
    """A share as per cent, without the error of a product of floats: 0.8765 is 87.65."""
    return float(Decimal(str(share)) * 100)


class Language:
    """The texts of one language; English is the language of the keys."""

    def __init__(self, code: str = ENGLISH) -> None:
        self.code = code
        self.locale = LOCALES.get(code, code)
        self.texts: Mapping[str, Any] = {} if code == ENGLISH else texts_of(code)

    def text(self, english: str, /, **values: object) -> str:
        """A text with its values; one without a translation stays English."""
        found = self.texts.get(english, english)
        found = found["other"] if isinstance(found, dict) else found
        return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], place[0])), found)

    def number(self, value: float, decimals: int = 0, least: int = 0) -> str:
        """A number with the separators of the language."""
        # Half away from zero, as the pages round.
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        pattern = "#,##0" + ("." if decimals else "") + "0" * least + "#" * (decimals - least)
        return str(format_decimal(exact, pattern, locale=self.locale))

    def day(self, day: date, style: str = "long") -> str:
        return str(format_date(day, style, locale=self.locale))

    def short(self, day: date) -> str:
        """A date without its year, for an axis: 29 Jun."""
        return str(format_skeleton("MMMd", day, locale=self.locale))

    def zone(self, name: str) -> tzinfo:
        return ZoneInfo(name)

    def weekday(self, day: date) -> str:
        return str(format_date(day, "EEEE", locale=self.locale))

    def span(self, since: date, until: date) -> str:
        """The dates of a period in words."""
        if since == until:
            return self.day(since)
        return self.text("{start} to {end}", start=self.day(since), end=self.day(until))

    def value(self, value: float | None, format: str) -> str:
        """A measure's value in its unit: seconds as time, a share as per cent; a dash for None."""
        if value is None:
            return DASH
        if format in ("duration", "hours"):
            return self.duration(value, in_hours=format == "hours")
        if format == "percent":
            return self.text("{n}%", n=self.number(_hundredfold(value), 1))
        if format == "points":
            return self.number(_hundredfold(value), 1)
        if format == "decimal":
            return self.number(value, 2, 2)
        return self.number(value)

    def duration(self, seconds: float, in_hours: bool = False) -> str:
        """Seconds as time. Rounding comes first: 59 min 59 s is 1 h. Working time has no days."""
        if seconds < 0:
            return f"{MINUS}{self.duration(-seconds, in_hours)}"
        t = self.text
        minutes, hours = round(seconds / MINUTE), round(seconds / HOUR)
        if seconds < MINUTE - 0.5:
            return t("{seconds} s", seconds=round(seconds))
        if minutes < 60:
            return t("{minutes} min", minutes=minutes)
        if in_hours or minutes < DAY / MINUTE:
            whole, rest = divmod(minutes, 60)
            if rest:
                return t("{hours} h {minutes} min", hours=self.number(whole), minutes=rest)
            return t("{hours} h", hours=self.number(whole))
        days, rest = divmod(hours, 24)
        return t("{days} d {hours} h", days=days, hours=rest) if rest else t("{days} d", days=days)

    def change(self, now: float | None, before: float | None, format: str) -> str:
        """The change with an arrow: shares differ by points, other values by per cent."""
        if now is None or before is None or (format not in SHARES and not before):
            return ""
        share = format in SHARES
        change = 100 * (now - before) / (1 if share else abs(before))
        size = self.number(abs(change), 1)
        t = self.text
        if size == "0":
            return t("= no change")
        if share:
            up, down = "▲ up {size} points", "▼ down {size} points"
        else:
            up, down = "▲ up {size}%", "▼ down {size}%"
        return t(up if change > 0 else down, size=size)
