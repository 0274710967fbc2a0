"""What can be wrong with a saved report, in words that say where and what instead."""

from helpdesk.errors import ConfigError


class ReportError(ConfigError):
    """A saved report is wrong; the message names the file, the line and the nearest right name."""
