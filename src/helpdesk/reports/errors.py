"""Errors of reports and dashboards; each message says what to do."""

from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.core.sql import is_damage


class DashboardError(HelpdeskError):
    """The dashboards cannot be built or served; the message names the cause and the remedy."""


class DefinitionError(DashboardError):
    """A report's definition is invalid; the message names the model's yml file and the key."""


def lacking(where: object, error: Exception) -> DashboardError:
    """The error for marts that are damaged or older than the models; `where` is the file."""
    if is_damage(str(error)):
        return DashboardError(
            f"{where}: is not a DuckDB database, or is damaged; `helpdesk build` publishes a new "
            f"one, and `helpdesk rollback` serves the one before: {error}"
        )
    return DashboardError(
        f"{where}: the marts were built by another version of the models. Run `helpdesk build` and "
        f"then `helpdesk dashboards`: {error}"
    )


class ReportError(ConfigError):
    """A saved report is invalid; the message names file, line and the nearest known name."""
