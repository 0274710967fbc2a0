"""Writes new saved reports: from options, from answers, or as a copy of an existing report."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.models import SUFFIX, check_alongside, read_reports, report_files
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import NAME, PARTS, PREBUILT, REPORTS, read_report, shown_path
from helpdesk.transform.nodes import Model

# Names the schema for editors; it is in the same folder.
EDITOR = "# yaml-language-server: $schema=report.schema.json\n"
ORDER = ("id", "title", "question", "definition", "source", "join", "measures", "dimensions",
         "filters", "date", "grain", "chart", "axis", "series", "rows", "sort",
         "limit", "left_out", "stack", "histogram", "alongside", "columns", "breakdowns",
         "requires", "recency_note", "page")  # fmt: skip
# A copy has its own id, the catalogue's names of columns, and all tables.
NOT_COPIED = ("id", "columns", "breakdowns")
# Lists whose items may have a name of their own, with the key of the catalogue's name. Other parts
# refer to such names.
NAMED = {"measures": "measure", "dimensions": "field"}
OF_NAMES = (*PARTS, "stack", "histogram")
# Lists of names are written in one line.
INLINE = ("join", "measures", "dimensions", "requires")


def report_path(name: str, folder: Path = REPORTS) -> Path:
    """The file of an existing report. Raises ReportError with the nearest name."""
    path = folder / f"{name}{SUFFIX}"
    names = [one.stem for one in report_files(folder)]
    if name not in names:
        hint = nearest(name, names) if names else "; there are none yet"
        raise ReportError(f"{shown_path(folder)}: there is no report {name!r}{hint}")
    return path


def save_report(
    name: str, declared: Mapping[str, Any], catalogue: Catalogue, folder: Path = REPORTS
) -> SavedReport:
    """Write a new file if every report is valid, else write nothing. Raises ReportError.

    The models of all reports are written together, so an invalid one prevents the others.
    """
    if not NAME.fullmatch(name):
        raise ReportError(
            f"{name!r} is not a valid name: a lower-case letter, then lower-case letters, digits "
            "or _"
        )
    path = folder / f"{name}{SUFFIX}"
    if path.exists():
        raise ReportError(f"{shown_path(path)}: exists already; choose another name")
    replace_text(path, report_text(declared), None)
    try:
        report = read_report(path, catalogue)
        check_alongside(read_reports(catalogue, PREBUILT, folder))
        return report
    except ReportError:
        path.unlink()
        raise


class Conflict(ReportError):
    """A file is not as its writer read it: somebody else has saved it meanwhile."""


def replace_text(path: Path, text: str, base: str | None) -> None:
    """Write a file in one step. `base` is the digest of the text that it replaces, or None.

    Raises Conflict where another text is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        found = digest(path.read_text(encoding="utf-8")) if path.exists() else None
        if found != base:
            raise Conflict(
                f"{shown_path(path)}: "
                + ("somebody else has saved it meanwhile: compare, and save again"
                   if found and base
                   else "exists already; choose another name" if found
                   else "was deleted meanwhile: save it under a new name"))  # fmt: skip
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, of all processes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def report_text(declared: Mapping[str, Any]) -> str:
    """The YAML of a report, with its keys in reading order."""
    filled = {key: declared[key] for key in ORDER if declared.get(key)}
    parts = []
    for key, value in filled.items():
        if key in INLINE:
            parts.append(f"{key}: [{', '.join(map(_flow, value))}]\n")
        elif key == "filters":
            lines = "".join(f"  - {_flow(item)}\n" for item in value)
            parts.append(f"filters:\n{lines}")
        else:
            parts.append(yaml.safe_dump({key: value}, width=100, allow_unicode=True))
    return EDITOR + "".join(parts)


def digest(text: str) -> str:
    """Identifies the text of a file, so that a later writer notices a change."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True,
                          sort_keys=False)  # fmt: skip
    return str(text).removesuffix("\n").removesuffix("\n...")


def copied(wanted: str, catalogue: Catalogue) -> dict[str, Any]:
    """The content of a copy of a saved or prebuilt report, found by name or id."""
    declared = yaml.safe_load(find_report(wanted, catalogue).read_text(encoding="utf-8"))
    own = {
        item["name"]: _bare(item, kind)
        for key, kind in NAMED.items()
        for item in declared.get(key, ())
        if isinstance(item, Mapping) and "name" in item
    }
    copy = {key: value for key, value in declared.items() if key not in NOT_COPIED}
    for key, kind in NAMED.items():
        copy[key] = [_bare(item, kind) for item in declared.get(key, ())]
    return copy | {key: _renamed(declared[key], own) for key in OF_NAMES if key in declared}


def _bare(item: Any, kind: str) -> Any:
    """The catalogue's name of a measure or field."""
    return item[kind] if isinstance(item, Mapping) else item


def _renamed(value: Any, own: Mapping[str, Any]) -> Any:
    """A name, a list of names or names by key, with the catalogue's names for a report's own."""
    if isinstance(value, Mapping):
        return {key: _renamed(name, own) for key, name in value.items()}
    if isinstance(value, list):
        return [_renamed(name, own) for name in value]
    return own.get(value, value)


def find_report(wanted: str, catalogue: Catalogue) -> Path:
    """The file of a saved or prebuilt report, by its name or id. Raises ReportError."""
    by_name: dict[str, Path] = {}
    for folder in (PREBUILT, REPORTS):
        for path in report_files(folder):
            by_name |= {read_report(path, catalogue).id.lower(): path, path.stem: path}
    if wanted.lower() not in by_name:
        raise ReportError(f"there is no report {wanted!r}{nearest(wanted.lower(), by_name)}")
    return by_name[wanted.lower()]


def listed(
    saved: Iterable[SavedReport], prebuilt: Iterable[SavedReport], models: Iterable[Model]
) -> list[tuple[str, str, str, str]]:
    """Id, name, page and title: of saved reports, of prebuilt ones, and of models that declare a
    report themselves and have no file to run or copy."""
    rows = [
        row
        for reports in (saved, prebuilt)
        for row in sorted((one.id, one.name, one.page, one.title) for one in reports)
    ]
    ids = {row[0] for row in rows}
    declared = [model.meta.get("report") for model in models]
    others = [one for one in declared if one and one["id"] not in ids]
    return rows + sorted((one["id"], "no file", one["page"], one["title"]) for one in others)
