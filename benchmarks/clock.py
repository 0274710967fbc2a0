"""The cost of the models: `python benchmarks/clock.py --tickets 1000000`.

Simulates a help desk (kept between runs), loads it, runs the models, then runs a hand-written
script with the same business-time calculations on the raw tables, and compares their figures. Every
step is a separate process, with its own peak of memory.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk.core.build import opened
from helpdesk.core.paths import OutputPaths
from helpdesk.load.landing import load_landing, write_build
from helpdesk.simulator import DEFAULT_UNTIL, simulate

HERE = Path(__file__).parent
ROOT = HERE.parent
SEED = 1
SLOWEST = 15

# The same figures from the marts and from the script: rows, and totals that a single wrong second
# or verdict would change.
CHECKS = {
    "status intervals": (
        "select count(*), sum(duration_seconds), sum(duration_business_seconds) from {}",
        "marts.fct_ticket_status_history",
        "work.by_hand.status_intervals",
    ),
    "messages": (
        """select count(*), count(seconds_since_last_response), sum(seconds_since_last_response),
        sum(business_seconds_since_last_response) from {}""",
        "marts.fct_messages",
        "work.by_hand.messages",
    ),
    "response cycles": (
        """select count(*), sum(wait_seconds), sum(wait_business_seconds),
        sum(customer_message_count), count(*) filter (outcome = 'closed') from {}""",
        "marts.fct_response_cycles",
        "work.by_hand.response_cycles",
    ),
    "first responses": (
        """select count(*), sum(first_response_seconds), sum(first_response_business_seconds)
        from {} where first_response_seconds is not null""",
        "marts.fct_tickets",
        "work.by_hand.first_responses",
    ),
    "SLA clocks": (
        """select metric, status, count(*), sum(elapsed_seconds), sum(epoch_us(due_at)::hugeint)
        from {} group by all order by all""",
        "marts.fct_sla_clocks",
        "work.by_hand.sla_clocks",
    ),
}


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of a process, and its largest resident set.

    If the machine does other work too, compare processor seconds.
    """

    seconds: float
    cpu_seconds: float
    peak_gb: float


