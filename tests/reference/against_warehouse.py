"""Build the warehouse on a random desk and compare it with the reference.

python -m tests.reference.against_warehouse --seed 3 --tickets 20000 --report differences.csv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import run_helpdesk

from .compare import Comparison, Expected, compare
from .desk import expected_marts
from .landing_files import FORMATS, write_landing
from .marts import GRAINS
from .random_desk import random_as_of, random_desk
from .records import Settings


def built(folder: Path, seed: int, tickets: int, settings: Settings) -> Path:
    """The published warehouse file of a random desk, built below `folder`."""
    write_landing(random_desk(seed, tickets), folder / "landing", FORMATS, seed)
    config = folder / "helpdesk.yml"
    config.write_text(f"report_timezone: {settings.report_timezone}\n")
    arguments = {
        "--landing": folder / "landing",
        "--output": folder / "warehouse",
        "--as-of": random_as_of(seed).isoformat(),
        "--config": config,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    run_helpdesk("build", *words)
    return folder / "warehouse" / "helpdesk.duckdb"


def expected(seed: int, tickets: int, settings: Settings) -> Expected:
    """The reference's rows of the same desk."""
    return expected_marts(random_desk(seed, tickets), random_as_of(seed), settings)


def compare_random_desk(
    folder: Path,
    seed: int,
    tickets: int,
    settings: Settings,
    models: Iterable[str] | None = None,
    may_lack: Collection[str] = (),
) -> Comparison:
    """Build and compare every mart, or some."""
    marts = built(folder, seed, tickets, settings)
    return compare(marts, expected(seed, tickets, settings), models, may_lack)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--timezone", default="UTC", help="the report time zone")
    parser.add_argument("--models", nargs="+", choices=list(GRAINS), help="compare these alone")
    parser.add_argument("--may-lack", nargs="+", default=[], metavar="MODEL[.COLUMN]")
    parser.add_argument("--warehouse", type=Path, help="a file already built of the same desk")
    parser.add_argument("--report", type=Path, help="CSV file for every difference")
    chosen = parser.parse_args()
    settings = Settings(report_timezone=chosen.timezone)
    with TemporaryDirectory() as folder:
        marts = chosen.warehouse or built(Path(folder), chosen.seed, chosen.tickets, settings)
        rows = expected(chosen.seed, chosen.tickets, settings)
        result = compare(marts, rows, chosen.models, chosen.may_lack)
    for line in result.differences:
        print(line)
    if chosen.report:
        result.write(chosen.report)
    print(f"{len(result.found)} differences in {sum(result.compared.values())} rows")
    return 1 if result.found else 0


if __name__ == "__main__":
    sys.exit(main())
