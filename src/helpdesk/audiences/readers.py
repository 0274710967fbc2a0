"""The audience of a reader: the first one of the settings that names the reader or a group."""

import hashlib
import json
from collections.abc import Collection, Mapping

from helpdesk.core.settings import Audience, Goal


def audience_of(
    audiences: Mapping[str, Audience], user: str, groups: Collection[str]
) -> str | None:
    """The name of a reader's audience; None for a reader whom no audience names.

    >>> north = Audience(groups=("north",), teams=("North",))
    >>> lead = Audience(users=("ada@example.org",), everything=True)
    >>> audience_of({"lead": lead, "north": north}, "ada@example.org", ["north"])
    'lead'
    """
    for name, one in audiences.items():
        if (user and user in one.users) or set(groups) & set(one.groups):
            return name
    return None


def goals_for(audience: Audience | None, goals: tuple[Goal, ...]) -> tuple[Goal, ...]:
    """The goals that readers see: an audience those of its teams, as others are of more tickets."""
    if audience is None:
        return goals
    return tuple(one for one in goals if one.team and one.team in audience.teams)


def folder_of(name: str, audience: Audience) -> str:
    """The folder of an audience's pages; with other limits it is another one."""
    limits = json.dumps(audience.limits, sort_keys=True)
    return f"{name}-{hashlib.sha256(limits.encode()).hexdigest()[:12]}"
