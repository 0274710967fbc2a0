"""Saves reports and dashboards of pages: who may, and in which files.

A file that somebody else has saved meanwhile is not replaced. The files are those of
`helpdesk report`, and a build makes models of them.
"""

import logging
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers

from helpdesk.core.errors import HelpdeskError
from helpdesk.dashboards.written import write_generated_files
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.comments import top_comments, with_comments
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import EDITOR, digest, replace_text, report_text
from helpdesk.reports.query import declared_report
from helpdesk.reports.saved import NAME, REPORTS
from helpdesk.serve.definitions import Definitions
from helpdesk.serve.options import Options
from helpdesk.serve.readers import reader_of

SIGNED = "# Saved on a page"
UNPRINTABLE = re.compile(r"[^\w .@+-]")
logger = logging.getLogger("helpdesk.serve")
# The models of all reports are written together.
_writing = threading.Lock()


def user_of(headers: Headers, options: Options) -> str:
    """The user that the reverse proxy names, to be shown; empty without one."""
    return UNPRINTABLE.sub("", reader_of(headers, options)[0])[:100].strip()


def why_not(headers: Headers, options: Options) -> str:
    """Why a client may not save; empty if it may."""
    allowed, user = options.save, user_of(headers, options)
    if allowed == "nobody":
        return "Saving is off: serve.save in the settings is nobody."
    if allowed == "anyone" or (allowed is None and options.is_local):
        return ""
    if allowed is None:
        return (
            "Saving is off, because other machines can reach this server: its operator can set "
            "serve.save in the settings."
        )
    # The name as it is: another one may be shown like it.
    if user and reader_of(headers, options)[0] in allowed:
        return ""
    return f"{user or 'A reader without a name'} is not among the names of serve.save."


def save_report(
    definitions: Definitions, options: Options, name: str, given: Mapping[str, Any], user: str
) -> dict[str, Any]:
    """Write a report. `given`: its declaration, and the digest of the file that it replaces.

    Raises ReportError, or Conflict where the file is not as the page read it.
    """
    if not NAME.fullmatch(name):
        raise ReportError(
            f"{name[:60]!r} is not a valid name: a lower-case letter, then lower-case letters, "
            "digits or _"
        )
    declared, base = given.get("declaration"), given.get("base")
    if not isinstance(declared, Mapping) or not isinstance(base, str | None):
        raise ReportError("a declaration and a base are expected")
    typed, report = declared_report(declared, definitions.catalogue)
    identifier = str(declared.get("id", name)).lower()
    for other in definitions.reports:
        if other.name != name and identifier in (other.id.lower(), other.name):
            raise ReportError(f"{identifier} is also the name of {other.title!r}; choose another")
    if report.alongside:
        ids = {one.id for one in definitions.reports}
        for wanted, _ in report.alongside:
            if wanted not in ids:
                raise ReportError(f"alongside: there is no report {wanted}")
    path = options.reports / f"{name}.yml"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    text = signed(report_text(typed), before, user)
    replace_text(path, text, base)
    return {"name": name, "slug": identifier, "page": report.page, "digest": digest(text)}


def signed(text: str, before: str, user: str) -> str:
    """The text of a file with who saved it when; comments of the file before stay."""
    kept = [one for one in top_comments(before) if not one.startswith((EDITOR.strip(), SIGNED))]
    by = f" by {user}" if user else ""
    stamp = f"{SIGNED}{by}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return "\n".join(
        [EDITOR.strip(), stamp, *kept, with_comments(text.removeprefix(EDITOR), before)]
    )


def write_models(options: Options) -> None:
    """Write the models of the reports for the next build; the log has what prevents it."""
    if options.reports != REPORTS:
        return
    try:
        with _writing:
            changed = write_generated_files(load_catalogue())
        logger.info("a report was saved: %s", ", ".join(changed))
    except HelpdeskError as error:
        logger.error("a report was saved, and its model cannot be written: %s", error)


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
