"""The staff, the customers, and their made-up names."""

from dataclasses import dataclass

import numpy as np

from helpdesk.simulator.clock import Clock
from helpdesk.simulator.desk import Bools, Desk, Floats, Ints

STARTS = ("Bra", "Cle", "Dro", "Fen", "Gal", "Hul", "Jor", "Kes", "Lum", "Mov", "Nar", "Pel")
MIDDLES = ("di", "ka", "lo", "mi", "ne", "po", "ra", "su", "ta", "vo")
ENDS = ("bex", "dell", "fin", "gar", "lin", "mund", "nox", "ric", "san", "tor")
TRADES = ("Works", "Foods", "Freight", "Studios", "Tools", "Supply")

# The tickets that are open at the end of the year, as a share of all.
OPEN = 0.02


def made_up_words(generator: np.random.Generator, count: int) -> list[str]:
    """`count` words of three syllables, without repetition within each 1,200."""
    words = [start + middle + end for start in STARTS for middle in MIDDLES for end in ENDS]
    rounds = [generator.permutation(len(words)) for _ in range(-(-count // len(words)))]
    return [words[i] for i in np.concatenate([*rounds, np.empty(0, dtype=np.int64)])[:count]]


@dataclass(frozen=True)
class Staff:
    """Arrays of shape (agents,): team before and after midway, presence, share of the work."""

    name: list[str]
    team: Ints
    team_later: Ints
    stays: Bools
    weight: Floats
    capacity: Ints

    @classmethod
    def draw(cls, desk: Desk, clock: Clock, tickets: int) -> "Staff":
        """Draw the staff. Capacities vary around the open tickets per agent."""
        generator = clock.generator("staff")
        team = np.repeat(np.arange(len(desk.teams)), desk.team_sizes)
        team_later = team.copy()
        for agent, new_team in desk.moved:
            team_later[agent] = new_team
        words = made_up_words(generator, 2 * len(team))
        return cls(
            name=[f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=True)],
            team=team,
            team_later=team_later,
            stays=~np.isin(np.arange(len(team)), desk.left),
            weight=generator.uniform(0.5, 1.5, len(team)),
            capacity=np.maximum(
                3, np.rint(generator.uniform(0.8, 2, len(team)) * OPEN * tickets / len(team))
            ).astype(np.int64),
        )

    def pick(self, generator: np.random.Generator, team: Ints, later: Bools) -> Ints:
        """An agent of each team, from before or after midway, in the shape of `team`."""
        drawn = generator.random(len(team))
        agent = np.full(len(team), -1)
        for of_team in np.unique(team):
            for half in (False, True):
                belongs = (self.team_later if half else self.team) == of_team
                there = np.flatnonzero(belongs & self.stays if half else belongs)
                rows = (team == of_team) & (later == half)
                shares = np.cumsum(self.weight[there])
                agent[rows] = there[np.searchsorted(shares / shares[-1], drawn[rows])]
        return agent


@dataclass(frozen=True)
class Customers:
    """Companies by index, and contacts with their company (-1: none), shape (contacts,)."""

    company_name: list[str]
    contact_name: list[str]
    company: Ints

    @classmethod
    def draw(cls, desk: Desk, clock: Clock, tickets: int) -> "Customers":
        """Draw the customers. Company sizes follow Zipf's law: a few write most of the tickets."""
        generator = clock.generator("customers")
        contacts = desk.companies + tickets // desk.tickets_per_contact
        share = np.arange(1, desk.companies + 1) ** -desk.zipf_exponent
        company = generator.choice(desk.companies, size=contacts, p=share / share.sum())
        words = made_up_words(generator, desk.companies)
        firsts, lasts = made_up_words(generator, contacts), made_up_words(generator, contacts)
        return cls(
            company_name=[f"{word} {TRADES[i % len(TRADES)]}" for i, word in enumerate(words)],
            contact_name=[f"{a} {b}" for a, b in zip(firsts, lasts, strict=True)],
            company=np.where(generator.random(contacts) < desk.no_contact, -1, company),
        )
