"""Requests to Zendesk: paced by its rate limits, with what went wrong said in words."""

import logging
from typing import Any

from dlt.sources.helpers import requests

from helpdesk.errors import IngestError
from helpdesk.settings import Zendesk
from ingestion.vendors.pipeline import Slice

log = logging.getLogger(__name__)
# Zendesk's limits are by the minute; dlt's client waits as long as Retry-After says, at most this.
LONGEST_WAIT = 600
ATTEMPTS = 10
TIMEOUT = (10, 120)


class Absent(Exception):
    """An endpoint or an object that is not there, for this account or for this token."""


class Api:
    """The account's API; every request is one of the slice's."""

    def __init__(self, config: Zendesk, secret: str, part: Slice) -> None:
        self.config, self.part = config, part
        self.root = config.base_url.rstrip("/") + "/api/v2/"
        client = requests.Client(
            request_timeout=TIMEOUT,
            raise_for_status=False,
            request_max_attempts=ATTEMPTS,
            request_backoff_factor=config.backoff_seconds,
            request_max_retry_delay=LONGEST_WAIT,
        )
        self.session = client.session
        if config.email:
            self.session.auth = (f"{config.email}/token", secret)
        else:
            self.session.headers["Authorization"] = f"Bearer {secret}"

    def get(
        self, path: str, params: dict[str, Any] | None = None, is_list: bool = False
    ) -> dict[str, Any]:
        """The answer to a request. Raises IngestError, or Absent where nothing is there.

        `path` is below the API's root, or a whole address that the API gave for a next page.
        """
        if not is_list:
            self.part.spend()
        address = path if path.startswith("http") else self.root + path
        if not address.startswith(self.root):
            # The token goes to the account alone, whatever an answer says.
            raise IngestError(f"zendesk: the API names {address}, which is not of {self.root}.")
        try:
            response = self.session.get(address, params=params)
        except requests.RequestException as error:
            raise IngestError(f"zendesk: {address} cannot be reached ({error}).") from error
        self._check(response, address)
        try:
            answer: dict[str, Any] = response.json()
        except ValueError as error:
            raise IngestError(f"zendesk: {address} gave no JSON but {response.text[:80]!r}.") from (
                error
            )
        return answer

    def _check(self, response: Any, address: str) -> None:
        if response.status_code == 401:
            raise IngestError(
                f"zendesk: {address} refuses the token (401). The variable "
                f"{self.config.token_env} has to hold {self._expected_token()}."
            )
        if response.status_code in (403, 404, 422):
            raise Absent(f"{address}: {response.status_code}")
        if response.status_code >= 400:
            raise IngestError(
                f"zendesk: {address} gave {response.status_code}, after {ATTEMPTS} attempts: "
                f"{response.text[:200]!r}. What had landed stays; run it again later."
            )

    def _expected_token(self) -> str:
        if self.config.email:
            return (
                f"an API token that is active, and {self.config.email} to be an admin: "
                "Admin Center, Apps and integrations, Zendesk API"
            )
        return "an OAuth access token of an admin with the scope `read`, not expired"
