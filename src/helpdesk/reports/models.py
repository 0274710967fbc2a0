"""Writes the models of reports, and finds those that are not up to date with their files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpdesk.core import places
from helpdesk.core.places import IS_CHECKOUT, OWN_MODELS, PACKAGE_ROOT
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.properties import properties_yaml
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import PREBUILT, REPORTS, path_in_project, read_report, shown_path
from helpdesk.reports.sql import Writer

SUFFIX = ".yml"
HEADER = "Written by `helpdesk report write` from {files}."


@dataclass(frozen=True)
class Kind:
    """The reports of one folder, and the folder of their models."""

    reports: Path
    models: Path

    @property
    def properties(self) -> str:
        """The one properties file of the models' folder."""
        return f"_{self.models.name}__models.yml"


SAVED = Kind(REPORTS, OWN_MODELS / "marts" / "custom")
# Copied to a project of its own when `helpdesk init` creates it.
SHIPPED_CUSTOM = places.SHIPPED / "models" / "marts" / "custom"
SHIPPED = Kind(PREBUILT, OWN_MODELS / "marts" / "reports")
# An installed package already has the models of its prebuilt reports.
KINDS = (SHIPPED, SAVED) if IS_CHECKOUT else (SAVED,)


def report_files(folder: Path = REPORTS) -> list[Path]:
    """The report files of a folder. Raises ReportError for one with the suffix .yaml."""
    for path in sorted(folder.glob("*.yaml")):
        raise ReportError(f"{shown_path(path)}: the file of a report ends in {SUFFIX}; rename it")
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_reports(catalogue: Catalogue, *folders: Path) -> list[SavedReport]:
    """All reports of the folders; by default the saved ones.

    Raises ReportError, also if two have the same id or name.
    """
    paths = [path for folder in folders or (REPORTS,) for path in report_files(folder)]
    reports = [read_report(path, catalogue) for path in paths]
    for what in ("id", "name"):
        seen: dict[str, SavedReport] = {}
        for report in reports:
            value = getattr(report, what)
            other = seen.setdefault(value.lower(), report)
            if other is not report:
                raise ReportError(
                    f"{report.file}: {what} {value} is also the {what} of {other.file}"
                )
    return reports


def check_alongside(reports: list[SavedReport]) -> None:
    """Raises ReportError where a report is in a chart with one that has no count over time."""
    by_id = {report.id: report for report in reports if report.page}
    for report in reports:
        place = f"{report.file}: alongside"
        if report.alongside and not report.is_count_over_time:
            raise ReportError(f"{place}: only a count over time has other reports in its chart")
        for name, _ in report.alongside:
            other = by_id.get(name)
            if not other or other is report:
                hint = nearest(name, by_id)
                raise ReportError(f"{place}: no other report has the id {name!r}{hint}")
            if not other.is_count_over_time:
                raise ReportError(f"{place}: {name} is not a count over time")


def report_problems() -> list[str]:
    """A line for each saved report that is invalid; if none is, one for models out of date."""
    if not IS_CHECKOUT and _are_as_shipped():
        return []
    catalogue, problems = load_catalogue(), []
    for path in report_files(REPORTS):
        try:
            read_report(path, catalogue)
        except ReportError as error:
            problems.append(
                f"a saved report is invalid, and its model is not up to date: {error}; correct it "
                "and run `helpdesk report write`, or declare its field again"
            )
    if problems:
        return problems
    stale = stale_files(model_files(read_reports(catalogue, REPORTS), catalogue))
    return [stale_line(stale, SAVED)] if stale else []


def stale_line(names: Iterable[str], kind: Kind) -> str:
    """The message about generated files that are not up to date, with its remedy."""
    return (
        f"{shown_path(kind.models)}: {', '.join(names)} not up to date with "
        f"{shown_path(kind.reports)}; run `helpdesk report write`"
    )


def _are_as_shipped() -> bool:
    """Whether reports and models are copies of those that ship, which need no check."""
    pairs = ((REPORTS, PACKAGE_ROOT / "reports", "*.y*ml"),
             (SAVED.models, SHIPPED_CUSTOM, "*.*"))  # fmt: skip
    return all(_texts(own, names) == _texts(shipped, names) for own, shipped, names in pairs)


def _texts(folder: Path, names: str = "*.*") -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob(names)}


def all_reports(catalogue: Catalogue) -> list[SavedReport]:
    """The prebuilt reports and the saved ones."""
    reports = read_reports(catalogue, PREBUILT, REPORTS)
    check_alongside(reports)
    return reports


def model_files(
    reports: list[SavedReport], catalogue: Catalogue, kind: Kind = SAVED
) -> dict[str, str]:
    """The texts of the generated files of a folder of models, by name."""
    files = {}
    for report in reports:
        header = HEADER.format(files=report.file)
        files[f"{report.model}.sql"] = f"-- {header}\n{Writer(report, catalogue).sql()}"
    header = HEADER.format(files=f"{path_in_project(kind.reports)}/*{SUFFIX}")
    files[kind.properties] = f"# {header}\n{properties_yaml(reports, catalogue)}"
    return files


def stale_files(files: Mapping[str, str], folder: Path = SAVED.models) -> list[str]:
    """The generated files that are missing or different, or whose report no longer exists."""
    there = _texts(folder)
    written = {name for name, text in there.items() if HEADER.partition("{")[0] in text[:200]}
    return sorted(name for name in {*files, *written} if files.get(name) != there.get(name))


def write_models(files: Mapping[str, str], folder: Path = SAVED.models) -> list[str]:
    """Bring the generated files of the folder up to date; returns the names of those that changed.

    Files that are written by hand are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_files(files, folder)
    for name in stale:
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return stale
