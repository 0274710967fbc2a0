"""Errors of forecasts of four weeks, from rolling origins, by method and help desk.

Each method sees the whole dates before an origin, and forecasts the 28 dates from it on. Origins
are a week apart. The figures are tickets created and tickets open, as in `rpt_forecast`. With
statsmodels installed, its methods are measured too; the project does not need it.

    python -m benchmarks.forecast OUTPUT [OUTPUT ...] [--until 2016-05-31] [--least 56] [--step 7]
"""

import argparse
import warnings
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import mean, median, quantiles

import duckdb

from helpdesk.core.paths import OutputPaths

DAYS, WEEK, LEAST_ORIGINS = 28, 7, 8
# The library's methods read half a year, which makes them faster and no worse.
READ = 26 * WEEK
Series = Sequence[float]
Method = Callable[[Series], list[float]]
CREATED = """select created_date as day, count(*) as n from marts.fct_tickets
    where not is_excluded group by all"""
OPEN = """select backlog_date as day, sum(open_ticket_count) as n from marts.fct_backlog_daily
    group by all"""


def weekday_means(weeks: int, of: Callable[[Series], float] = mean) -> Method:
    """The average of the same weekday in the weeks before."""
    return lambda past: [of(past[ahead % WEEK - WEEK * weeks :: WEEK]) for ahead in range(DAYS)]


def last_value(past: Series) -> list[float]:
    return [past[-1]] * DAYS


def library() -> dict[str, Method]:
    """Exponential smoothing and Theta of statsmodels, with a weekly season; none without it."""
    try:
        import pandas as pd
        from statsmodels.tsa.forecasting.theta import ThetaModel
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError:
        return {}

    def smoothing(past: Series, **trend: object) -> list[float]:
        model = ExponentialSmoothing(past[-READ:], seasonal="add", seasonal_periods=WEEK, **trend)
        return list(model.fit().forecast(DAYS))

    def theta(past: Series) -> list[float]:
        dated = pd.Series(past, index=pd.date_range("2020-01-01", periods=len(past)))
        return list(ThetaModel(dated, period=WEEK, method="additive").fit().forecast(DAYS))

    return {
        "exponential smoothing": smoothing,
        "the same, damped trend": lambda past: smoothing(past, trend="add", damped_trend=True),
        "Theta": theta,
    }


METHODS: dict[str, Method] = {
    **{f"{weeks} weeks": weekday_means(weeks) for weeks in (1, 2, 4, 8, 12)},
    "8 weeks, median": weekday_means(8, median),
    "last value": last_value,
    **library(),
}


def series(output: Path, until: date | None) -> dict[str, list[float]]:
    """Both figures of each whole date, from that of the first ticket on."""
    with duckdb.connect(str(OutputPaths(output).published), read_only=True) as connection:
        found = connection.execute(
            "select min(created_date), (select as_of_date from marts.build_log) "
            "from marts.fct_tickets where not is_excluded"
        ).fetchone()
        assert found
        first, last = found
        end = min(last, until + timedelta(1)) if until else last
        days = [first + timedelta(number) for number in range((end - first).days)]
        counts = {
            name: dict(connection.execute(sql).fetchall())
            for name, sql in (("tickets created", CREATED), ("tickets open", OPEN))
        }
    return {name: [float(of.get(day, 0)) for day in days] for name, of in counts.items()}


def measured(past: Series, method: Method, least: int, step: int) -> tuple[int, float, float]:
    """The number of origins, and the errors of dates and of sums, as a share of what came."""
    off = of_sums = came = 0.0
    origins = range(least, len(past) - DAYS + 1, step)
    for origin in origins:
        expected, actual = method(past[:origin]), past[origin : origin + DAYS]
        off += sum(abs(one - other) for one, other in zip(expected, actual, strict=True))
        of_sums += abs(sum(expected) - sum(actual))
        came += sum(actual)
    return len(origins), off / came, of_sums / came


def kept(past: Series, name: str, weeks: int, least: int) -> tuple[int, float]:
    """How many dates there are, and how many the interval kept that earlier origins gave."""
    method = weekday_means(weeks)
    distances: dict[int, list[tuple[int, float]]] = {}
    inside = []
    for origin in range(least, len(past) - DAYS + 1, WEEK):
        expected, actual = method(past[:origin]), past[origin : origin + DAYS]
        for ahead in range(DAYS):
            group = ahead % WEEK if name == "tickets created" else ahead // WEEK
            distance = abs(expected[ahead] - actual[ahead])
            # An origin is known when its four weeks are over; as in the mart, 13 are read.
            known = [
                (at, off) for at, off in distances.get(group, ())
                if origin - DAYS - 12 * WEEK <= at <= origin - DAYS
            ]  # fmt: skip
            if len({at for at, _ in known}) >= LEAST_ORIGINS:
                off = quantiles([off for _, off in known], n=10, method="inclusive")[8]
                inside.append(distance <= off)
        for ahead in range(DAYS):
            group = ahead % WEEK if name == "tickets created" else ahead // WEEK
            distances.setdefault(group, []).append((origin, abs(expected[ahead] - actual[ahead])))
    return len(inside), mean(inside) if inside else float("nan")


def main() -> None:
    """Print a table for each output folder and figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outputs", nargs="+", type=Path)
    parser.add_argument("--until", type=date.fromisoformat, help="the last date that is read")
    parser.add_argument("--least", type=int, default=12 * WEEK, help="dates before an origin")
    parser.add_argument("--step", type=int, default=WEEK, help="dates between origins")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for output in asked.outputs:
        for name, past in series(output, asked.until).items():
            print(f"\n{output.name}: {name}, {len(past)} dates")
            for label, method in METHODS.items():
                if label.split()[0].isdigit() and WEEK * int(label.split()[0]) > asked.least:
                    continue
                n, off, of_sums = measured(past, method, asked.least, asked.step)
                print(f"{label:24} {n:3} origins  {off:7.1%} of a date  {of_sums:7.1%} of a sum")
            n, share = kept(past, name, 8 if name == "tickets created" else 2, asked.least)
            print(f"interval: {share:.1%} of {n} later dates")


if __name__ == "__main__":
    main()
