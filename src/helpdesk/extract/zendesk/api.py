"""Requests to Zendesk's API. They respect its rate limits, and errors name the remedy."""

import logging
from typing import Any

import requests

from helpdesk.core.errors import IngestError
from helpdesk.core.redaction import redacted
from helpdesk.core.settings import Zendesk
from helpdesk.extract.http import Http
from helpdesk.extract.pipeline import Slice

log = logging.getLogger(__name__)
# Zendesk's limits are per minute, so it asks for no longer pause.
LONGEST_WAIT = 600
TIMEOUT = (10, 120)


class Absent(Exception):
    """An endpoint or an object that does not exist for this account or token."""

    def __init__(self, address: str, status: int, reason: str) -> None:
        super().__init__(
            f"{address} answered {status} ({reason})" if reason else f"{address}: {status}"
        )
        self.address, self.status = address, status


class Invalid(Exception):
    """A request that the API considers invalid, such as one with an unknown cursor."""


class Api:
    """The API of an account. Its requests count against the slice."""

    def __init__(self, config: Zendesk, secret: str, part: Slice) -> None:
        self.config, self.part = config, part
        # Streams whose cursor was deleted.
        self.forgotten: set[str] = set()
        self.root = config.base_url.rstrip("/") + "/api/v2/"
        session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=config.connections)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        if config.email:
            session.auth = (f"{config.email}/token", secret)
        else:
            session.auth = _Bearer(secret)
        self._http = Http(
            session,
            part.progress.request,
            part.progress.log,
            LONGEST_WAIT,
            config.backoff_seconds,
            TIMEOUT,
        )

    def rows(
        self, name: str, path: str, params: dict[str, Any] | None = None, is_list: bool = False
    ) -> dict[str, Any]:
        """The response to a request, which has the list `name`. Raises like `get`."""
        answer = self.get(path, params, is_list)
        if not isinstance(answer.get(name), list):
            reason = _reason_in(answer)
            raise IngestError(
                f"zendesk: the response from {self._address(path)} has no list {name!r} but "
                f"{f'the error {reason}' if reason else self._shown(answer)}. Run it again; it "
                "continues where it stopped. If the error stays, ask Zendesk's support."
            )
        return answer

    def get(
        self, path: str, params: dict[str, Any] | None = None, is_list: bool = False
    ) -> dict[str, Any]:
        """The response to a request. Raises IngestError, Invalid, or Absent.

        `path` is below the API's root, or a complete URL that the API returned for the next page.
        """
        if not is_list:
            self.part.spend()
        address = self._address(path)
        if not address.startswith(self.root):
            # The token must not go to another server.
            raise IngestError(
                f"zendesk: the API refers to {address}, which is not below {self.root}; check "
                "base_url in the settings."
            )
        try:
            response, attempts = self._http.send("GET", address, params=params)
        except requests.RequestException as error:
            raise IngestError(
                f"zendesk: {address} cannot be reached ({type(error).__name__}). Check base_url in "
                "the settings, and run it again; it continues where it stopped."
            ) from error
        self._check(response, address, attempts)
        try:
            answer = response.json()
        except ValueError as error:
            shown = redacted(response.text)[:80]
            raise IngestError(
                f"zendesk: {address} answered {shown!r}, which is not JSON. Check base_url in the "
                "settings, and run it again; it continues where it stopped."
            ) from error
        return answer if isinstance(answer, dict) else {}

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else self.root + path

    def _check(self, response: requests.Response, address: str, attempts: int) -> None:
        status = response.status_code
        if status == 401:
            raise IngestError(
                f"zendesk: {address} rejected the token (401). Set the variable "
                f"{self.config.token_env} to {self._expected_token()}."
            )
        if status < 400:
            return
        reason = _reason_of(response)
        if status in (403, 404, 422):
            raise Absent(address, status, reason)
        if status == 400:
            raise Invalid(f"{address} answered 400 ({reason})")
        tried = f"after {attempts} attempts" if attempts > 1 else "and was not repeated"
        raise IngestError(
            f"zendesk: {address} answered {status}, {tried}: {reason!r}. Run it again later; it "
            "continues where it stopped."
        )

    def _expected_token(self) -> str:
        if self.config.email:
            return (
                f"an active API token, and make {self.config.email} an admin: "
                "Admin Center, Apps and integrations, Zendesk API"
            )
        return "an OAuth access token of an admin, with the scope `read` and not expired"

    def _shown(self, answer: dict[str, Any]) -> str:
        return ", ".join(sorted(answer)[:8]) or "nothing"


class _Bearer(requests.auth.AuthBase):
    """Authentication by header. A session with ~/.netrc would overwrite a plain header."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        return request


def _reason_in(answer: dict[str, Any]) -> str:
    """The error message in a response's JSON."""
    error = answer.get("error")
    if isinstance(error, dict):
        error = error.get("title") or error.get("message")
    parts = [error, answer.get("description"), answer.get("message")]
    return redacted(": ".join(str(part) for part in parts if part))[:200]


def _reason_of(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return redacted(response.text)[:200]
    reason = _reason_in(answer) if isinstance(answer, dict) else ""
    return reason or redacted(response.text)[:200]
