"""The settings of a warehouse, from a YAML file. Each has a default."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from helpdesk.core.accounts import is_of_accounts
from helpdesk.core.errors import ConfigError, near
from helpdesk.core.languages import ENGLISH, languages
from helpdesk.core.notices import Digest, DigestChannels, MeasureAlert
from helpdesk.core.redaction import keep_secret
from helpdesk.core.setting_types import (
    Address,
    Bound,
    VariableName,
    VariableNames,
    as_text,
    none_as_nothing,
)
from helpdesk.core.yaml_files import line_of

MEGABYTES = {"MB": 1, "GB": 1000, "TB": 1_000_000}
# The null values of databases, spreadsheets and data frames.
NULL_VALUES = (
    "NULL", r"\N", "nan", "NaN", "NaT", "None", "0000-00-00", "0000-00-00 00:00:00",
)  # fmt: skip
# With less memory some models fail even without data.
LEAST_MEGABYTES = 128


def _is_memory(text: str) -> str:
    amount = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)", text, re.IGNORECASE)
    if not amount:
        raise ValueError(f"{text!r} is not an amount of memory: write one such as 4GB or 1500MB")
    if float(amount[1]) * MEGABYTES[amount[2].upper()] < LEAST_MEGABYTES:
        raise ValueError(f"{text} is too little: a build needs at least {LEAST_MEGABYTES}MB")
    return text


def _is_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"{name!r} is not an encoding: write one such as cp1252") from error


def _is_language(code: str) -> str:
    if code not in languages():
        listed = ", ".join(languages())
        raise ValueError(
            f"{code!r} is not a language of the pages; there are {listed}{near(code, languages())}"
        )
    return code


def _is_null_value(text: str) -> str:
    # DuckDB looks for null values between delimiters, so they must not contain one.
    if not text or re.search(r"[,;|\t\r\n\"]", text):
        raise ValueError(
            f"{text!r} is not a null value: write a text without delimiters and quotes"
        )
    return text


def _is_utc(moment: datetime) -> datetime:
    # Times without an offset in a settings file are UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Mail(BaseModel):
    """The mail server and recipients of alerts. The variable `password_env` has the password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(
        default=0, ge=0, le=65535, description="0 means the default port of `security`."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="Encryption of the connection."
    )
    sender: Address = Field(alias="from", description="Sender of the mails.")
    to: tuple[Address, ...] = Field(min_length=1, description="Recipients.")
    username: str = Field(default="", description="Login at the mail server.")
    password_env: VariableName = Field(default="", description="Variable with the password.")

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> "Mail":
        if bool(self.username) != bool(self.password_env):
            raise ValueError("username and password_env need each other: set both or neither")
        if self.username and self.security == "none":
            raise ValueError("a password needs encryption: set security to starttls or tls")
        return self


class Alerts(BaseModel):
    """The channels for failures, SLA clocks about to breach and measures; each is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_env: VariableName = Field(
        default="", description="Variable with the URL that gets each alert as JSON."
    )
    mail: Mail | None = Field(default=None, description="Mail server and recipients.")
    urls_env: VariableNames = Field(
        default=(), description="Variables with an Apprise URL each: 100 services."
    )
    command: tuple[str, ...] = Field(
        default=(), description="Program and arguments; the alert is JSON on its standard input."
    )
    measures: Annotated[tuple[MeasureAlert, ...], BeforeValidator(none_as_nothing)] = Field(
        default=(), description="Measures to watch; each channel gets the alerts."
    )


class Vendor(BaseModel):
    """The access to a vendor's API. The variable `token_env` has the token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_env: VariableName


class HubSpot(Vendor):
    """A HubSpot account: a private app's token, the URL of its API, and the first date to fetch."""

    token_env: VariableName = Field(
        default="HUBSPOT_TOKEN", description="Variable with the token of a private app."
    )
    base_url: str = Field(
        default="https://api.hubapi.com", pattern="^https?://", description="URL of the API."
    )
    start_date: date = Field(
        default=date(1970, 1, 1), description="Records last changed before it are not fetched."
    )
    capacity_property: str = Field(
        default="", description="The property of users with the number of tickets one may have."
    )
    check_links_hours: float = Field(
        default=6, ge=0, description="Hours between comparisons of associations with the files."
    )
    portal_id: int | None = Field(
        default=None, gt=0, description="For links to records; by default the API's value."
    )
    ui_domain: str = Field(
        default="app.hubspot.com", pattern="^[A-Za-z0-9.-]+$", description="For links to records."
    )


