"""The cost of a refresh and of a full build: `python benchmarks/refresh.py --tickets 1000000`.

Builds a simulated desk with `helpdesk build`, from files to published marts, then again an hour
later without changes, and with 0.1 %, 1 % and 10 % of the tickets changed. Each build is a separate
process. `--check` compares the last one with a full build, row by row.
"""

import argparse
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
from clock import HERE, ROOT, Cost, measured, simulated

from helpdesk.simulator import DEFAULT_UNTIL

SHARES = (0.0, 0.001, 0.01, 0.1)
HELPDESK = str(Path(sys.executable).with_name("helpdesk"))

# Four of five changed tickets are of the last thirtieth, the others of any age. Each gets a new
# version of its row, a change of priority and a message by its owner, even if it is closed.
CHANGED = """
create or replace temp table changed as
with numbered as (
    select *, row_number() over (order by created_at desc) as age
    from read_parquet('{landing}/tickets.parquet')
),
drawn as (
    select
        *,
        row_number() over (
            partition by age <= greatest({tickets} // 30, {count})
            order by hash(ticket_id || '{number}')
        ) as position,
        age <= greatest({tickets} // 30, {count}) as is_new
    from numbered
)
select * exclude (age, position, is_new) from drawn
where position <= {count} * case when is_new then 0.8 else 0.2 end
"""
TABLES = {
    "tickets": """
        select * replace (timestamptz '{at}' as updated_at, 'urgent' as priority) from changed""",
    "ticket_field_history": """
        select ticket_id, 'priority' as field, timestamptz '{at}' as changed_at, 0 as seq,
            'urgent' as value
        from changed""",
    "messages": """
        select ticket_id || '-{number}' as message_id, ticket_id, timestamptz '{at}' as sent_at,
            agent_id as author_id, channel_id, channel_account_id, 'outgoing' as direction,
            'agent' as author_type, true as is_public
        from changed""",
}


def land_changes(simulated: Path, landing: Path, number: int, count: int, at: str) -> None:
    """Write new landing files in which the given number of tickets change."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        (tickets,) = connection.execute(
            f"select count(*) from read_parquet('{simulated}/tickets.parquet')"
        ).fetchone() or (0,)
        connection.execute(
            CHANGED.format(landing=simulated, tickets=tickets, number=number, count=count)
        )
        for table, select in TABLES.items():
            (landing / table).mkdir(exist_ok=True)
            file = landing / table / f"change-{number}.parquet"
            connection.execute(f"copy ({select.format(at=at, number=number)}) to '{file}'")


def build(landing: Path, output: Path, as_of: str) -> Cost:
    return measured([HELPDESK, "build", *arguments(landing, output), "--as-of", as_of])


def arguments(landing: Path, output: Path) -> list[str]:
    return ["--landing", str(landing), "--output", str(output)]


def row(name: str, cost: Cost, full: Cost, changed: int) -> str:
    return (
        f"| {name} | {changed:,} | {cost.seconds:.0f} s | {cost.cpu_seconds:.0f} s | "
        f"{cost.peak_gb:.1f} GB | {cost.seconds / full.seconds:.0%} |"
    )


def remodelled(output: Path) -> int:
    with duckdb.connect(output / ".work" / "work.duckdb", read_only=True) as connection:
        (count,) = connection.execute(
            "select count(*) from intermediate.int_changed_tickets"
        ).fetchone() or (0,)
    return int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "warehouse/benchmark")
    parser.add_argument("--check", action="store_true", help="compare with a full build at the end")
    parser.add_argument("--record", action="store_true", help="append the figures to results.md")
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    desk, _ = simulated(options.folder, options.tickets)
    landing = options.folder / f"refresh-landing-{options.tickets}"
    output = options.folder / f"refresh-{options.tickets}"
    for folder in (landing, output):
        shutil.rmtree(folder, ignore_errors=True)
    landing.mkdir()
    for file in desk.iterdir():
        (landing / file.name).symlink_to(file.resolve())

    full = build(landing, output, DEFAULT_UNTIL.isoformat())
    lines = [row("full", full, full, options.tickets)]
    print(lines[-1], flush=True)
    for number, share in enumerate(SHARES, start=1):
        as_of = DEFAULT_UNTIL + timedelta(hours=number)
        if share:
            at = (as_of - timedelta(minutes=5)).isoformat()
            land_changes(desk, landing, number, round(share * options.tickets), at)
        cost = build(landing, output, as_of.isoformat())
        lines.append(row(f"{share:.1%} changed", cost, full, remodelled(output)))
        print(lines[-1], flush=True)
    if options.record:
        with (HERE / "results.md").open("a", encoding="utf-8") as results:
            results.write("\n".join(["", *lines, ""]))
    if options.check:
        measured([HELPDESK, "check", "--output", str(output)])
        print("the refreshed warehouse equals a full build")


if __name__ == "__main__":
    main()
