"""Requests to HubSpot's API. They respect its rate limits, and errors name the remedy."""

from collections.abc import Callable, Iterator
from typing import Any

import requests
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth

from helpdesk.core.errors import IngestError
from helpdesk.extract.http import Http
from helpdesk.extract.progress import Progress

Record = dict[str, Any]

# The limit per second ends within ten seconds. A Retry-After of up to an hour is respected.
LONGEST_WAIT, BACKOFF, TIMEOUT = 3_600, 1, (10, 60)
# The scopes of a private app. HubSpot rejects requests without the scope of the endpoint.
SCOPES = (
    "tickets",
    "crm.objects.companies.read",
    "crm.objects.contacts.read",
    "crm.objects.feedback_submissions.read",
    "crm.objects.owners.read",
    "crm.objects.users.read",
    "settings.users.teams.read",
    "conversations.read",
)


class HubSpotApi:
    """HubSpot's API with one access token.

    `secret`: the token. `token_env`: its environment variable, for messages. `spend` is called for
    every request.
    """

    def __init__(
        self,
        base_url: str,
        secret: str,
        token_env: str,
        spend: Callable[[], None],
        progress: Progress | None = None,
    ) -> None:
        self._token_env, self._spend = token_env, spend
        self._base_url = base_url.rstrip("/")
        self._progress = progress or Progress()
        session = requests.Session()
        session.auth = BearerTokenAuth(secret)
        self._http = Http(
            session, self._progress.request, self._progress.log, LONGEST_WAIT, BACKOFF, TIMEOUT
        )

    def get(self, path: str, **params: str | int) -> Record:
        return self._answer("GET", path, params=params) or {}

    def find(self, path: str, **params: str | int) -> Record | None:
        """Like `get`, but None if the object does not exist."""
        return self._answer("GET", path, params=params, absent=(404,))

    def offered(self, path: str) -> Record | None:
        """Like `get`, but None if the account or the token has no access."""
        return self._answer("GET", path, absent=(403, 404))

    def post(self, path: str, body: Record, **params: str) -> Record:
        return self._answer("POST", path, json=body, params=params) or {}

    def pages(self, path: str, **params: str | int) -> Iterator[list[Record]]:
        """The results of a list, page by page."""
        following: dict[str, str | int] = {}
        while True:
            answer = self.get(path, **params, **following)
            if not isinstance(answer.get("results"), list):
                raise IngestError(
                    f"HubSpot's response from {self._base_url}{path} has no list 'results'. Run "
                    "it again; it continues where it stopped."
                )
            yield answer["results"]
            after = answer.get("paging", {}).get("next", {}).get("after")
            if not after:
                return
            following = {"after": after}

    def _answer(
        self, method: Any, path: str, absent: tuple[int, ...] = (), **kwargs: Any
    ) -> Record | None:
        try:
            response, attempts = self._http.send(
                method, self._base_url + path, _is_daily_limit, **kwargs
            )
        except requests.RequestException as error:
            raise IngestError(
                f"HubSpot cannot be reached at {self._base_url}{path} ({type(error).__name__}). "
                "Run it again; it continues where it stopped."
            ) from error
        self._spend()
        if response.status_code in absent:
            return None
        self._check(response, attempts)
        answer = self._object(response, path)
        if path.endswith("/tickets/search") and self._progress.total is None:
            self._progress.total = int(answer.get("total") or 0)
        if path.endswith("/tickets/batch/read"):
            self._progress.tickets += len(answer.get("results", []))
        return answer

    def _object(self, response: requests.Response, path: str) -> Record:
        """The JSON object of a response, with the list `results` if the endpoint has one."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        is_list = path.endswith(("/search", "/batch/read"))
        if isinstance(answer, dict) and (not is_list or isinstance(answer.get("results"), list)):
            return answer
        raise IngestError(
            f"HubSpot's response from {self._base_url}{path} has no list 'results' "
            f"({_reason(response)}). Run it again; it continues where it stopped."
        )

    def _check(self, response: requests.Response, attempts: int) -> None:
        if response.ok:
            return
        path = str(response.request.path_url).partition("?")[0]
        reason = _reason(response)
        if response.status_code == 401:
            raise IngestError(
                f"HubSpot rejected the token in {self._token_env} ({reason}). Set the variable to "
                f"the access token of a private app with the scopes {', '.join(SCOPES)}."
            )
        if response.status_code == 403:
            raise IngestError(
                f"HubSpot: the token in {self._token_env} may not read {path} ({reason}). "
                f"Give the private app the scopes {', '.join(SCOPES)}."
            )
        remedy = {
            429: "The account's rate limit is used up. Run it again later; it continues where it "
            "stopped. A daily limit ends at midnight in the account's time zone.",
            400: "HubSpot considers the request invalid, so it was not repeated. If the next run "
            "fails with the same error, report this line to the project.",
        }.get(response.status_code, "Run it again; it continues where it stopped.")
        tried = f"after {attempts} attempts " if attempts > 1 else ""
        raise IngestError(
            f"HubSpot answered {response.status_code} to {path} {tried}({reason}). {remedy}"
        )


def _is_daily_limit(response: requests.Response) -> bool:
    """Whether the limit ends only at the end of the day."""
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("policyName") == "DAILY"


def _reason(response: requests.Response) -> str:
    """HubSpot's error message, without the request, which contains the token."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return response.reason
    known = body if isinstance(body, dict) else {}
    parts = [known.get(name) for name in ("category", "policyName", "message")]
    return ": ".join(str(part) for part in parts if part) or response.reason
