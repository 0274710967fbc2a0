"""Requests to HubSpot's API: its limits honoured, its refusals told with their remedy."""

from collections.abc import Callable, Iterator
from typing import Any

import requests
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth

from helpdesk.errors import IngestError

Record = dict[str, Any]

# A secondly limit passes in ten seconds; HubSpot's Retry-After is kept to, up to an hour.
ATTEMPTS, LONGEST_WAIT, TIMEOUT = 8, 3_600, 60
# What a private app needs; HubSpot refuses an endpoint whose scope is missing.
SCOPES = (
    "tickets",
    "crm.objects.companies.read",
    "crm.objects.contacts.read",
    "crm.objects.feedback_submissions.read",
    "crm.objects.owners.read",
    "settings.users.teams.read",
    "conversations.read",
)


class HubSpotApi:
    """`secret` is the access token, `token_env` the variable that it came from, for messages.

    `spend` is called for every request.
    """

    def __init__(
        self, base_url: str, secret: str, token_env: str, spend: Callable[[], None]
    ) -> None:
        self._token_env, self._spend = token_env, spend
        self._base_url = base_url.rstrip("/")
        self._session = Client(
            request_timeout=TIMEOUT,
            raise_for_status=False,
            request_max_attempts=ATTEMPTS,
            request_max_retry_delay=LONGEST_WAIT,
            session_attrs={"auth": BearerTokenAuth(secret)},
        ).session

    def get(self, path: str, **params: str | int) -> Record:
        return self._answer("GET", path, params=params) or {}

    def find(self, path: str, **params: str | int) -> Record | None:
        """As `get`; None where there is no such object (any more)."""
        return self._answer("GET", path, params=params, absent=404)

    def post(self, path: str, body: Record) -> Record:
        return self._answer("POST", path, json=body) or {}

    def pages(self, path: str, **params: str | int) -> Iterator[list[Record]]:
        """The results of a list, a page at a time, to its end."""
        following: dict[str, str | int] = {}
        while True:
            answer = self.get(path, **params, **following)
            yield answer["results"]
            after = answer.get("paging", {}).get("next", {}).get("after")
            if not after:
                return
            following = {"after": after}

    def _answer(
        self, method: Any, path: str, absent: int | None = None, **kwargs: Any
    ) -> Record | None:
        try:
            response = self._session.request(method, self._base_url + path, **kwargs)
        except requests.RequestException as error:
            raise IngestError(
                f"HubSpot cannot be reached at {self._base_url}{path} ({type(error).__name__}). "
                "Run it again; it goes on where it stopped."
            ) from error
        self._spend()
        if response.status_code == absent:
            return None
        self._check(response)
        answer: Record = response.json()
        return answer

    def _check(self, response: requests.Response) -> None:
        if response.ok:
            return
        path = str(response.request.path_url).partition("?")[0]
        told = _told(response)
        if response.status_code == 401:
            raise IngestError(
                f"HubSpot refused the token in {self._token_env} ({told}). Put the access token of "
                f"a private app there; it needs the scopes {', '.join(SCOPES)}."
            )
        if response.status_code == 403:
            raise IngestError(
                f"HubSpot: the token in {self._token_env} may not read {path} ({told}). "
                f"The private app needs the scopes {', '.join(SCOPES)}."
            )
        remedy = {
            429: "The limit of the account's requests is used up; run it again later, it goes on "
            "where it stopped.",
        }.get(response.status_code, "Run it again; it goes on where it stopped.")
        raise IngestError(
            f"HubSpot answered {response.status_code} to {path} after "
            f"{ATTEMPTS} attempts at most ({told}). {remedy}"
        )


def _told(response: requests.Response) -> str:
    """What HubSpot says is wrong; never the request, which holds the token."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return response.reason
    known = body if isinstance(body, dict) else {}
    parts = [known.get(name) for name in ("category", "policyName", "message")]
    return ": ".join(str(part) for part in parts if part) or response.reason
