"""The layout of an output folder."""

import atexit
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

# dbt-duckdb reads a path as a URL, which ends at these characters.
URL_DELIMITERS = set("#;")


def private_folder(folder: Path) -> Path:
    """Create a folder for personal data that only its owner can read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It may exist with other permissions. Only its owner can change them.
    if folder.stat().st_uid == os.getuid():
        folder.chmod(0o700)
    return folder


@dataclass(frozen=True)
class OutputPaths:
    """The layout of an output folder.

    Readers open `helpdesk.duckdb` and `catalogue.json`. Both are links through `current`, which one
    rename switches to another folder of `builds`. `parquet` is an export of the marts. `.work` is
    for builds alone; if the path has a `?`, it is in a folder further up.
    """

    root: Path

    @property
    def published(self) -> Path:
        return self.root / "helpdesk.duckdb"

    @property
    def parquet(self) -> Path:
        """A link to the last export, if there is one."""
        return self.root / "parquet"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def audiences(self) -> Path:
        """A folder with the pages of each audience."""
        return self.root / "audiences"

    @property
    def docs(self) -> Path:
        return self.root / "docs.html"

    @property
    def gate(self) -> Path:
        """The last results of the gate on raw data, as a page."""
        return self.root / "gate" / "index.html"

    @property
    def work(self) -> Path:
        return _writable(self.root) / ".work"

    @property
    def for_dbt(self) -> Path:
        """The parent folder of `.work`, by a path that dbt-duckdb can read."""
        return _link(self.work.parent) if set(str(self.work)) & URL_DELIMITERS else self.work.parent

    @property
    def warehouse(self) -> Path:
        """The working file: the raw layer and every layer below the marts."""
        return self.work / "work.duckdb"

    @property
    def candidate(self) -> Path:
        """The file that dbt writes the marts to. Publishing copies it."""
        return self.work / "helpdesk.duckdb"

    @property
    def spark_models(self) -> Path:
        """Views on the files that a Spark cluster wrote, for builds with `--target spark`."""
        return self.work / "spark.duckdb"

    @property
    def spill(self) -> Path:
        """The files that DuckDB spills to disk during a build; empty between builds."""
        return self.work / "spill"

    @property
    def dbt_target(self) -> Path:
        return self.work / "dbt"

    @property
    def check(self) -> Path:
        """The warehouse that a full check builds and deletes."""
        return self.work / "check"

    @property
    def manifest(self) -> Path:
        return self.dbt_target / "manifest.json"

    @property
    def own_fields(self) -> Path:
        """The own fields of the last build, for commands that run without its settings."""
        return self.work / "own_fields.json"

    @property
    def publications(self) -> Path:
        """Which build each Postgres database has."""
        return self.work / "publications.json"

    @property
    def log(self) -> Path:
        return self.work / "build.log"

    @property
    def lock(self) -> Path:
        return self.work / "lock"


def _writable(folder: Path) -> Path:
    """The folder, or a replacement further up if DuckDB cannot write a database in it.

    DuckDB looks for the write-ahead log of `a?b/x.duckdb` in `a.wal?b`.
    """
    folder = folder.absolute()
    above = [each for each in (folder, *folder.parents) if "?" not in str(each)]
    if above[0] == folder:
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return above[0] / f".helpdesk-{digest}"


@cache
def _link(folder: Path) -> Path:
    """A temporary link to a folder, deleted when the process ends."""
    temporary = TemporaryDirectory(prefix="helpdesk-")
    atexit.register(temporary.cleanup)
    link = Path(temporary.name) / "output"
    link.symlink_to(folder)
    return link
