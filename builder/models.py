"""Writes the saved reports' models, and says which of them are not what their files give."""

from collections.abc import Mapping
from pathlib import Path

from builder.catalogue import Catalogue
from builder.errors import ReportError
from builder.properties import properties_yaml
from builder.report import SavedReport
from builder.saved import REPORTS, read_report, shown_path
from builder.sql import Writer
from helpdesk.project import OWN_MODELS

MODELS = OWN_MODELS / "marts" / "custom"
SUFFIX = ".yml"


def report_files(folder: Path = REPORTS) -> list[Path]:
    """The files of all saved reports. Raises ReportError for one that would be overlooked."""
    for path in sorted(folder.glob("*.yaml")):
        raise ReportError(f"{shown_path(path)}: a saved report ends in {SUFFIX}: rename it")
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_reports(catalogue: Catalogue, folder: Path = REPORTS) -> list[SavedReport]:
    """All saved reports. Raises ReportError, also for two of one id."""
    reports = [read_report(path, catalogue) for path in report_files(folder)]
    seen: dict[str, SavedReport] = {}
    for report in reports:
        other = seen.setdefault(report.id.lower(), report)
        if other is not report:
            raise ReportError(f"{report.file}: id {report.id} is also the id of {other.file}")
    return reports


def model_files(reports: list[SavedReport], catalogue: Catalogue) -> dict[str, str]:
    """The texts of all files of the models' folder, by name."""
    files = {}
    for report in reports:
        files[f"{report.model}.sql"] = Writer(report, catalogue).sql()
        files[f"{report.model}.yml"] = properties_yaml(report, catalogue)
    return files


def stale_files(files: Mapping[str, str], folder: Path = MODELS) -> list[str]:
    """The files of the folder that are missing, different, or of a report that is gone."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("rpt_*")}
    return sorted(name for name in {*files, *there} if files.get(name) != there.get(name))


def write_models(files: Mapping[str, str], folder: Path = MODELS) -> list[str]:
    """Make the folder hold just these files; returns the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_files(files, folder)
    for name in stale:
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return stale
