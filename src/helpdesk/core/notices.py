"""The settings of alerts on measures and of digests."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from helpdesk.core.setting_types import (
    Address,
    Bound,
    VariableName,
    VariableNames,
    as_text,
    none_as_nothing,
)

PERIODS = (
    "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter",
    "last_quarter", "this_year", "last_year", "all",
)  # fmt: skip
MOST_DAYS = 3660
MINUTES_OF_A_DAY = 24 * 60
Value = bool | int | float | str


def _is_period(text: str) -> str:
    is_days = re.fullmatch("[1-9][0-9]{0,3}", text) and int(text) <= MOST_DAYS
    if text and text not in PERIODS and not is_days:
        raise ValueError(
            f"{text!r} is not a period: write a number of days, such as 7, or one of "
            f"{', '.join(PERIODS)}"
        )
    return text


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _as_time(value: Any) -> Any:
    # YAML reads 10:30 as the number 630, in the base 60.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MINUTES_OF_A_DAY:
        return f"{value // 60:02d}:{value % 60:02d}"
    return value


def _is_time(text: str) -> str:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f"{text!r} is not a time of day: write one such as 07:00")
    return text


Period = Annotated[str, BeforeValidator(as_text), AfterValidator(_is_period)]
Filters = dict[str, Annotated[tuple[Value, ...], BeforeValidator(_as_list)]]
CONDITIONS = ("above", "below", "goal", "unusual")


class MeasureAlert(BaseModel):
    """A measure to watch, such as `{report: R3, above: 4h}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        default="", max_length=100, description="Its name in messages; by default the measure's."
    )
    report: str = Field(default="", description="A report, by id or name; or a source.")
    source: str = Field(default="", description="A source of `helpdesk fields`, with a measure.")
    measure: str = Field(
        default="", description="A measure of the source, or of the report: by default its first."
    )
    filters: Filters = Field(
        default={}, description="Fields with their values, such as `{priority.is: urgent}`."
    )
    team: str = Field(default="", description="A team's name or key.")
    period: Period = Field(
        default="",
        description="A number of days up to today, or a period of the pages such as last_week; by "
        "default yesterday, of a level today.",
    )
    above: Bound = Field(default="", description="Alert if the value is larger, such as 4h.")
    below: Bound = Field(default="", description="Alert if the value is smaller, such as 90%.")
    goal: bool = Field(default=False, description="Alert if the value misses its goal.")
    unusual: bool = Field(
        default=False, description="Alert if yesterday is outside the usual range."
    )
    least_n: int = Field(
        default=1, ge=1, description="The fewest rows with which an average or a share counts."
    )

    @model_validator(mode="after")
    def _has_one_of_each(self) -> "MeasureAlert":
        if bool(self.report) == bool(self.source):
            raise ValueError("an alert needs either `report` or `source`, such as `report: R3`")
        if self.source and not self.measure:
            raise ValueError(f"add the line `measure: ...` with a measure of {self.source}")
        given = [name for name in CONDITIONS if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(
                f"an alert has one of {', '.join(CONDITIONS)}, found {found}: keep or add one "
                "line, such as `above: 4h`"
            )
        if self.goal and not self.report:
            raise ValueError("`goal: true` needs `report`: goals are those of reports")
        if self.unusual and self.period:
            raise ValueError("`unusual: true` is about yesterday: delete the line `period`")
        return self

    def __hash__(self) -> int:
        # Settings must be hashable, and a dictionary is not.
        return hash(self.model_dump_json())


class DigestChannels(BaseModel):
    """The channels of a digest. Mail needs the server of `alerts.mail`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mail: Annotated[tuple[Address, ...], BeforeValidator(_as_list)] = Field(
        default=(), description="Recipients of the mail, with pictures of the charts."
    )
    webhook_env: VariableName = Field(
        default="", description="Variable with the URL that gets it as JSON, as Slack takes it."
    )
    urls_env: VariableNames = Field(
        default=(), description="Variables with an Apprise URL each, such as Slack or Teams."
    )
    folder: str = Field(default="", description="A folder for the mail as a file, to archive it.")


class Digest(BaseModel):
    """A dashboard that is sent on a schedule, such as `{name: weekly, dashboard: service, ...}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern="^[a-z][a-z0-9_]{0,49}$", description="Its own name: what was sent has this name."
    )
    dashboard: str = Field(
        min_length=1, description="A page with reports, such as analyze, or a dashboard of yours."
    )
    title: str = Field(default="", max_length=100, description="By default that of the dashboard.")
    filters: Filters = Field(
        default={}, description="Fields with their values, such as `{pipeline.is: Support}`."
    )
    period: Period = Field(
        default="", description="As of alerts; by default the last whole day, week or month."
    )
    every: Literal["day", "week", "month"] = Field(default="week", description="How often.")
    weekday: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = Field(default="monday", description="Of a weekly digest; a monthly one is of the 1st.")
    at: Annotated[str, BeforeValidator(_as_time), AfterValidator(_is_time)] = Field(
        default="07:00", description="Time of day in the report time zone."
    )
    per_team: bool = Field(default=False, description="One digest for each team, of its figures.")
    team_mail: dict[str, Annotated[tuple[Address, ...], BeforeValidator(_as_list)]] = Field(
        default={}, description="Recipients of single teams, by the team's name, in place of `to`."
    )
    to: Annotated[DigestChannels, BeforeValidator(lambda given: none_as_nothing(given) or {})] = (
        Field(default=DigestChannels(), description="The channels.")
    )

    @model_validator(mode="after")
    def _has_a_channel(self) -> "Digest":
        if self.team_mail and not self.per_team:
            raise ValueError("team_mail needs `per_team: true`")
        if not self.team_mail and not any(value for _, value in self.to):
            raise ValueError(
                "a digest needs a channel: add a line such as `to: {mail: lead@example.org}`"
            )
        return self

    def __hash__(self) -> int:
        # Settings must be hashable, and a dictionary is not.
        return hash(self.model_dump_json())