class HubSpotDesk(BaseModel):
    """Facts that HubSpot's records do not contain. Stages are named by label or id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pending_stages: tuple[str, ...] = Field(
        default=("Waiting on contact",), description="Stages that wait for the customer."
    )
    on_hold_stages: tuple[str, ...] = Field(
        default=(), description="Stages that wait for a third party."
    )
    pipeline_schedules: dict[str, str] = Field(
        default={}, description="Business hours' schedule of a pipeline, by the pipeline's id."
    )
    csat_scale: tuple[float, float] = Field(
        default=(1, 5), description="Lowest and highest score of satisfaction surveys."
    )

    def __hash__(self) -> int:
        # Settings must be hashable, and a dictionary is not.
        return hash(self.model_dump_json())


class Zendesk(Vendor):
    """A Zendesk account: its URL, and an API token of an agent or an OAuth token."""

    token_env: VariableName = Field(
        default="ZENDESK_TOKEN", description="Variable with the API token."
    )
    base_url: str = Field(pattern="^https?://", description="Such as https://acme.zendesk.com.")
    email: Address | None = Field(
        default=None, description="Mail address of the token's agent; none for an OAuth token."
    )
    start_date: Annotated[datetime, AfterValidator(_is_utc)] = Field(
        default=datetime(2000, 1, 1, tzinfo=UTC),
        description="Tickets last changed before it are not fetched.",
    )
    backoff_seconds: float = Field(default=1, ge=0, description="Pause before a second attempt.")
    connections: int = Field(default=4, ge=1, le=20, description="Requests at the same time.")


# Tags of the two forms of a vendor's settings. Error messages leave them out.
ONE, SEVERAL = "account", "accounts"
AccountName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$", max_length=30)]


def _one_or_several(declared: Any) -> str:
    is_read = isinstance(declared, dict) and any(
        isinstance(one, BaseModel) for one in declared.values()
    )
    return SEVERAL if is_read or is_of_accounts(declared) else ONE


def _with_variables(vendor: str) -> Callable[[Any], Any]:
    """Set the default variable of each account's token: HUBSPOT_TOKEN_EMEA for account emea."""

    def filled(declared: Any) -> Any:
        if not is_of_accounts(declared):
            return declared
        return {
            name: {"token_env": f"{vendor}_TOKEN_{str(name).upper()}", **(account or {})}
            for name, account in declared.items()
        }

    return filled


class Ingest(BaseModel):
    """The vendors to fetch from, each with the settings of its API or of each account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hubspot: Annotated[
        Annotated[
            Annotated[HubSpot, Tag(ONE)] | Annotated[dict[AccountName, HubSpot], Tag(SEVERAL)],
            Discriminator(_one_or_several),
        ]
        | None,
        BeforeValidator(_with_variables("HUBSPOT")),
    ] = Field(default=None, description="A HubSpot account, or several by name.")
    zendesk: Annotated[
        Annotated[
            Annotated[Zendesk, Tag(ONE)] | Annotated[dict[AccountName, Zendesk], Tag(SEVERAL)],
            Discriminator(_one_or_several),
        ]
        | None,
        BeforeValidator(_with_variables("ZENDESK")),
    ] = Field(default=None, description="A Zendesk account, or several by name.")

    def vendors(self) -> dict[str, Vendor]:
        """The settings by source system: a vendor, or vendor and account as in hubspot_emea."""
        found: dict[str, Vendor] = {}
        for vendor, config in self:
            if isinstance(config, dict):
                found |= {f"{vendor}_{account}": one for account, one in config.items()}
            elif config is not None:
                found[vendor] = config
        return found

    def __hash__(self) -> int:
        # Settings must be hashable, and a dictionary is not.
        return hash(self.model_dump_json())


class UrlTemplates(BaseModel):
    """URLs of the records of a source, such as https://help.example/tickets/{ticket_id}."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket: str = Field(default="", description="A URL with {ticket_id}.")
    company: str = Field(default="", description="A URL with {company_id}.")
    contact: str = Field(default="", description="A URL with {contact_id}.")

    @field_validator("ticket", "company", "contact")
    @classmethod
    def _is_template(cls, template: str, field: ValidationInfo) -> str:
        place = f"{{{field.field_name}_id}}"
        example = f"write one such as https://help.example/{field.field_name}/{place}"
        if not template:
            return template
        if not re.match(r"https?://[^/{}\s]+", template):
            raise ValueError(f"{template!r} is not an http or https URL: {example}")
        if template.count(place) != 1 or re.search(r"[{}]", template.replace(place, "")):
            raise ValueError(
                f"{template!r} must contain {place} once, and no other braces: {example}"
            )
        if re.search(r"[\s\"'<>\\`]", template):
            raise ValueError(f"{template!r} contains a blank or a quote: {example}")
        return template


