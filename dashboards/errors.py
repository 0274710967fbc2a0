"""What goes wrong between the manifest and the site, in words that say what to do."""

from helpdesk.errors import HelpdeskError


class DashboardError(HelpdeskError):
    """The dashboards cannot be built or served; the message names the cause and the remedy."""


class DefinitionError(DashboardError):
    """A report's definition is wrong; the message names the model's yml file and the key."""


def lacking(where: object, error: Exception) -> DashboardError:
    """Marts without what the models of the project have: `where` names them."""
    return DashboardError(
        f"{where}: the marts do not hold what the project's models say, so an older version of "
        f"them made these. Run `helpdesk build`, then draw the dashboards: {error}"
    )
