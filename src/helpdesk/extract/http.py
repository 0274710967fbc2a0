"""Requests to a vendor's API, repeated after rate limits and temporary errors.

The pause is that of `Retry-After`, in seconds or as a date. Without it, or if it has passed, the
pause doubles with every attempt.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

# Only these responses are worth another attempt.
LIMIT, FAULTS = 429, (500, 502, 503, 504)
# Other programs may use up a limit per minute many times in a row.
ATTEMPTS, ATTEMPTS_AT_LIMIT = 10, 60
# Longer pauses are logged.
SECONDS_TO_REPORT = 10

Sleep = Callable[[float], None]


class Http:
    """A session with an API.

    `spend` is called for each request, `log` with a line about each longer pause. A response that
    asks for a pause of more than `longest_wait` seconds is returned to the caller.
    """

    def __init__(
        self,
        session: requests.Session,
        spend: Callable[[], None],
        log: Callable[[str], None],
        longest_wait: float,
        backoff: float,
        timeout: tuple[float, float],
    ) -> None:
        self._session, self._spend, self._log = session, spend, log
        self._longest_wait, self._backoff, self._timeout = longest_wait, backoff, timeout

    def send(
        self,
        method: str,
        address: str,
        is_final: Callable[[requests.Response], bool] = lambda response: False,
        **options: Any,
    ) -> tuple[requests.Response, int]:
        """The response and the number of attempts.

        `is_final`: whether another attempt would not help. Raises requests.RequestException if the
        API cannot be reached.
        """
        attempts = 0
        while True:
            attempts += 1
            self._spend()
            try:
                response = self._session.request(method, address, timeout=self._timeout, **options)
            except (requests.ConnectionError, requests.Timeout):
                if attempts >= ATTEMPTS:
                    raise
                self._wait(self._pause(attempts), "the API does not answer")
                continue
            most = {LIMIT: ATTEMPTS_AT_LIMIT}.get(response.status_code, ATTEMPTS)
            if response.status_code not in (LIMIT, *FAULTS) or attempts >= most:
                return response, attempts
            seconds = retry_after(response) or self._pause(attempts)
            if is_final(response) or seconds > self._longest_wait:
                return response, attempts
            self._wait(
                seconds,
                "the rate limit is used up"
                if response.status_code == LIMIT
                else f"the API answered {response.status_code}",
            )

    def _pause(self, attempts: int) -> float:
        return float(min(self._longest_wait, 60, self._backoff * 2 ** (attempts - 1)))

    def _wait(self, seconds: float, reason: str) -> None:
        if seconds >= SECONDS_TO_REPORT:
            self._log(f"waiting {seconds:,.0f} s: {reason}")
        time.sleep(seconds)


def retry_after(response: requests.Response) -> float:
    """The seconds of a response's `Retry-After`; 0 if it is missing or has passed."""
    value = str(response.headers.get("Retry-After", "")).strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