def _vendor_url_templates(config: Vendor) -> dict[str, str]:
    """The URLs of a vendor's records, if the settings of its API determine them."""
    if isinstance(config, Zendesk):
        pages = f"{config.base_url.rstrip('/')}/agent"
        return {
            "ticket": pages + "/tickets/{ticket_id}",
            "company": pages + "/organizations/{company_id}",
            "contact": pages + "/users/{contact_id}",
        }
    if isinstance(config, HubSpot) and config.portal_id:
        pages = f"https://{config.ui_domain}/contacts/{config.portal_id}/record"
        return {
            "ticket": pages + "/0-5/{ticket_id}",
            "company": pages + "/0-2/{company_id}",
            "contact": pages + "/0-1/{contact_id}",
        }
    return {}


ObjectName = Literal["ticket", "company", "contact"]
FieldType = Literal["text", "number", "boolean", "date", "datetime", "option", "options"]
# With several accounts of a vendor, the account's name follows the vendor's.
SOURCE = re.compile("(generic|hubspot|zendesk)(_[a-z0-9_]+)?")


def _is_source(name: str) -> str:
    if name and not SOURCE.fullmatch(name):
        sources = ("generic", *Ingest.model_fields)
        raise ValueError(
            f"{name!r} is not a source; the sources are {', '.join(sources)}{near(name, sources)}"
        )
    return name


class OwnField(BaseModel):
    """A custom field, by its id in the help desk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Annotated[str, BeforeValidator(as_text)] = Field(
        min_length=1, max_length=500, description="Its id in the help desk."
    )
    object: ObjectName = Field(default="ticket", description="The object that has the field.")
    name: str = Field(default="", description="Its column; by default named by id or label.")
    label: str = Field(default="", description="By default the help desk's label.")
    type: FieldType | None = Field(default=None, description="By default the help desk's type.")
    source: Annotated[str, AfterValidator(_is_source)] = Field(
        default="", description="The source system; any if empty."
    )
    at: tuple[Literal["creation", "close"], ...] = Field(
        default=(), description="Add columns with the value at that time; tickets only."
    )
    filter: bool = Field(
        default=False, description="Make it a filter of the pages and the prebuilt reports."
    )

    @model_validator(mode="after")
    def _is_of_its_object(self) -> "OwnField":
        if self.at and self.object != "ticket":
            raise ValueError(
                f"{self.field}: only tickets have values at creation and at close; delete `at`"
            )
        if self.filter and self.type == "options":
            raise ValueError(
                f"{self.field}: a field with several values cannot be a filter of the pages; "
                "delete `filter: true`, and use the field in reports of the report builder"
            )
        return self


class Tags(BaseModel):
    """The tags of tickets to keep. `*` in a pattern matches any text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    include: tuple[Annotated[str, BeforeValidator(as_text)], ...] = Field(
        default=("*",), min_length=1, description="Tags or patterns of tags to keep."
    )
    filter: Literal[False] = Field(default=False, description="Not possible for tags.")

    @field_validator("filter", mode="before")
    @classmethod
    def _is_no_filter(cls, declared: Any) -> Any:
        if declared:
            raise ValueError(
                "tags cannot be a filter of the pages, as a ticket has several; delete "
                "`filter: true`"
            )
        return declared


def _all_tags(declared: Any) -> Any:
    return {"include": ["*"]} if declared == "all" else declared


