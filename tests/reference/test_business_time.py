"""Business time by hand: each ruling of `business_time`, and what holds for any schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .business_time import (
    AlwaysOpen,
    Calendar,
    OpenHours,
    Schedule,
    Window,
    epoch,
    open_intervals,
    wall_to_epoch,
)

MINUTE, HOUR, DAY = 60, 3600, 86400
BERLIN = "Europe/Berlin"
# Gaps and repeats of 30 minutes, an hour, a whole day, around midnight; zones with half hours.
CLOCK_CHANGES = [
    (BERLIN, date(2024, 3, 31)),
    (BERLIN, date(2024, 10, 27)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/St_Johns", date(2024, 3, 10)),
    ("America/St_Johns", date(2024, 11, 3)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Havana", date(2024, 11, 3)),
    ("America/Santiago", date(2024, 9, 8)),
    ("America/Santiago", date(2024, 4, 6)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("Pacific/Apia", date(2011, 12, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2024, 1, 1)),
]


def utc(text: str) -> int:
    return epoch(datetime.fromisoformat(text).replace(tzinfo=UTC))


def daily(start: int, end: int, zone: str = BERLIN) -> list[Window]:
    return [Window(weekday, start, end, zone) for weekday in range(1, 8)]


def hours(
    windows: list[Window], day: date, *holidays: date, days: int = 0, apply: bool = True
) -> OpenHours:
    """The windows that open on `day` and the `days` before and after it."""
    schedule = Schedule({date.min: windows}, frozenset(holidays))
    around = timedelta(days=days)
    return OpenHours(open_intervals(schedule, day - around, day + around, apply))


def spans(of: OpenHours) -> list[tuple[str, str]]:
    """The open intervals as UTC text, to the minute."""
    show = [
        [datetime.fromtimestamp(second, UTC).strftime("%d %H:%M") for second in ends]
        for ends in (of.starts, of.ends)
    ]
    return list(zip(*show, strict=True))


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES)
def test_wall_times_are_converted_as_in_duckdb(zone: str, day: date) -> None:
    with duckdb.connect() as connection:
        for minute in range(0, 2880, 15):
            wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
            query = "select epoch(timezone(?, ?::timestamp))::bigint"
            (expected,) = connection.execute(query, [zone, wall]).fetchone()
            assert wall_to_epoch(zone, day, minute) == expected, (zone, wall)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        (BERLIN, date(2024, 3, 31), 23 * HOUR),
        (BERLIN, date(2024, 10, 27), 25 * HOUR),
        (BERLIN, date(2024, 7, 1), 24 * HOUR),
        ("Australia/Lord_Howe", date(2024, 10, 6), 23 * HOUR + 30 * MINUTE),
        ("Australia/Lord_Howe", date(2024, 4, 7), 24 * HOUR + 30 * MINUTE),
        ("America/Santiago", date(2024, 9, 8), 23 * HOUR),
        ("America/Havana", date(2024, 11, 2), 25 * HOUR),
        ("America/Havana", date(2024, 11, 3), 24 * HOUR),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_whole_day_is_as_long_as_the_zone_makes_it(zone: str, day: date, length: int) -> None:
    assert hours(daily(0, 1440, zone), day).opened[-1] == length


@pytest.mark.parametrize(
    ("day", "start", "end", "minutes"),
    [
        (date(2024, 3, 31), 60, 150, 90),
        (date(2024, 3, 31), 150, 240, 30),
        (date(2024, 3, 31), 120, 180, 0),
        (date(2024, 3, 31), 150, 180, 0),
        (date(2024, 10, 27), 60, 150, 150),
        (date(2024, 10, 27), 150, 240, 90),
        (date(2024, 10, 27), 120, 180, 60),
        (date(2024, 3, 30), 1320, 1800, 7 * 60),
        (date(2024, 10, 26), 1320, 1800, 9 * 60),
    ],
)
def test_windows_that_begin_end_or_span_a_clock_change(
    day: date, start: int, end: int, minutes: int
) -> None:
    assert hours(daily(start, end), day).opened[-1] == minutes * MINUTE


def test_the_windows_of_a_skipped_date_have_no_length() -> None:
    """In Apia 29 December 2011 was followed by the 31st; Friday the 30th never was."""
    zone = "Pacific/Apia"
    assert hours(daily(540, 1020, zone), date(2011, 12, 30)).opened == [0]
    around = hours(daily(540, 1020, zone), date(2011, 12, 30), days=1)
    assert spans(around) == [("29 19:00", "30 03:00"), ("30 19:00", "31 03:00")]


NIGHT = [Window(2, 1320, 1800, "UTC")]  # Tuesdays 22:00 to Wednesdays 06:00
TUESDAY, WEDNESDAY = date(2024, 4, 30), date(2024, 5, 1)


@pytest.mark.parametrize(
    ("holidays", "open_at"),
    [
        ([], [("30 22:00", "01 06:00")]),
        ([WEDNESDAY], [("30 22:00", "01 00:00")]),
        ([TUESDAY], [("01 00:00", "01 06:00")]),
        ([TUESDAY, WEDNESDAY], []),
    ],
)
def test_a_holiday_closes_its_local_day_only(
    holidays: list[date], open_at: list[tuple[str, str]]
) -> None:
    assert spans(hours(NIGHT, TUESDAY, *holidays)) == open_at


def test_holidays_are_left_out_where_they_do_not_apply() -> None:
    assert hours(NIGHT, TUESDAY, TUESDAY, WEDNESDAY, apply=False).opened[-1] == 8 * HOUR


def test_a_holiday_is_local() -> None:
    of = hours(daily(0, 1440), WEDNESDAY, WEDNESDAY, days=1)
    assert spans(of) == [("29 22:00", "30 22:00"), ("01 22:00", "02 22:00")]


def test_a_window_of_two_days_is_cut_where_a_holiday_is() -> None:
    assert spans(hours([Window(2, 0, 2880, "UTC")], TUESDAY, WEDNESDAY)) == [
        ("30 00:00", "01 00:00")
    ]


def test_a_night_window_continues_into_a_new_version() -> None:
    schedule = Schedule({date.min: NIGHT, WEDNESDAY: []})
    of = OpenHours(open_intervals(schedule, date(2024, 4, 22), date(2024, 5, 12), True))
    assert spans(of)[-1] == ("30 22:00", "01 06:00")


def test_a_version_replaces_the_whole_schedule() -> None:
    versions = {date.min: daily(540, 1020, "UTC"), WEDNESDAY: [Window(4, 600, 660, "UTC")]}
    of = OpenHours(open_intervals(Schedule(versions), TUESDAY, date(2024, 5, 5), True))
    assert spans(of) == [("30 09:00", "30 17:00"), ("02 10:00", "02 11:00")]


def test_before_the_first_version_a_schedule_is_closed() -> None:
    schedule = Schedule({WEDNESDAY: daily(540, 1020, "UTC")})
    of = OpenHours(open_intervals(schedule, date(2024, 4, 1), WEDNESDAY, True))
    assert spans(of) == [("01 09:00", "01 17:00")]


def test_overlaps_count_once() -> None:
    windows = [Window(2, 540, 720, "UTC"), Window(2, 600, 780, "UTC"), Window(2, 630, 640, "UTC")]
    assert spans(hours(windows, TUESDAY)) == [("30 09:00", "30 13:00")]


def test_last_nights_window_overlaps_this_mornings() -> None:
    windows = [*NIGHT, Window(3, 300, 720, "UTC")]
    assert spans(hours(windows, TUESDAY, days=1)) == [("30 22:00", "01 12:00")]


OFFICE = hours(daily(540, 1020, "UTC"), WEDNESDAY, days=3)


@pytest.mark.parametrize(
    ("start", "needed", "due"),
    [
        ("2024-05-01T09:00", 8 * HOUR, "2024-05-01T17:00"),  # at closing, not at the next opening
        ("2024-05-01T09:00", 8 * HOUR + 1, "2024-05-02T09:00:01"),
        ("2024-05-01T17:00", 1, "2024-05-02T09:00:01"),
        ("2024-05-01T20:00", HOUR, "2024-05-02T10:00"),
        ("2024-05-01T20:00", 0, "2024-05-01T20:00"),
        ("2024-05-01T16:59:59", 1, "2024-05-01T17:00"),
        ("2024-05-01T12:00", 13 * HOUR, "2024-05-02T17:00"),
    ],
)
def test_the_inverse_is_the_earliest_second(start: str, needed: int, due: str) -> None:
    assert OFFICE.after(utc(start), needed) == utc(due)


def test_a_goal_past_the_calendar_is_never_reached() -> None:
    assert OFFICE.after(utc("2024-05-01T09:00"), 1000 * HOUR) is None
    assert OpenHours([]).after(0, 1) is None


def test_the_calendar_reaches_three_years_past_as_of_and_from_the_first_event() -> None:
    calendar = Calendar(
        {"s": Schedule({date.min: daily(0, 1440, "UTC")})},
        datetime(2020, 7, 1, tzinfo=UTC),
        datetime(2024, 5, 1, tzinfo=UTC),
    )
    of = calendar.hours("s")
    assert of.open_seconds(utc("2020-01-01"), utc("2027-05-01")) == utc("2027-05-01") - utc(
        "2020-01-01"
    )


@pytest.mark.parametrize("schedule_id", [None, "nobody's"])
def test_no_schedule_and_an_unknown_one_are_always_open(schedule_id: str | None) -> None:
    start = datetime(2024, 5, 1, tzinfo=UTC)
    of = Calendar({}, start, start).hours(schedule_id)
    assert isinstance(of, AlwaysOpen)
    assert (of.open_seconds(5, 65), of.after(5, 60)) == (60, 65)


moments = st.integers(-10, 400)
intervals = st.lists(st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair))))


@given(intervals, moments, moments, moments)
def test_open_seconds_add_up(
    open_at: list[tuple[int, int]], first: int, second: int, third: int
) -> None:
    of = OpenHours(open_at)
    assert of.open_seconds(first, third) == (
        of.open_seconds(first, second) + of.open_seconds(second, third)
    )


@given(intervals, moments, moments)
def test_open_seconds_are_those_inside_a_window(
    open_at: list[tuple[int, int]], one: int, other: int
) -> None:
    start, end = min(one, other), max(one, other)
    counted = sum(any(a <= second < b for a, b in open_at) for second in range(start, end))
    assert OpenHours(open_at).open_seconds(start, end) == counted


@given(intervals, moments, st.integers(0, 300))
def test_the_inverse_is_the_first_second_with_enough(
    open_at: list[tuple[int, int]], start: int, needed: int
) -> None:
    of = OpenHours(open_at)
    enough = [t for t in range(start, 402) if of.open_seconds(start, t) >= needed]
    assert of.after(start, needed) == (enough[0] if enough else None)
