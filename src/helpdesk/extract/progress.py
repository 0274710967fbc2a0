"""Logs the progress of a run every ten seconds, as a first run can take hours."""

import logging
import time
from threading import Lock

from helpdesk.core.build import LogFn

SECONDS_BETWEEN_LINES = 10


class Progress:
    """Counts the requests and tickets of a run.

    `total` is the approximate number of tickets to fetch, if the API reports it.
    """

    def __init__(self, vendor: str = "", log: LogFn = lambda level, line: None) -> None:
        self._vendor, self._log, self._lock = vendor, log, Lock()
        self._started = self._logged_at = time.monotonic()
        self.requests, self.rows, self.tickets = 0, 0, 0
        self.total: int | None = None

    def request(self) -> None:
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            if now - self._logged_at >= SECONDS_BETWEEN_LINES:
                self._logged_at = now
                self._log(logging.INFO, self.line(now - self._started))

    def log(self, line: str) -> None:
        self._log(logging.INFO, f"{self._vendor}: {line}")

    def line(self, seconds: float) -> str:
        """Rows and requests so far, and the remaining time if the number of tickets is known."""
        a_minute = self.requests / max(seconds, 1) * 60
        line = (
            f"{self._vendor}: {self.rows:,} rows so far; {self.requests:,} requests, "
            f"{a_minute:,.0f} a minute"
        )
        if self.total is None or not self.tickets:
            return line
        left = max(0, self.total - self.tickets) * self.requests / self.tickets
        return (
            f"{line}; {self.tickets:,} of about {max(self.total, self.tickets):,} tickets, "
            f"about {left:,.0f} requests left: {_duration(left / a_minute * 60)}"
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5_400 else f"{seconds / 3600:,.1f} h"
