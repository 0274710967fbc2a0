"""Writes new saved reports: from flags, from answers, or as a copy of a report that is there."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from builder.catalogue import Catalogue
from builder.errors import ReportError
from builder.models import SUFFIX, report_files
from builder.report import SavedReport
from builder.saved import NAME, REPORTS, read_report, shown_path
from dashboards.checks import nearest

# Where editors look for the schema: beside the file.
EDITOR = "# yaml-language-server: $schema=report.schema.json\n"
ORDER = ("id", "title", "question", "definition", "source", "join", "measures", "dimensions",
         "filters", "date", "grain", "chart", "axis", "series", "page")  # fmt: skip
# Texts are lines of their own, names stand in one line.
INLINE = ("join", "measures", "dimensions")


def report_path(name: str, folder: Path = REPORTS) -> Path:
    """The file of a report that is there. Raises ReportError with the nearest name."""
    path = folder / f"{name}{SUFFIX}"
    names = [one.stem for one in report_files(folder)]
    if name not in names:
        hint = nearest(name, names) if names else "; there are none yet"
        raise ReportError(f"{shown_path(folder)}: there is no report {name!r}{hint}")
    return path


def save_report(
    name: str, told: Mapping[str, Any], catalogue: Catalogue, folder: Path = REPORTS
) -> SavedReport:
    """Write a new file, if all that it says is right; else leave nothing. Raises ReportError."""
    if not NAME.fullmatch(name):
        raise ReportError(f"{name!r} is no name: a small letter, then small letters, digits or _")
    path = folder / f"{name}{SUFFIX}"
    if path.exists():
        raise ReportError(f"{shown_path(path)}: is there already; choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(report_text(told), encoding="utf-8")
    try:
        return read_report(path, catalogue)
    except ReportError:
        path.unlink()
        raise


def report_text(told: Mapping[str, Any]) -> str:
    """The YAML of a report, its keys in the order in which people read them."""
    filled = {key: told[key] for key in ORDER if told.get(key)}
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


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True,
                          sort_keys=False)  # fmt: skip
    return str(text).removesuffix("\n").removesuffix("\n...")


def copied(
    wanted: str, manifest: Mapping[str, Any], catalogue: Catalogue, folder: Path = REPORTS
) -> dict[str, Any]:
    """What the file of a copy says: of a saved report by name or id, or of a prebuilt one by id."""
    for path in report_files(folder):
        if wanted.lower() in (path.stem, read_report(path, catalogue).id.lower()):
            told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            return {key: value for key, value in told.items() if key != "id"}
    prebuilt = prebuilt_reports(manifest)
    if wanted.upper() not in {name.upper() for name in prebuilt}:
        names = [*prebuilt, *(path.stem for path in report_files(folder))]
        raise ReportError(f"there is no report {wanted!r}{nearest(wanted, names)}")
    declared = next(one for name, one in prebuilt.items() if name.upper() == wanted.upper())
    if "copy" not in declared:
        raise ReportError(
            f"{declared['id']} ({declared['title']}) cannot be made of the catalogue's measures: "
            "copy its model in dbt_project/models/marts instead"
        )
    texts = {key: declared[key] for key in ("title", "question", "definition", "chart", "page")}
    copy: dict[str, Any] = json.loads(json.dumps(declared["copy"]))
    return texts | copy


def prebuilt_reports(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The reports that are models of their own, by id: what each declares."""
    found = {}
    for node in manifest["nodes"].values():
        report = node["config"].get("meta", {}).get("report")
        if node["resource_type"] == "model" and report and "custom" not in node["fqn"]:
            found[report["id"]] = report
    return found


def listed(
    reports: Iterable[SavedReport], prebuilt: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, str, str, str]]:
    """Id, name, page and title of the saved reports, then of the prebuilt ones."""
    saved = [(one.id, one.name, one.page, one.title) for one in reports]
    others = [
        (name, "" if "copy" in one else "no copy", one["page"], one["title"])
        for name, one in prebuilt.items()
    ]
    return [*sorted(saved), *sorted(others)]