class Rewording(BaseModel):
    """A language model that rewords insights; without `base_url` none does.

    Any endpoint with OpenAI's chat completions API works. The variable `api_key_env` has the key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        default="",
        pattern="^(https?://.+)?$",
        description="URL of the endpoint; none: no rewording.",
    )
    model: str = Field(default="", description="Name of the model.")
    api_key_env: VariableName = Field(default="", description="Variable with the key.")
    timeout_seconds: float = Field(
        default=60, gt=0, le=600, description="Longest wait for an answer."
    )

    @model_validator(mode="after")
    def _endpoint_is_whole(self) -> "Rewording":
        if bool(self.base_url) != bool(self.model):
            raise ValueError("base_url and model need each other: set both or neither")
        return self


class Spark(BaseModel):
    """The Spark cluster that runs the models of builds with `--target spark`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shared_storage: str = Field(
        default="", description="Folder with the same path on this machine and on the cluster."
    )
    file_format: Literal["parquet", "delta", "iceberg"] = Field(
        default="parquet", description="Format of the tables."
    )


def _is_host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?", text):
        raise ValueError(f"{text!r} is not a host name: write one such as desk.example.org")
    return text


def _is_header(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ValueError(f"{name!r} is not the name of a header: write one such as X-Remote-User")
    return name


class Serve(BaseModel):
    """The web server of `helpdesk serve`: its host names and limits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed_hosts: tuple[Annotated[str, AfterValidator(_is_host)], ...] = Field(
        default=(), description="In addition to the loopback names; without a port."
    )
    behind_proxy: bool = Field(default=False, description="A reverse proxy sets X-Forwarded-Host.")
    url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$",
        description="Address of the pages for readers, such as https://desk.example.org: the links "
        "of alerts and digests begin with it.",
    )
    save: Literal["nobody", "anyone"] | tuple[str, ...] | None = Field(
        default=None,
        description="Who may save reports and dashboards on pages: nobody, anyone, or the names "
        "that user_header has. Without it anyone, if only this machine reaches the server.",
    )
    user_header: Annotated[str, AfterValidator(_is_header)] = Field(
        default="", description="The header with which the reverse proxy names the user."
    )
    groups_header: Annotated[str, AfterValidator(_is_header)] = Field(
        default="",
        description="The header with the user's groups, separated by commas, for audiences.",
    )
    memory_limit: Annotated[str, AfterValidator(_is_memory)] = Field(
        default="1GB", description="Memory of all queries together, of each audience."
    )
    query_seconds: float = Field(default=10, gt=0, le=600, description="Longest time of a query.")
    connections: int = Field(
        default=200, ge=4, le=10_000, description="Connections at the same time."
    )
    refresh_minutes: int = Field(
        default=0, ge=0, le=525_600, description="Minutes between builds; 0 if unknown."
    )

    @model_validator(mode="after")
    def _knows_users(self) -> Self:
        for header in ("user_header", "groups_header"):
            if getattr(self, header) and not self.behind_proxy:
                raise ValueError(
                    f"{header} needs behind_proxy: true; without a proxy anyone could send the "
                    "header"
                )
        if isinstance(self.save, tuple) and not self.user_header:
            raise ValueError("names in save need user_header, which has the user's name")
        return self


class Audience(BaseModel):
    """Readers, and the tickets that they see: those that all given limits keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: tuple[str, ...] = Field(
        default=(), description="Names of its readers, as user_header has them."
    )
    groups: tuple[str, ...] = Field(
        default=(), description="Groups of its readers, as groups_header has them."
    )
    postgres_roles: tuple[str, ...] = Field(
        default=(), description="Roles of a Postgres database that see its rows alone."
    )
    teams: tuple[str, ...] = Field(
        default=(), description="Teams of its tickets, by name or key, such as zendesk:123."
    )
    pipelines: tuple[str, ...] = Field(
        default=(), description="Pipelines of its tickets, by name or key."
    )
    companies: tuple[str, ...] = Field(
        default=(), description="Companies of its tickets, by name or key."
    )
    everything: bool = Field(
        default=False, description="See every ticket, insights and data quality."
    )

    @property
    def limits(self) -> dict[str, tuple[str, ...]]:
        """The values of each attribute that limits it."""
        limits = {"teams": self.teams, "pipelines": self.pipelines, "companies": self.companies}
        return {name: values for name, values in limits.items() if values}

    @model_validator(mode="after")
    def _is_limited_or_not(self) -> Self:
        if bool(self.limits) == self.everything:
            raise ValueError(
                "an audience needs teams, pipelines or companies, or else `everything: true`"
            )
        if not (self.users or self.groups or self.postgres_roles):
            raise ValueError("an audience needs readers: users, groups or postgres_roles")
        return self


class Goal(BaseModel):
    """A goal for a measure of a report, such as `{report: R3, at_most: 4h}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: str = Field(min_length=1, description="The report's id or name.")
    measure: str = Field(default="", description="A measure of the report; by default its first.")
    at_least: Bound = Field(default="", description="The least good value, such as 90% or 4.5.")
    at_most: Bound = Field(default="", description="The largest good value, such as 4h or 2d 12h.")
    per: Literal["day", "week", "month", "quarter", "year"] | None = Field(
        default=None, description="The grain of a goal for a number of tickets or the like."
    )
    since: date = Field(
        default=date(1970, 1, 1),
        alias="from",
        description="Its first date; a later goal replaces it.",
    )
    team: str = Field(default="", description="A team's name; by default for the whole desk.")

    @model_validator(mode="after")
    def _has_one_bound(self) -> "Goal":
        if bool(self.at_least) == bool(self.at_most):
            raise ValueError(f"{self.report}: a goal has either at_least or at_most")
        return self


def _empty_if_none(declared: Any) -> Any:
    # YAML reads `alerts:` as None if every line below it is a comment.
    return {} if declared is None else declared


class Settings(BaseModel):
    """The settings of an installation. dbt gets those without `exclude=True` as vars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report_timezone: str = Field(default="UTC", description="IANA zone of every report date.")
    include_personal_data: bool = Field(
        default=False,
        description="Publish customers' names and comments, and all values of quarantined rows.",
    )
    default_schedule_id: str = Field(
        default="",
        description="Schedule of tickets whose pipeline has none; without one, around the clock.",
    )
    null_values: tuple[Annotated[str, AfterValidator(_is_null_value)], ...] = Field(
        default=NULL_VALUES, description="Texts of landing files that mean null."
    )
    file_encoding: Annotated[str, AfterValidator(_is_encoding)] = Field(
        default="utf-8", description="Of text files without a byte order mark that are not UTF-8."
    )
    source_timezone: str = Field(
        default="", description="The IANA zone of times without an offset; else they are rejected."
    )
    leave_out_unusable_policies: bool = Field(
        default=False,
        description="Build without SLA policies that the contract cannot express; "
        "else the first one stops the build.",
    )
    parquet: bool = Field(
        default=False,
        exclude=True,
        description="Write OUTPUT/parquet after each build, as `helpdesk export` does.",
    )
    least_share_of_tickets: float = Field(
        default=0.5, ge=0, le=1, exclude=True,
        description="A build with fewer of the published tickets than this share is not published.",
    )  # fmt: skip
    # These belong to the machine, so a change of them does not require a full refresh.
    memory_limit: Annotated[str, AfterValidator(_is_memory)] | None = Field(
        default=None,
        exclude=True,
        description="Memory of DuckDB, such as 4GB; by default from the machine's.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        exclude=True,
        description="Threads of one query; by default the cores.",
    )
    hubspot: Annotated[HubSpotDesk, BeforeValidator(_empty_if_none)] = Field(
        default=HubSpotDesk(), description="Facts that HubSpot's records do not contain."
    )
    url_templates: Annotated[dict[str, UrlTemplates], BeforeValidator(_empty_if_none)] = Field(
        default={}, description="URLs of records, by source."
    )
    # These change the files of the dbt project, so they are not vars.
    fields: Annotated[
        Annotated[Literal["all"], Tag(ONE)] | Annotated[tuple[OwnField, ...], Tag(SEVERAL)],
        Discriminator(lambda declared: ONE if isinstance(declared, str) else SEVERAL),
        BeforeValidator(lambda declared: () if declared is None else declared),
    ] = Field(default=(), exclude=True, description="The custom fields that become columns.")
    tags: Annotated[Tags | None, BeforeValidator(_all_tags)] = Field(
        default=None, exclude=True, description="Tags of tickets to keep; `all` keeps every tag."
    )
    goals: Annotated[
        tuple[Goal, ...], BeforeValidator(lambda declared: () if declared is None else declared)
    ] = Field(default=(), exclude=True, description="Goals for measures, shown on the pages.")
    language: Annotated[str, AfterValidator(_is_language)] = Field(
        default=ENGLISH, exclude=True, description="Language of pages for readers who chose none."
    )
    # Excluded because dbt writes its vars to logs and artifacts.
    alerts: Annotated[Alerts, BeforeValidator(_empty_if_none)] = Field(
        default=Alerts(),
        exclude=True,
        description="Channels for failures, SLA clocks about to breach and watched measures.",
    )
    digests: Annotated[tuple[Digest, ...], BeforeValidator(none_as_nothing)] = Field(
        default=(), exclude=True, description="Dashboards that are sent on a schedule."
    )
    ingest: Annotated[Ingest, BeforeValidator(_empty_if_none)] = Field(
        default=Ingest(), exclude=True, description="Help desks to fetch from."
    )
    rewording: Annotated[Rewording, BeforeValidator(_empty_if_none)] = Field(
        default=Rewording(), exclude=True, description="A language model that rewords insights."
    )
    spark: Annotated[Spark, BeforeValidator(_empty_if_none)] = Field(
        default=Spark(), exclude=True, description="A Spark cluster that runs the models."
    )
    serve: Annotated[Serve, BeforeValidator(_empty_if_none)] = Field(
        default=Serve(), exclude=True, description="The web server of `helpdesk serve`."
    )
    audiences: Annotated[dict[AccountName, Audience], BeforeValidator(_empty_if_none)] = Field(
        default={},
        exclude=True,
        description="Which readers see which tickets, by name of the audience; by default all.",
    )

    @field_validator("report_timezone", "source_timezone")
    @classmethod
    def _is_iana_zone(cls, name: str, field: ValidationInfo) -> str:
        if not name and field.field_name == "source_timezone":
            return name
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            hint = near(name, available_timezones())
            raise ValueError(f"{name!r} is not an IANA time zone{hint}") from error
        return name

    @field_validator("url_templates")
    @classmethod
    def _are_of_sources(cls, templates: dict[str, UrlTemplates]) -> dict[str, UrlTemplates]:
        for name in templates:
            _is_source(name)
        return templates

    @model_validator(mode="after")
    def _knows_readers(self) -> Self:
        for name, one in self.audiences.items():
            for names, header in (("users", "user_header"), ("groups", "groups_header")):
                if getattr(one, names) and not getattr(self.serve, header):
                    raise ValueError(
                        f"audiences.{name}.{names} needs serve.{header}: the header with which the "
                        "reverse proxy names a reader"
                    )
        return self

    @model_validator(mode="after")
    def _digests_are_whole(self) -> "Settings":
        names = [one.name for one in self.digests]
        for one in self.digests:
            if names.count(one.name) > 1:
                raise ValueError(f"digests: {one.name!r} is the name of two digests: change one")
            if (one.to.mail or one.team_mail) and not self.alerts.mail:
                raise ValueError(
                    f"digests: {one.name} goes by mail: add `alerts: {{mail: ...}}` with the server"
                )
        return self

    @model_validator(mode="after")
    def _with_vendors_url_templates(self) -> "Settings":
        """Add the URLs that the settings of a vendor's API imply, for missing templates."""
        templates = dict(self.url_templates)
        for name, config in self.ingest.vendors().items():
            given = templates.get(name, UrlTemplates()).model_dump()
            known = _vendor_url_templates(config)
            filled = {kind: given[kind] or known.get(kind, "") for kind in given}
            if any(filled.values()):
                templates[name] = UrlTemplates(**filled)
        # The model is frozen; this completes it.
        object.__setattr__(self, "url_templates", templates)
        return self

    def __hash__(self) -> int:
        # Settings must be hashable, and a dictionary is not.
        return hash(self.model_dump_json())


def load_settings(path: Path | None) -> Settings:
    """Read the settings from `path`; the defaults if it is None. Raises ConfigError."""
    if path is None:
        return Settings()
    try:
        declared: Any = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; --config names the settings.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path}: is not readable as YAML ({' '.join(str(error).split())})."
        ) from error
    if not isinstance(declared, dict):
        raise ConfigError(
            f"{path}: found a {type(declared).__name__}; write lines such as "
            "`report_timezone: Europe/Oslo`."
        )
    try:
        settings = Settings(**{str(name): value for name, value in declared.items()})
        keep_secret(*_secret_variables(settings))
        return settings
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error, declared, path)}") from error


