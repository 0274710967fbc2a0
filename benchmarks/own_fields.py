"""The cost of own fields: `python benchmarks/own_fields.py --tickets 50000`.

Builds a simulated desk with `helpdesk build`: without own fields, with 30 of them and five tags on
each ticket, and with values at creation and at close of three of them, from their history. Each
time a full build, and a refresh of 1 % of the tickets. A third of the fields are options with
labels, three of them with several values.
"""

import argparse
import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
from clock import HERE, Cost, measured, simulated
from refresh import HELPDESK, arguments, land_changes

from helpdesk.simulator import DEFAULT_UNTIL

FIELDS, TAGS, CHANGED = 30, 5, 0.01
TYPES = ("option", "text", "number", "option", "date", "boolean", "option", "text", "number",
         "options")  # fmt: skip
# The value of a field by type, for the ticket `ticket_id`; a fifth are empty.
VALUES = {
    "option": "'value_' || hash(ticket_id || {place}) % 40",
    "text": "'some text of the ticket, number ' || hash(ticket_id || {place}) % 100000",
    "number": "cast(hash(ticket_id || {place}) % 10000 / 10 as varchar)",
    "date": "cast(date '2024-01-01' + (hash(ticket_id || {place}) % 900)::integer as varchar)",
    "boolean": "if(hash(ticket_id || {place}) % 2 = 0, 'true', 'false')",
    "options": "'value_' || hash(ticket_id || {place}) % 40 || ';value_' || hash({place}) % 40",
}
NAMES = [f"own_field_{place:02}" for place in range(FIELDS)]
KINDS = [TYPES[place % len(TYPES)] for place in range(FIELDS)]
DATED = NAMES[:3]


def settings(dated: list[str]) -> str:
    lines = ["fields:"]
    for name, kind in zip(NAMES, KINDS, strict=True):
        at = ", at: [creation, close]" if name in dated else ""
        lines.append(f"  - {{field: {name}, type: {kind}{at}}}")
    return "\n".join([*lines, "tags: all", ""])


def own_columns() -> str:
    """The additional columns of a ticket's row."""
    pairs = ", ".join(
        f"'{name}', if(hash(ticket_id, {place}) % 5 = 0, null, {VALUES[kind].format(place=place)})"
        for place, (name, kind) in enumerate(zip(NAMES, KINDS, strict=True))
    )
    tags = " || ',' || ".join(f"'tag_' || hash(ticket_id, {tag}) % 500" for tag in range(TAGS))
    return f"cast(json_object({pairs}) as varchar) as own_fields, {tags} as tags"


def add_values(file: Path) -> None:
    """Rewrite a file of tickets with own fields and tags."""
    with duckdb.connect() as connection:
        connection.execute(f"create table tickets as from '{file}'")
        connection.execute(f"copy (select *, {own_columns()} from tickets) to '{file}'")


def add_history(landing: Path, dated: list[str]) -> None:
    """Write two changes of each field with a history."""
    if not dated:
        return
    changes = " union all ".join(
        f"""select ticket_id, '{name}' as field, created_at + interval (seq) hour as changed_at,
            seq, {VALUES[kind].format(place=f"'{name}' || seq")} as value
        from '{landing}/tickets/tickets.parquet', range(2) as numbers(seq)"""
        for name, kind in zip(dated, KINDS, strict=False)
    )
    duckdb.execute(f"copy ({changes}) to '{landing}/ticket_field_history/own.parquet'")


def add_names(landing: Path) -> None:
    """Write the list of fields with labels."""
    labels = json.dumps({f"value_{number}": f"Value {number}" for number in range(40)})
    listed = [
        {"field_id": name, "name": name, "type": kind, "options": labels}
        for name, kind in zip(NAMES, KINDS, strict=True)
        if kind.startswith("option")
    ]
    text = "".join(json.dumps(one) + "\n" for one in listed)
    (landing / "ticket_fields.jsonl").write_text(text)


def landed(desk: Path, landing: Path) -> None:
    """Copy the desk's files, each into the folder of its table."""
    shutil.rmtree(landing, ignore_errors=True)
    for file in desk.glob("*.parquet"):
        (landing / file.stem).mkdir(parents=True)
        shutil.copy(file, landing / file.stem)


def costs(
    folder: Path, desk: Path, tickets: int, is_own: bool, dated: list[str]
) -> tuple[Cost, Cost]:
    """The costs of a full build and of a refresh; the fields `dated` have a history."""
    landing, output = folder / "landing", folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    landed(desk, landing)
    config = folder / "helpdesk.yml"
    config.write_text(settings(dated) if is_own else "report_timezone: UTC\n")
    if is_own:
        add_values(landing / "tickets" / "tickets.parquet")
        add_history(landing, dated)
        add_names(landing)
    found = []
    for number in range(2):
        as_of = DEFAULT_UNTIL + timedelta(hours=number)
        command = [HELPDESK, "build", *arguments(landing, output), "--config", str(config)]
        found.append(measured([*command, "--as-of", as_of.isoformat()]))
        at = (as_of + timedelta(minutes=30)).isoformat()
        land_changes(desk, landing, number, int(tickets * CHANGED), at)
        if is_own:
            add_values(landing / "tickets" / f"change-{number}.parquet")
    return found[0], found[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "warehouse" / "own_fields")
    chosen = parser.parse_args()
    desk, _ = simulated(chosen.folder / "desk", chosen.tickets)
    variants = {
        "without": (False, []),
        f"{FIELDS} fields, {TAGS} tags": (True, []),
        f"the same, {len(DATED)} fields with a history": (True, DATED),
    }
    rows = {
        name: costs(chosen.folder / str(number), desk, chosen.tickets, *variant)
        for number, (name, variant) in enumerate(variants.items())
    }
    print("| | full build: processor | wall | peak | refresh: processor | wall | peak |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, of_desk in rows.items():
        cells = [
            f"{cost.cpu_seconds:.0f} s | {cost.seconds:.0f} s | {cost.peak_gb:.1f} GB"
            for cost in of_desk
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
