"""The cost of a ticket with each engine: `python benchmarks/engines.py --tickets 10000 100000`.

Builds a simulated desk with `helpdesk build`, from files to published marts, with DuckDB and on a
Spark cluster that it starts on this machine, and compares the published marts row by row. The start
of the cluster is not counted. Each build is a separate process.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from clock import HERE, ROOT, measured, simulated

from helpdesk.publish.compare import compare_marts
from helpdesk.simulator import DEFAULT_UNTIL
from helpdesk.transform.engines.spark.cluster import running_cluster

HELPDESK = str(Path(sys.executable).with_name("helpdesk"))
HEADING = """
| tickets | DuckDB, s | s per 1,000 tickets | Spark, s | s per 1,000 tickets |
| --- | --- | --- | --- | --- |"""


def build(landing: Path, output: Path, *options: str) -> float:
    """Seconds of a full build."""
    shutil.rmtree(output, ignore_errors=True)
    folders = ["--landing", str(landing), "--output", str(output)]
    arguments = [HELPDESK, "build", *folders, "--as-of", DEFAULT_UNTIL.isoformat(), *options]
    return measured(arguments).seconds


def both(folder: Path, tickets: int, workers: int) -> str:
    """The row of results for a number of tickets. Fails if the marts differ."""
    desk, _ = simulated(folder, tickets)
    duckdb, spark, shared = (folder / name for name in ("duckdb", "spark", "shared"))
    seconds = [build(desk, duckdb)]
    shutil.rmtree(shared, ignore_errors=True)
    place = folder / f"cluster-{time.time_ns()}"
    with running_cluster(place, workers=workers) as cluster:
        os.environ.update(cluster.environment)
        seconds.append(build(desk, spark, "--target", "spark", "--shared", str(shared)))
    shutil.rmtree(place)
    if found := compare_marts(duckdb / "helpdesk.duckdb", spark / "helpdesk.duckdb"):
        sys.exit("\n".join(map(str, found)))
    cells = (f"{wall:,.0f} | {wall / tickets * 1000:.3f}" for wall in seconds)
    return f"| {tickets:,} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / "warehouse/benchmark")
    parser.add_argument("--record", action="store_true", help="append the figures to results.md")
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADING]
    print(HEADING, flush=True)
    for tickets in options.tickets:
        lines.append(both(options.folder.resolve(), tickets, options.workers))
        print(lines[-1], flush=True)
    if options.record:
        with (HERE / "results.md").open("a", encoding="utf-8") as results:
            results.write("\n".join(["", *lines, ""]))


if __name__ == "__main__":
    main()