def _secret_variables(settings: BaseModel) -> Iterator[str]:
    """The environment variables with secrets: those that a setting `..._env` names."""
    for name, value in settings:
        if isinstance(value, BaseModel):
            yield from _secret_variables(value)
        elif isinstance(value, dict):
            for one in value.values():
                if isinstance(one, BaseModel):
                    yield from _secret_variables(one)
        elif name.endswith("_env"):
            yield from (value,) if isinstance(value, str) else value
        elif isinstance(value, tuple):
            for one in value:
                if isinstance(one, BaseModel):
                    yield from _secret_variables(one)


# The value that a setting of a type needs, by pydantic's name of the error.
_EXPECTED = {
    "tuple_type": "a list, with `- ...` for each entry,",
    "list_type": "a list, with `- ...` for each entry,",
    "dict_type": "a mapping of names and values",
    "model_type": "a mapping of names and values",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "date_type": "a date, such as 2026-01-31",
    "date_from_datetime_parsing": "a date, such as 2026-01-31",
    "datetime_type": "a time, such as 2026-01-31T00:00:00Z",
    "datetime_from_date_parsing": "a time, such as 2026-01-31T00:00:00Z",
}


def _explain(error: ValidationError, declared: dict[str, Any], path: Path) -> str:
    problems = []
    for problem in error.errors():
        place = tuple(part for part in problem["loc"] if part not in (ONE, SEVERAL))
        name = _place_name(place, declared)
        if problem["type"] == "extra_forbidden":
            known = _names(place[:-1])
            hint = near(str(place[-1]), known)
            problems.append(f"unknown setting {name!r}{hint}; the settings are {', '.join(known)}")
        elif problem["type"] == "missing":
            problems.append(f"{name}: is missing")
        elif expected := _EXPECTED.get(problem["type"]):
            problems.append(f"{name}: {expected} is expected{_found(problem)}")
        else:
            # pydantic's own words begin with the type of the value: "Input should be ...".
            words = re.sub(r"^\w+ should ", "must ", problem["msg"])
            problems.append(f"{name}: {words.removeprefix('Value error, ')}")
        if place[:1] == ("digests",) or place[:2] == ("alerts", "measures"):
            # Several entries look alike: the line says which is meant.
            problems[-1] = f"line {line_of(path, place)}: {problems[-1]}"
    return "; ".join(problems)


