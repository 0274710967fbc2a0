"""The figures of the summary page by team: sums and n, which add up to those of the help desk.

Each figure is that of `summary` and `summary_sla`, of the team's tickets, calls or answers alone:

* **Open** tickets have the team that they had at that time, as in the backlog.
* **All others** have the team that their row has in the reports: of the ticket at as_of, also for what
  happened yesterday; of a call the agent's; of an answer the named agent's, else the ticket's.

`total` is the sum of which a mean or share is total / n. One row for each figure with an n.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from .life import team_at
from .lives import Life
from .records import UNKNOWN
from .rows import MartRow, key
from .summary import Facts, Figure, call_figures, channel_figures, moments, team_figures
from .summary_hours import ages
from .summary_sla import counted

MEANS = ("first_response_time", "time_to_close", "csat")
ALL = "all"
Name = tuple[str, str, str]


def team_rows(facts: Facts) -> list[MartRow]:
    at = moments(facts.world)
    teams = [key(facts.world, "teams", name) for name in facts.world.known["teams"]]
    rows = []
    for team in (*teams, UNKNOWN):
        now, then = (dict(sums(facts, team, at[column])) for column in at)
        for name in {**now, **then}:
            (total, n), (before, before_n) = now.get(name, (0, 0)), then.get(name, (0, 0))
            if n or before_n:
                rows.append(
                    {
                        "team_key": team,
                        **dict(zip(("view_name", "member", "figure"), name, strict=True)),
                        "is_mean": name[2] in MEANS,
                        "total": float(total or 0),
                        "n": n,
                        "comparison_total": float(before or 0),
                        "comparison_n": before_n,
                        **at,
                    }
                )
    return rows


def sums(facts: Facts, team: str, moment: datetime) -> Iterator[tuple[Name, Figure]]:
    """The sum and n of each figure of a team at a moment."""
    world = facts.world

    def was_of_team(life: Life) -> bool:
        return key(world, "teams", team_at(world, life.ticket, moment)) == team

    own = Facts(
        world,
        [life for life in facts.lives if life.row["team_key"] == team],
        [row for row in facts.calls if row["team_key"] == team],
        [row for row in facts.responses if row["team_key"] == team],
    )
    then = Facts(world, [life for life in facts.lives if was_of_team(life)], (), ())
    figures = {
        **team_figures(own, moment),
        "tickets_open": team_figures(then, moment)["tickets_open"],
    }
    for view, found in (("team", figures), ("calls", call_figures(own, moment))):
        for figure, (_, (value, n)) in found.items():
            total = value * n if value and figure in MEANS else value
            yield (f"rpt_summary_{view}", ALL, figure), (total, n)
    of_day, open_then = channel_figures(own, moment), channel_figures(then, moment)
    for channel, figure in of_day:
        one = (open_then if figure == "open_now" else of_day)[channel, figure]
        yield ("rpt_summary_channels", channel, figure), one
    for age, n in ages(then, moment).items():
        yield ("rpt_summary_ages", ALL, age.removesuffix("_count")), (float(n), n)
    for (metric, state), n in counted(world, own.lives, moment).items():
        yield ("rpt_summary_sla", metric, state), (float(n), n)
