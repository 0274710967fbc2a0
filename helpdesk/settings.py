"""The settings of a warehouse, from a small YAML file; each has a default that works."""

import difflib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from helpdesk.errors import ConfigError


class Settings(BaseModel):
    """What an installation decides. Passed to dbt as its vars of the same names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report_timezone: str = "UTC"
    include_personal_data: bool = False
    default_schedule_id: str = ""

    @field_validator("report_timezone")
    @classmethod
    def _is_iana_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            near = difflib.get_close_matches(name, available_timezones(), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"no IANA time zone is called {name!r}{hint}") from error
        return name


def load_settings(path: Path | None) -> Settings:
    """Read `path`, or take the defaults where it is None. Raises ConfigError."""
    if path is None:
        return Settings()
    try:
        declared: Any = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path}: cannot be read as YAML ({' '.join(str(error).split())})."
        ) from error
    if not isinstance(declared, dict):
        raise ConfigError(f"{path}: expected `name: value` lines, found {type(declared).__name__}.")
    try:
        return Settings(**{str(name): value for name, value in declared.items()})
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    known = ", ".join(Settings.model_fields)
    problems = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            problems.append(f"unknown setting {name!r}; the settings are {known}")
        else:
            problems.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(problems)


def parse_as_of(text: str) -> datetime:
    """An ISO 8601 time with an offset. Raises ConfigError."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"--as-of {text!r} is not an ISO 8601 time: try 2024-01-31T00:00:00Z."
        ) from error
    if parsed.tzinfo is None:
        # A bare date is midnight UTC, as in the contract; a bare local time would be a guess.
        if len(text) == len("2024-01-31"):
            return parsed.replace(tzinfo=UTC)
        raise ConfigError(f"--as-of {text!r} has no offset: write {text}Z if it is UTC.")
    return parsed