def _place_name(place: tuple[int | str, ...], declared: dict[str, Any]) -> str:
    """The path of a setting. An entry of `fields` has the name of its field, not its number."""
    if place[:1] == ("fields",) and len(place) > 1:
        entry = declared["fields"][int(place[1])]
        if isinstance(entry, dict) and entry.get("field") is not None:
            place = ("fields", f"{entry['field']}", *place[2:])
    return ".".join(map(str, place))


def _found(problem: Mapping[str, Any]) -> str:
    """The kind of value that was found. The value itself may be a secret."""
    kinds = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false",
             int: "a number", float: "a number", NoneType: "nothing"}  # fmt: skip
    found = kinds.get(type(problem["input"]))
    return f", not {found}" if found else ""


def _names(group: tuple[int | str, ...]) -> list[str]:
    """The names of the settings in a group of the file."""
    groups: dict[tuple[int | str, ...], type[BaseModel]] = {
        ("alerts",): Alerts,
        ("alerts", "mail"): Mail,
        ("alerts", "measures"): MeasureAlert,
        ("digests",): Digest,
        ("digests", "to"): DigestChannels,
        ("rewording",): Rewording,
        ("ingest",): Ingest,
        ("ingest", "hubspot"): HubSpot,
        ("hubspot",): HubSpotDesk,
        ("spark",): Spark,
        ("serve",): Serve,
        ("ingest", "zendesk"): Zendesk,
        ("fields",): OwnField,
        ("tags",): Tags,
        ("audiences",): Audience,
    }
    # The number of an entry in a list is no group.
    group = tuple(part for part in group if isinstance(part, str))
    of_sources = UrlTemplates if group[:1] == ("url_templates",) else Settings
    if group[:1] == ("ingest",):
        # All accounts of a vendor have the same settings.
        group = group[:2]
    if group[:1] in (("fields",), ("audiences",)):
        group = group[:1]
    fields = groups.get(group, of_sources).model_fields
    return [field.alias or name for name, field in fields.items()]


def parse_as_of(text: str) -> datetime:
    """An ISO 8601 time with an offset. Raises ConfigError."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"--as-of {text!r} is not an ISO 8601 time: write one such as 2024-01-31T00:00:00Z."
        ) from error
    if parsed.tzinfo is None:
        # A date means midnight UTC, as in the contract. A local time without a zone is ambiguous.
        if len(text) == len("2024-01-31"):
            return parsed.replace(tzinfo=UTC)
        raise ConfigError(f"--as-of {text!r} has no offset: write {text}Z if it is UTC.")
    return parsed
