"""The content of a digest: the figures, goals, sentences and charts of a dashboard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpdesk.core.notices import Digest
from helpdesk.core.settings import Settings
from helpdesk.dashboards.pages import list_pages
from helpdesk.mcp.opened import Opened, Row
from helpdesk.notify.change import Totals, driver_of, is_notable
from helpdesk.notify.charts import Point, chart_png
from helpdesk.notify.links import choices_of, page_of
from helpdesk.notify.opened import filters_of, period_of, rows_of
from helpdesk.notify.texts import DASH, MINUS, Language
from helpdesk.notify.watched import WHOLE, SettingError, goal_of, in_words
from helpdesk.reports.catalogue import Measure
from helpdesk.reports.checks import nearest
from helpdesk.reports.definition import shown_as
from helpdesk.reports.errors import ReportError
from helpdesk.reports.report import SavedReport

MOST_REPORTS = 20
# A chart of more days has weeks.
MOST_DAYS_OF_CHART = 62
# Where a change may come from.
DRIVERS = ("team", "owner", "pipeline", "channel_account", "company")
MOST_DRIVERS = 2
SHARES = ("percent", "points")


@dataclass(frozen=True)
class Section:
    """A report of a digest. `tone` is good, bad or empty: that of its change.

    `notable`: the change is larger than chance explains. `chart` is a PNG, empty without dates.
    """

    title: str
    label: str
    value: str
    before: str
    change: str
    tone: str
    goal: str
    is_met: bool
    sentences: tuple[str, ...]
    notable: bool
    chart: bytes
    link: str
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """A digest in words. `attention` are the sentences on what needs attention now."""

    title: str
    dates: str
    compared: str
    filters: tuple[str, ...]
    attention: tuple[str, ...]
    sections: tuple[Section, ...]
    left_out: tuple[str, ...]
    link: str
    as_of: str
    build: str
    period: tuple[date, date]


def content_of(
    build: Opened, digest: Digest, team: tuple[str, str] | None, settings: Settings
) -> Content:
    """The digest of a dashboard, or its part of a team (key and name). Raises SettingError."""
    language = Language(settings.language)
    page = _page(build, digest.dashboard)
    period = period_of(build, _period(digest))
    filters = _filters(build, page, digest, team)
    sections, left_out = [], []
    shown: list[Row] = []
    known = {one.id.lower(): one for one in build.definitions.reports}
    for listed in page["reports"][:MOST_REPORTS]:
        report = known.get(listed["slug"])
        if report is None:
            # It is written by hand, and no query of the catalogue has its figures.
            left_out.append(language.text(listed["title"]))
            continue
        asked = _Asked(build, report, filters, period, language)
        try:
            section, shown = asked.section(digest, team, settings)
        except ReportError as error:
            if _has_fields(build, report, filters):
                raise SettingError("filters", str(error)) from error
            # It has not all fields of the filters: its figures would be those of everybody.
            left_out.append(language.text(report.title))
            continue
        sections.append(section)
    if not sections:
        raise SettingError("filters", f"no report of {digest.dashboard} has all of these fields")
    t, title = language.text, digest.title or page["title"]
    title = t(title)
    return Content(
        title=f"{title}: {team[1]}" if team else title,
        dates=language.span(period["start"], period["end"]),
        compared=language.span(period["before_start"], period["before_end"])
        if period["is_compared"]
        else "",
        filters=tuple(f"{t(label)}: {values}" for label, values in map(in_words, shown)),
        attention=() if filters or language.code != "en" else _attention(build),
        sections=tuple(sections),
        left_out=tuple(left_out),
        link=page_of(settings.serve.url, page["name"], period, choices_of(build, shown)),
        as_of=_instant(build, language),
        build=build.build.id,
        period=(period["start"], period["end"]),
    )


def _page(build: Opened, name: str) -> dict[str, Any]:
    pages = {one["name"]: one for one in list_pages(build.definitions.pages)}
    if name not in pages:
        raise SettingError("dashboard", f"there is no dashboard {name!r}{nearest(name, pages)}")
    if not pages[name]["reports"]:
        raise SettingError("dashboard", f"{name} has no reports")
    return pages[name]


def _period(digest: Digest) -> str:
    return digest.period or WHOLE[digest.every]


def _filters(
    build: Opened, page: Mapping[str, Any], digest: Digest, team: tuple[str, str] | None
) -> list[Row]:
    """The filters of the digest, the team, and those of the dashboard that these do not replace."""
    found = filters_of(digest.filters, team[0] if team else "")
    known = {one["field"] for one in found}
    fields = {one.name: one.field for one in build.definitions.pages.filters}
    for name, keys in page.get("filters", {}).items():
        plain, _, comparison = name.partition(".")
        field = fields.get(plain, plain)
        if field not in known:
            kind = {"": "is", "not": "is_not"}.get(comparison, comparison)
            found.append({"field": field, kind: list(keys)})
    return found


def _has_fields(build: Opened, report: SavedReport, filters: Iterable[Row]) -> bool:
    known = build.catalogue.dimensions(report.source)
    return all(one["field"] in known for one in filters)


def _attention(build: Opened) -> tuple[str, ...]:
    rows = build.rows(
        "select sentence from marts.rpt_insights where summary_position is not null "
        "order by summary_position"
    )
    return tuple(row["sentence"] for row in rows)


def _instant(build: Opened, language: Language) -> str:
    at = build.build.as_of.astimezone(language.zone(build.build.calendar.timezone))
    return f"{language.day(at.date())}, {at:%H:%M}"


class _Asked:
    """A report of a digest, for its period and filters."""

    def __init__(
        self,
        build: Opened,
        report: SavedReport,
        filters: list[Row],
        period: Row,
        language: Language,
    ) -> None:
        self.build, self.report, self.filters = build, report, filters
        self.period, self.language = period, language
        self.is_notable = False
        self.main = report.measures[0]
        named = build.catalogue.sources[self.main.source].measures[self.main.name]
        self.measure: Measure = named
        self.format = shown_as(named.format, named.sum)

    def section(
        self, digest: Digest, team: tuple[str, str] | None, settings: Settings
    ) -> tuple[Section, list[Row]]:
        """The section, and the filters in words."""
        period, language, format = self.period, self.language, self.format
        answer = self._rows(period["start"], period["end"])
        value = self._headline(answer)
        before = None
        if period["is_compared"]:
            before = self._headline(self._rows(period["before_start"], period["before_end"]))
        shown = answer["filters"][len(self.report.filters) :]
        goal, is_met, limit = self._goal(digest, team, settings, value)
        page = f"report/{self.report.id.lower()}"
        link = page_of(settings.serve.url, page, period, choices_of(self.build, shown))
        section = Section(
            title=language.text(self.report.title),
            label=language.text(self.main.label),
            value=language.value(value, format),
            before=language.value(before, format) if period["is_compared"] else DASH,
            change=language.change(value, before, format),
            tone=self._tone(value, before),
            goal=goal,
            is_met=is_met,
            sentences=tuple(self._sentences(value, before)),
            notable=self.is_notable,
            chart=self._chart(limit),
            link=link,
            figures={"report": self.report.id, "measure": self.main.called, "value": value,
                     "before": before, "format": format},
        )  # fmt: skip
        return section, shown

    def _rows(self, since: date, until: date, **more: Any) -> Row:
        names = (self.measure.name, self.measure.sum, self.measure.minus, self.measure.denominator)
        return rows_of(
            self.build,
            report=self.report.name,
            measures=list(dict.fromkeys(one for one in names if one)),
            filters=self.filters,
            since=since.isoformat(),
            until=until.isoformat(),
            **more,
        )

    def _headline(self, answer: Row) -> float | None:
        source = self.report.source
        if not answer["rows"] or self.build.missing({*source.requires, *self.measure.requires}):
            return None
        value = answer["rows"][0].get(self.measure.name)
        return None if value is None else float(value)

    def _tone(self, value: float | None, before: float | None) -> str:
        good = self.main.good or self.measure.good
        if not good or value is None or before is None or value == before:
            return ""
        return "good" if (value > before) == (good == "up") else "bad"

    def _goal(
        self, digest: Digest, team: tuple[str, str] | None, settings: Settings, value: float | None
    ) -> tuple[str, bool, float | None]:
        """The goal in words, whether the value meets it, and its line in the chart."""
        name = self.main.called
        goal = goal_of(self.build, self.report, name, team[0] if team else "", settings.goals)
        if goal is None or value is None:
            return "", True, None
        if goal["per"] and WHOLE[goal["per"]] != _period(digest):
            # The goal of a sum is for one grain alone.
            return "", True, None
        limit = float(goal["value"])
        is_met = value >= limit if goal["is_least"] else value <= limit
        t, shown = self.language.text, self.language.value(limit, self.format)
        text = t("Goal {limit}: met", limit=shown) if is_met else t(
            "Goal {limit}: missed", limit=shown
        )  # fmt: skip
        return text, is_met, None if goal["per"] else limit

    def _days(self, since: date, until: date) -> list[Row]:
        rows: list[Row] = self._rows(since, until, by=["date"], grain="day")["rows"]
        return rows

    def _totals(self, since: date, until: date) -> Totals:
        """The sum and the days of a period; the days without rows are zero."""
        by_day = {row["date"]: self._amounts(row) for row in self._days(since, until)}
        days = [
            by_day.get(date.fromordinal(number), (0.0, 0.0))
            for number in range(until.toordinal(), since.toordinal() - 1, -1)
        ]
        of = sum(n for _, n in days) if self.measure.denominator else None
        return Totals(sum(amount for amount, _ in days), of, days)

    def _amounts(self, row: Mapping[str, Any]) -> tuple[float, float]:
        measure = self.measure
        less = row.get(measure.minus) or 0 if measure.minus else 0
        amount = float((row.get(measure.sum) or 0) - less)
        return amount, float(row.get(measure.denominator) or 0) if measure.denominator else amount

    def _sentences(self, value: float | None, before: float | None) -> Iterable[str]:
        """What the pages say of the headline: level, change, and where it comes from."""
        if value is None or (self.measure.sum == self.measure.name and not value and not before):
            return
        t, period, language = self.language.text, self.period, self.language
        is_level = self.report.is_point_in_time
        values: dict[str, Any] = {
            "label": t(self._label()),
            "value": language.value(value, self.format),
            "days": period["days"],
            "date": language.day(period["end"]),
            "usual": language.value(before, self.format),
            "before": self._before(),
        }
        if before is None:
            yield t(
                "{label}: {value} at the end of {date}; there is nothing before to compare with."
                if is_level
                else "{label}: {value} in the {days} days to {date}; there is nothing before to "
                "compare with.",
                **values,
            )
            return
        now, earlier = self._two(value, before, is_level)
        if self.report.recency_note or not is_notable(now, earlier, self.measure.format):
            yield t(
                "{label}: {value}; {before}: {usual}. No clear change."
                if self._before()
                else "{label}: {value} at the end of {date}; {days} days before: {usual}. No clear "
                "change."
                if is_level
                else "{label}: {value} in the {days} days to {date}; in the {days} days before: "
                "{usual}. No clear change.",
                **values,
            )
            return
        self.is_notable = True
        yield t(
            "{label}: {value}, {change} {before} ({usual})."
            if self._before()
            else "{label}: {value} at the end of {date}, {change} {days} days before ({usual})."
            if is_level
            else "{label}: {value} in the {days} days to {date}, {change} in the {days} days "
            "before ({usual}).",
            change=self._size(value, before),
            **values,
        )
        if not is_level:
            yield from self._drivers(now, earlier)

    def _label(self) -> str:
        """The name of the headline in sentences, as insights have it."""
        label, title = self.main.label, self.report.title
        is_vague = self.measure.format in ("percent", "points", "decimal")
        return f"{title}, {label.lower()}" if is_vague and label.lower() != title.lower() else label

    def _before(self) -> str:
        """The dates of the period before, if it has another length, as months do."""
        period = self.period
        days = (period["before_end"] - period["before_start"]).days + 1
        if days == period["days"]:
            return ""
        return self.language.span(period["before_start"], period["before_end"])

    def _two(self, value: float, before: float, is_level: bool) -> tuple[Totals, Totals]:
        if is_level:
            return Totals(value, None, ()), Totals(before, None, ())
        period = self.period
        return (
            self._totals(period["start"], period["end"]),
            self._totals(period["before_start"], period["before_end"]),
        )

    def _size(self, value: float, before: float) -> str:
        t, is_up, format = self.language.text, value > before, self.measure.format
        if format in SHARES:
            size = t("{size} points", size=self.language.number(abs(100 * (value - before)), 1))
        else:
            size = t("{n}%", n=self.language.number(abs(100 * (value - before) / before), 1))
        if format == "count":
            return t("{size} more than", size=size) if is_up else t("{size} fewer than", size=size)
        if format == "duration":
            up, down = "{size} longer than", "{size} shorter than"
        else:
            up, down = "{size} higher than", "{size} lower than"
        return t(up if is_up else down, size=size)

    def _drivers(self, now: Totals, before: Totals) -> Iterable[str]:
        taken = {one["field"] for one in self.filters}
        fields = self.report.source.fields
        found = []
        for name in DRIVERS:
            if name in fields and name not in taken:
                driver = driver_of(now, before, self._members(name))
                if driver:
                    found.append((fields[name].label, driver))
        found.sort(key=lambda one: -one[1].part)
        change = (now.value or 0) - (before.value or 0)
        for label, driver in found[:MOST_DRIVERS]:
            yield self.language.text(
                "By {breakdown}, {member} accounts for {part} of the {whole} ({share}%).",
                breakdown=self.language.text(label).lower(),
                member=driver.member,
                part=self._signed(driver.contribution),
                whole=self._signed(change),
                share=self.language.number(100 * driver.part),
            )

    def _signed(self, value: float) -> str:
        sign, size = MINUS if value < 0 else "+", abs(value)
        if self.measure.format in SHARES:
            number = self.language.number(100 * size, 1)
            return sign + self.language.text("{size} points", size=number)
        return sign + self.language.value(size, self.format)

    def _members(self, field: str) -> dict[str, tuple[float, float, float, float]]:
        """Amount and n of each member by name, and those of the period before."""
        found: dict[str, tuple[float, float, float, float]] = {}
        period = self.period
        spans = ((period["start"], period["end"]), (period["before_start"], period["before_end"]))
        for at, (since, until) in enumerate(spans):
            for row in self._rows(since, until, by=[field])["rows"]:
                name = str(row.get(f"{field}.name") or row[field])
                amounts = self._amounts(row)
                known = found.get(name, (0.0, 0.0, 0.0, 0.0))
                found[name] = (*amounts, *known[2:]) if at == 0 else (*known[:2], *amounts)
        return found

    def _chart(self, goal: float | None) -> bytes:
        """The headline by day or week, with that of the period before; empty without dates."""
        report, period = self.report, self.period
        if report.axis or report.rows:
            return b""
        since = period["before_start"] if period["is_compared"] else period["start"]
        grain = "day" if (period["end"] - since).days < MOST_DAYS_OF_CHART else "week"
        rows = self._rows(since, period["end"], by=["date"], grain=grain)["rows"]
        points = [
            Point(row["date"], float(row[self.measure.name]), row["date"] >= period["start"])
            for row in rows
            if row[self.measure.name] is not None
        ]
        if len(points) < 2:
            return b""
        labels = [self.language.short(one.day) for one in points]
        return chart_png(points, self.format, labels, goal)
