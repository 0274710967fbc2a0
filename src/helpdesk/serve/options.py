"""Options of the server: its folders, host names and limits."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from helpdesk.audiences.readers import folder_of
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Audience, Settings
from helpdesk.reports.saved import REPORTS

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::")
MOST_THREADS = 4


@dataclass(frozen=True)
class Options:
    """The folders, the host names that the server answers to, and its limits.

    `output` is the folder whose published build the API reads; without it only `site` is served.
    If it is `behind_proxy`, the host name is that of the header X-Forwarded-Host.
    """

    site: Path
    output: Path | None = None
    # The folder of the reports' files.
    reports: Path = REPORTS
    hosts: tuple[str, ...] = LOOPBACK_NAMES
    behind_proxy: bool = False
    # Who may save: nobody, anyone, names, or by default whoever reaches a server of this machine.
    save: str | tuple[str, ...] | None = None
    user_header: str = ""
    groups_header: str = ""
    # Who sees what; without any, every reader sees everything.
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    # That of the readers of this application; None is everything.
    audience: Audience | None = None
    is_local: bool = True
    with_people: bool = False
    memory_limit: str = "1GB"
    threads: int = min(MOST_THREADS, os.cpu_count() or 1)
    query_seconds: float = 10
    refresh_minutes: int = 0
    connections: int = 200
    # Time limits of a client: to send its request, to receive anything at all while an answer is
    # sent, and to receive the whole answer.
    head_seconds: float = 10
    stall_seconds: float = 20
    answer_seconds: float = 600


def options_of(settings: Settings, site: Path, output: Path, host: str) -> Options:
    """The options for an output folder by the settings."""
    ours = settings.serve
    bound = () if host in EVERY_ADDRESS else (_bracketed(host),)
    allowed = (_bracketed(one.lower()) for one in ours.allowed_hosts)
    return Options(
        site=site,
        output=output,
        hosts=tuple(dict.fromkeys((*LOOPBACK_NAMES, *bound, *allowed))),
        behind_proxy=ours.behind_proxy,
        save=ours.save,
        user_header=ours.user_header,
        groups_header=ours.groups_header,
        audiences=settings.audiences,
        is_local=is_loopback(host) and not ours.behind_proxy,
        with_people=settings.include_personal_data,
        memory_limit=ours.memory_limit,
        query_seconds=ours.query_seconds,
        refresh_minutes=ours.refresh_minutes,
        connections=ours.connections,
    )


def options_for(options: Options, name: str) -> Options:
    """The options of the application for the readers of an audience."""
    audience = options.audiences[name]
    if audience.everything:
        return replace(options, audiences={})
    site = options.site
    if options.output:
        site = OutputPaths(options.output).audiences / folder_of(name, audience) / "site"
    return replace(options, site=site, audiences={}, audience=audience)


def reject_missing_pages(options: Options) -> None:
    """Raise HelpdeskError if the pages of an audience are not written."""
    for name in options.audiences:
        site = options_for(options, name).site
        if not (site / "index.html").is_file():
            raise HelpdeskError(
                f"{site}: the pages of audience {name} are not written; run `helpdesk dashboards "
                f"--output {options.output}` with the same --config first."
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    """A host as it is written in a URL."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
