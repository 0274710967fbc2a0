"""The text of `helpdesk explain`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.explain.model import Clock, Event, Explanation, Figure, Interval, OpenTime
from helpdesk.explain.words import counted, span, working

# Events shown of a figure; open times shown at either end of an interval.
SHOWN = 6
ENDS = 3
KIND_WIDTH = 15
REPORTED = "reported"


def lines(found: Explanation) -> Iterator[str]:
    """The lines of an explanation, with times in the report time zone."""
    zone = ZoneInfo(found.report_timezone)
    yield f"{found.ticket_key}, build {found.build_id}, as of {_local(found.as_of, zone)}"
    yield f"Times are in {found.report_timezone}, the report time zone."
    yield from (f"! {line}" for line in found.first)
    yield from (f"Note: {line}" for line in found.notes)
    yield ""
    yield from (f"  {name:<{KIND_WIDTH}}  {value}" for name, value in found.properties.items())
    yield from ("", "TIMELINE")
    yield from (f"  {_event(event, zone)}" for event in found.timeline)
    yield from ("", f"SLA CLOCKS: {_statuses(found)}")
    for clock in found.clocks:
        yield from _clock(clock, zone, found.as_of)
    yield "FIGURES"
    for figure in found.figures:
        yield from _figure(figure, zone)
    yield from _rows(found)


def _statuses(found: Explanation) -> str:
    counts = Counter(clock.status for clock in found.clocks)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common()) or "none"


def _clock(clock: Clock, zone: ZoneInfo, as_of: datetime) -> Iterator[str]:
    yield f"  {clock.metric} {clock.occurrence}: {clock.status}"
    is_reported = clock.basis == REPORTED
    first_close = clock.status_at_first_close
    details = {
        "basis": "reported: the help desk keeps this clock" if is_reported else "",
        "verdict": clock.verdict,
        "policy": _policy(clock),
        "target": _target(clock),
        "counted in": _hours(clock),
        "started": _local(clock.started_at, zone),
        "ended": _ended(clock, zone, as_of),
        "due": _due(clock, zone),
        "elapsed": _elapsed(clock),
        "first close": first_close if first_close != clock.status else "",
        "warning": clock.discrepancy or "",
    }
    yield from (f"    {name:<11} {value}" for name, value in details.items() if value)
    for number, interval in enumerate(clock.intervals, 1):
        yield from _interval(number, interval, zone, clock)
    yield ""


def _policy(clock: Clock) -> str:
    if clock.policy_id is None:
        return ""
    name = f"{clock.policy_name} ({clock.policy_id})" if clock.policy_name else clock.policy_id
    return f"{name}; {clock.policy_because}" if clock.policy_because else name


def _target(clock: Clock) -> str:
    if clock.goal_seconds is None:
        return "unknown: the help desk keeps it"
    of = f"priority {clock.target_priority}" if clock.target_priority else "any priority"
    soon = f", due soon {working(clock.due_soon_seconds)} before" if clock.due_soon_seconds else ""
    return f"{working(clock.goal_seconds)} of working time, for {of}{soon}"


def _hours(clock: Clock) -> str:
    if clock.goal_seconds is None:
        return ""
    if clock.schedule_id is None:
        return "every hour, around the clock"
    if clock.schedule_id == "ticket":
        return "the ticket's own schedule at each moment"
    zone = f" ({clock.schedule_timezone})" if clock.schedule_timezone else ""
    holidays = "without" if clock.holidays_apply else "with"
    return f"the opening hours of schedule {clock.schedule_id}{zone}, {holidays} its holidays"


def _ended(clock: Clock, zone: ZoneInfo, as_of: datetime) -> str:
    if clock.ended_at:
        return _local(clock.ended_at, zone)
    state = "is paused" if clock.is_paused else "runs"
    counted_to = "" if clock.basis == REPORTED else f", counted to {_local(as_of, zone)}"
    return f"not yet: it {state}{counted_to}"


def _due(clock: Clock, zone: ZoneInfo) -> str:
    return f"{_local(clock.due_at, zone) if clock.due_at else 'no due time'}: {clock.due_because}"


def _elapsed(clock: Clock) -> str:
    if clock.elapsed_seconds is None:
        return "unknown: the help desk does not report it"
    parts = [f"{one.working_seconds:,}" for one in clock.intervals if one.is_running]
    exact = _exact(clock.elapsed_seconds, working(clock.elapsed_seconds))
    return f"{exact}: {' + '.join(parts)} s" if len(parts) > 1 else exact


def _interval(number: int, interval: Interval, zone: ZoneInfo, clock: Clock) -> Iterator[str]:
    times = f"{_local(interval.from_at, zone)} to {_local(interval.to_at, zone)}"
    if not interval.is_running:
        yield f"    {number:>3}. {times}  {interval.because}"
        return
    yield (
        f"    {number:>3}. {times}  {interval.because}: {interval.working_seconds:,} s, "
        f"{interval.total_seconds:,} s so far"
    )
    if clock.schedule_id is not None and not interval.open_times:
        yield "           outside opening hours"
    yield from (
        f"           {line}" for line in _open_times(interval.open_times, zone, clock.due_at)
    )


def _open_times(
    times: Sequence[OpenTime], zone: ZoneInfo, due_at: datetime | None
) -> Iterator[str]:
    """The first and last open times, and the one in which the clock became due."""
    of_due = [
        place
        for place, one in enumerate(times)
        if due_at and one.from_at < due_at.replace(microsecond=0) <= one.to_at
    ]
    shown = {*range(ENDS), *range(len(times) - ENDS, len(times)), *of_due}
    left_out: list[OpenTime] = []
    for place, one in enumerate(times):
        if place not in shown:
            left_out.append(one)
            continue
        yield from _left_out(left_out)
        left_out = []
        due = (
            f"  <- due at {due_at.astimezone(zone):%H:%M:%S}" if due_at and place in of_due else ""
        )
        end = _time(one.from_at, one.to_at, zone)
        yield f"open {_local(one.from_at, zone)} to {end}: {one.seconds:,} s{due}"


def _left_out(times: Sequence[OpenTime]) -> Iterator[str]:
    if times:
        seconds = sum(one.seconds for one in times)
        yield f"... {counted(len(times), 'open time')}: {seconds:,} s"


def _figure(figure: Figure, zone: ZoneInfo) -> Iterator[str]:
    because = f"; {figure.because}" if figure.because else ""
    yield f"  {figure.name}: {_value(figure)}{because}"
    yield from (f"      {_event(event, zone)}" for event in figure.events[:SHOWN])
    if rest := figure.events[SHOWN:]:
        yield f"      and {len(rest):,} more"
    yield from (f"    {ruling.column}: {ruling.description}" for ruling in figure.rulings)


def _value(figure: Figure) -> str:
    if figure.value is None:
        return "none"
    if figure.unit == "flag":
        return "yes" if figure.value else "no"
    if figure.unit == "count":
        return f"{figure.value:,}"
    return _exact(figure.value, span(figure.value))


def _exact(seconds: int, words: str) -> str:
    return words if seconds < 60 else f"{seconds:,} s, or {words}"


def _rows(found: Explanation) -> Iterable[str]:
    if found.rejected:
        yield from ("", f"REJECTED ROWS ({len(found.rejected)})")
    for row in found.rejected:
        yield f"  {row.table}: {row.file}, row {row.row}: {row.reason}"
        yield f"    {row.remedy}"
    if found.landed:
        yield from ("", f"LANDED ROWS ({len(found.landed)})")
    for landed in found.landed:
        values = ", ".join(f"{name}={value}" for name, value in landed.values.items())
        yield f"  {landed.table}: {landed.file}, row {landed.row} ({landed.disposition}): {values}"


def _event(event: Event, zone: ZoneInfo) -> str:
    lasted = f", {span(event.seconds)}" if event.seconds is not None else ""
    place = f"  [{event.landed_at}]" if event.landed_at else ""
    return f"{_local(event.at, zone)}  {event.kind:<{KIND_WIDTH}}  {event.text}{lasted}{place}"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S}"


def _time(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The end of a time that began at `start`, without the date if it is the same day."""
    is_same = start.astimezone(zone).date() == end.astimezone(zone).date()
    return f"{end.astimezone(zone):%H:%M:%S}" if is_same else _local(end, zone)
