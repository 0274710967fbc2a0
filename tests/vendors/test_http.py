"""The pause that a rate limit requires."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from helpdesk.extract.http import retry_after


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("17", 17, 17),
        ("0.5", 0.5, 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("-3", 0, 0),
        ("soon", 0, 0),
        (None, 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str | None, least: float, most: float) -> None:
    assert least <= retry_after(answered(said)) <= most


def test_retry_after_is_a_future_date() -> None:
    in_five_minutes = datetime.now(UTC) + timedelta(minutes=5)
    assert 200 <= retry_after(answered(format_datetime(in_five_minutes))) <= 300


def answered(retry_after: str | None) -> requests.Response:
    answer = requests.Response()
    if retry_after is not None:
        answer.headers["Retry-After"] = retry_after
    return answer