def measured(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command; its output is shown only if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    output = process.stdout.read()
    # For this child only; RUSAGE_CHILDREN would give the largest child so far.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{output}")
    return Cost(
        seconds=time.perf_counter() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_gb=usage.ru_maxrss / 1024**2,
    )


def step(name: str, *arguments: object) -> list[str]:
    """The command that runs one function of this file in a separate process."""
    return [sys.executable, str(Path(__file__)), "--step", name, *map(str, arguments)]


def working_file(output: Path) -> Path:
    """The file of an output folder with all layers below the marts, and the script's tables."""
    return OutputPaths(output).warehouse


def land(landing: Path, output: Path) -> None:
    working_file(output).parent.mkdir(parents=True)
    with opened(working_file(output)) as connection:
        load_landing(connection, landing)
        write_build(connection, "benchmark", datetime.now(UTC), DEFAULT_UNTIL)


def by_hand(output: Path) -> None:
    with duckdb.connect(working_file(output)) as connection:
        connection.execute("set timezone = 'UTC'")
        for statement in duckdb.extract_statements((HERE / "by_hand.sql").read_text("utf-8")):
            started = time.perf_counter()
            connection.execute(statement)
            code = " ".join(
                line for line in statement.query.splitlines() if not line.startswith("--")
            )
            print(f"{time.perf_counter() - started:10.1f} s  {' '.join(code.split()[:4])}")


def simulated(folder: Path, tickets: int) -> tuple[Path, Cost | None]:
    """The landing folder of a simulated desk, and the cost of writing it if it did not exist.

    Its name contains a checksum of the simulator, so that a changed simulator writes new data.
    """
    spec = importlib.util.find_spec("helpdesk.simulator")
    assert spec
    assert spec.submodule_search_locations
    sources = sorted(Path(spec.submodule_search_locations[0]).glob("*.py"))
    checksum = zlib.crc32(b"".join(file.read_bytes() for file in sources))
    landing = folder / f"landing-{tickets}-{checksum:08x}"
    if landing.is_dir():
        return landing, None
    unfinished = landing.with_suffix(".part")
    cost = measured(step("simulate", tickets, unfinished))
    unfinished.rename(landing)
    return landing, cost


def dbt_run(project: Path, folder: Path, output: Path, *selection: str) -> Cost:
    dbt = str(Path(sys.executable).with_name("dbt"))
    places = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    return measured(
        [dbt, "run", *folders, *places, *selection],
        {"HELPDESK_WAREHOUSE": str(output.resolve())},
    )


def model_seconds(folder: Path) -> dict[str, float]:
    """Seconds of each model of the last run."""
    results = json.loads((folder / "target/run_results.json").read_text("utf-8"))["results"]
    return {one["unique_id"].split(".")[-1]: one["execution_time"] for one in results}


def both_files(output: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the marts and, as `work`, to the working file."""
    connection = duckdb.connect(OutputPaths(output).candidate, read_only=True)
    connection.execute(f"attach '{working_file(output)}' as work (read_only)")
    return connection


def rows(output: Path, schemas: tuple[str, ...]) -> dict[str, int]:
    """Rows of each table that is not empty."""
    query = """
        select schema_name || '.' || table_name, estimated_size from duckdb_tables()
        where list_contains(?, schema_name) and estimated_size > 0
    """
    with both_files(output) as connection:
        return dict(connection.execute(query, [list(schemas)]).fetchall())


def differences(output: Path) -> list[str]:
    """The figures of both routes, if they differ."""
    found = []
    with both_files(output) as connection:
        for name, (query, mart, hand) in CHECKS.items():
            modelled, written = (
                connection.execute(query.format(table)).fetchall() for table in (mart, hand)
            )
            if modelled != written:
                only = [set(modelled) - set(written), set(written) - set(modelled)]
                found.append(f"{name}: marts {sorted(only[0])}, by hand {sorted(only[1])}")
    return found


def ratio(costs: dict[str, Cost]) -> float:
    """Processor seconds of the models, divided by those of the script for the same work."""
    return costs["the clock"].cpu_seconds / costs["by hand"].cpu_seconds


def record(tickets: int, costs: dict[str, Cost], counts: dict[str, int]) -> None:
    """Append one row to results.md."""
    cells = [
        f"{tickets:,}",
        f"{counts['raw.ticket_field_history'] + counts['raw.messages']:,}",
        *(
            f"{one.seconds:,.0f} s ({one.cpu_seconds:,.0f} s), {one.peak_gb:.1f} GB"
            for one in (costs[name] for name in ("land", "the clock", "the rest", "by hand"))
        ),
        f"{ratio(costs):.1f}",
        f"{os.cpu_count()}",
        duckdb.__version__,
        datetime.now(UTC).date().isoformat(),
    ]
    with (HERE / "results.md").open("a", encoding="utf-8") as results:
        results.write("| " + " | ".join(cells) + " |\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "warehouse/benchmark")
    parser.add_argument("--project", type=Path, default=ROOT / "dbt_project", help="dbt project")
    parser.add_argument("--record", action="store_true", help="append the figures to results.md")
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    landing, cost = simulated(options.folder, options.tickets)
    costs = {"simulate": cost} if cost else {}
    output = options.folder / f"output-{options.tickets}"
    shutil.rmtree(output, ignore_errors=True)
    costs["land"] = measured(step("land", landing, output))
    # First the part that the script does too: the compared facts and all models below them.
    clock = [f"+{mart.removeprefix('marts.')}" for _, mart, _ in CHECKS.values()]
    costs["the clock"] = dbt_run(options.project, options.folder, output, "--select", *clock)
    seconds = model_seconds(options.folder)
    costs["the rest"] = dbt_run(options.project, options.folder, output, "--exclude", *clock)
    seconds |= model_seconds(options.folder)
    costs["by hand"] = measured(step("by_hand", output))

    for model, taken in sorted(seconds.items(), key=lambda item: -item[1])[:SLOWEST]:
        print(f"{taken:10.1f} s  {model}")
    print(f"{sum(seconds.values()):10.1f} s  all {len(seconds)} models")
    counts = rows(output, ("raw", "marts"))
    for table, count in counts.items():
        print(f"{count:14,}  {table}")
    for name, one in costs.items():
        print(
            f"{name:>10}: {one.seconds:8.1f} s wall, {one.cpu_seconds:8.1f} s of processor, "
            f"at most {one.peak_gb:.2f} GB"
        )
    print(f"the clock's models take {ratio(costs):.2f} times the script's processor time")
    differing = differences(output)
    if options.record and not differing:
        record(options.tickets, costs, counts)
    if differing:
        raise SystemExit("\n".join(["the two routes disagree:", *differing]))
    print("both routes agree")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--step", "simulate", tickets, out]:
            simulate(int(tickets), SEED, Path(out))
        case ["--step", "land", landing_folder, folder]:
            land(Path(landing_folder), Path(folder))
        case ["--step", "by_hand", folder]:
            by_hand(Path(folder))
        case _:
            main()
