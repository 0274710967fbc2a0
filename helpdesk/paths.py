"""The layout of an output folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OutputPaths:
    """The layout of an output folder.

    Readers open `marts.duckdb`, `parquet/` and `catalogue.json`: links through `current`, which one
    rename points to another of the `builds`. `.work` is the builder's own.
    """

    root: Path

    @property
    def published(self) -> Path:
        return self.root / "marts.duckdb"

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
    def docs(self) -> Path:
        return self.root / "docs.html"

    @property
    def gate(self) -> Path:
        """The last results of the gate on raw data, as a page."""
        return self.root / "gate" / "index.html"

    @property
    def work(self) -> Path:
        return self.root / ".work"

    @property
    def warehouse(self) -> Path:
        """The working warehouse: every layer, written by the build that runs."""
        return self.work / "warehouse.duckdb"

    @property
    def spark_models(self) -> Path:
        """What a Spark cluster has modelled, as views on its files; of builds with that target."""
        return self.work / "spark.duckdb"

    @property
    def dbt_target(self) -> Path:
        return self.work / "dbt"

    @property
    def check(self) -> Path:
        """Where a full check builds its own warehouse; deleted afterwards."""
        return self.work / "check"

    @property
    def manifest(self) -> Path:
        return self.dbt_target / "manifest.json"

    @property
    def log(self) -> Path:
        return self.work / "build.log"

    @property
    def lock(self) -> Path:
        return self.work / "lock"
