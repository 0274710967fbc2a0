"""The settings of a warehouse, from a small YAML file; each has a default that works."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from helpdesk.errors import ConfigError, near


def _is_variable_name(name: str) -> str:
    # A secret pasted here is the likely mistake; the message must not repeat it.
    if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("names an environment variable; its value does not belong in a file")
    return name


def _is_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("not a mail address")
    return text


def _is_utc(moment: datetime) -> datetime:
    # YAML has dates and times without an offset: those of a settings file are UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


VariableName = Annotated[str, AfterValidator(_is_variable_name)]
Address = Annotated[str, AfterValidator(_is_address)]


class Mail(BaseModel):
    """Where alerts are mailed to. The password is the value of the variable `password_env`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int = Field(default=0, ge=0, le=65535, description="0 means the one of `security`.")
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address = Field(alias="from")
    to: tuple[Address, ...] = Field(min_length=1)
    username: str = ""
    password_env: VariableName = ""

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> "Mail":
        if bool(self.username) != bool(self.password_env):
            raise ValueError("username and password_env go together")
        if self.username and self.security == "none":
            raise ValueError("a password needs security: starttls or tls")
        return self


class Alerts(BaseModel):
    """Who is told of failures and of SLA clocks about to breach; every channel is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_env: VariableName = ""
    mail: Mail | None = None
    command: tuple[str, ...] = ()


class Vendor(BaseModel):
    """How to reach a vendor's API. The token is the value of the variable `token_env`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_env: VariableName


class HubSpot(Vendor):
    """A HubSpot account: a private app's token, where its API is, how far back to fetch."""

    token_env: VariableName = "HUBSPOT_TOKEN"
    base_url: str = Field(default="https://api.hubapi.com", pattern="^https?://")
    start_date: date = Field(
        default=date(1970, 1, 1), description="What was last changed before it is not fetched."
    )


class HubSpotDesk(BaseModel):
    """What HubSpot's own records leave open. Stages are named by their label or their id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pending_stages: tuple[str, ...] = ("Waiting on contact",)
    on_hold_stages: tuple[str, ...] = ()
    pipeline_schedules: dict[str, str] = Field(
        default={}, description="Business hours' schedule of a pipeline, by the pipeline's id."
    )
    csat_scale: tuple[float, float] = (1, 5)

    def __hash__(self) -> int:
        # As all settings, though a dictionary has no hash of its own.
        return hash(self.model_dump_json())


class Zendesk(Vendor):
    """A Zendesk account: its address, and an API token of the agent with this mail address.

    Without `email`, the token is one of OAuth. `start_date`: tickets that have not changed since
    are left out.
    """

    token_env: VariableName = "ZENDESK_TOKEN"
    base_url: str = Field(pattern="^https?://", description="Such as https://acme.zendesk.com.")
    email: Address | None = None
    start_date: Annotated[datetime, AfterValidator(_is_utc)] = datetime(2000, 1, 1, tzinfo=UTC)
    backoff_seconds: float = Field(default=1, ge=0, description="Pause before a second attempt.")


class Ingest(BaseModel):
    """The vendors to fetch from, each with what its API wants."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hubspot: HubSpot | None = None
    zendesk: Zendesk | None = None

    def vendors(self) -> dict[str, Vendor]:
        """Those that are configured, by name."""
        return {name: config for name, config in self if config is not None}


class Rewording(BaseModel):
    """A language model that may put insights into other words; none where there is no `base_url`.

    Any endpoint that speaks OpenAI's chat completions. The key is the value of `api_key_env`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(default="", pattern="^(https?://.+)?$")
    model: str = ""
    api_key_env: VariableName = ""
    timeout_seconds: float = Field(default=60, gt=0, le=600)

    @model_validator(mode="after")
    def _endpoint_is_whole(self) -> "Rewording":
        if bool(self.base_url) != bool(self.model):
            raise ValueError("base_url and model go together")
        return self


class Spark(BaseModel):
    """A Spark cluster that makes the models, of builds with that target.

    `shared_storage`: a folder that this machine and the whole cluster have at the same place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shared_storage: str = ""
    file_format: Literal["parquet", "delta", "iceberg"] = "parquet"


def _empty_if_none(declared: Any) -> Any:
    # `alerts:` with every line below it commented out.
    return {} if declared is None else declared


class Settings(BaseModel):
    """What an installation decides; dbt gets as vars of those names what is not excluded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report_timezone: str = "UTC"
    include_personal_data: bool = False
    default_schedule_id: str = ""
    hubspot: Annotated[HubSpotDesk, BeforeValidator(_empty_if_none)] = HubSpotDesk()
    # Left out of every dump: dbt writes its vars to logs and artifacts.
    alerts: Annotated[Alerts, BeforeValidator(_empty_if_none)] = Field(
        default=Alerts(), exclude=True
    )
    ingest: Annotated[Ingest, BeforeValidator(_empty_if_none)] = Field(
        default=Ingest(), exclude=True
    )
    rewording: Annotated[Rewording, BeforeValidator(_empty_if_none)] = Field(
        default=Rewording(), exclude=True
    )
    spark: Annotated[Spark, BeforeValidator(_empty_if_none)] = Field(default=Spark(), exclude=True)

    @field_validator("report_timezone")
    @classmethod
    def _is_iana_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            hint = near(name, available_timezones())
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
    problems = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = ", ".join(_names(problem["loc"][:-1]))
            problems.append(f"unknown setting {name!r}; the settings are {known}")
        else:
            problems.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(problems)


def _names(group: tuple[int | str, ...]) -> list[str]:
    """The settings of a group, as they are written in the file."""
    groups: dict[tuple[int | str, ...], type[BaseModel]] = {
        ("alerts",): Alerts,
        ("alerts", "mail"): Mail,
        ("rewording",): Rewording,
        ("ingest",): Ingest,
        ("ingest", "hubspot"): HubSpot,
        ("hubspot",): HubSpotDesk,
        ("spark",): Spark,
        ("ingest", "zendesk"): Zendesk,
    }
    fields = groups.get(group, Settings).model_fields
    return [field.alias or name for name, field in fields.items()]


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
