"""Adds own fields to the files of a simulated desk: each type, and values that change."""

from datetime import datetime
from pathlib import Path

import duckdb

from helpdesk.core.settings import FieldType
from helpdesk.extract.declared import Declared

# By object: the id, the type, and the options with labels.
AREAS = {"billing": "Billing & plans", "app": "Mobile app", "o'ops": 'The "ops" desk; night'}
TOPICS = {"slow": "Slow", "lost": "Lost data", "odd": "Odd"}
FIELDS: dict[str, dict[str, tuple[FieldType, dict[str, str]]]] = {
    "ticket": {
        "acme_area": ("option", AREAS),
        "acme_topics": ("options", TOPICS),
        "acme_effort": ("number", {}),
        "acme_is_bug": ("boolean", {}),
        "acme_go_live": ("date", {}),
        "acme_promised": ("datetime", {}),
        "acme_note": ("text", {}),
    },
    "company": {"acme_tier": ("option", {"a": "Gold", "b": "Tin"}), "acme_seats": ("number", {})},
    "contact": {"acme_role": ("text", {})},
}
DECLARED = Declared({thing: tuple(fields) for thing, fields in FIELDS.items()})
VALUES = {
    "tickets": """case when number % 5 > 0 then json_object(
        'acme_effort', (number / 4)::varchar,
        'acme_is_bug', case number % 3 when 0 then 'true' when 1 then 'false' end,
        'acme_go_live', (date '2026-01-01' + number::integer)::varchar,
        'acme_promised', strftime(timestamp '2026-03-01 10:00:00' + to_hours(number), '%Y-%m-%dT%H:%M:%SZ'),
        'acme_note', 'It''s "' || number || '"; drop table x; {{ 1 }} \\ ü'
    ) end""",
    "companies": """json_object(
        'acme_tier', ['a', 'b', 'of no label'][1 + number % 3], 'acme_seats', (number * 10)::varchar
    )""",
    "contacts": "case when number % 2 = 0 then json_object('acme_role', 'Chief of ' || number) end",
}
HISTORY = """
create table own_history as
with there as (
    select ticket_id, created_at, ticket_id::bigint % 1000 as number from tickets
    where ticket_id in (select ticket_id from history)
),
listed as (
    select ticket_id, 'acme_area' as field, created_at + to_hours(30 * step) as changed_at,
        ['billing', 'app', 'o''ops', ''][1 + (number + step) % 4] as value
    from there cross join range(3) as steps (step)
    union all
    select ticket_id, 'acme_topics', created_at + to_hours(20 * step),
        ['slow', 'slow;lost', 'odd;slow', ''][1 + (number + step) % 4]
    from there cross join range(3) as steps (step)
)
select * from listed where changed_at <= $until
"""


def give_own_fields(folder: Path, until: datetime) -> None:
    """Add the fields, their values and their history to the desk in `folder`."""
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, table in (("tickets", "tickets"), ("history", "ticket_field_history")):
            path = folder / f"{table}.parquet"
            connection.execute(f"create table {name} as from read_parquet('{path}')")
        connection.execute(HISTORY, {"until": until})
        connection.execute("insert into history by name select *, 0 as seq from own_history")
        connection.table("history").write_parquet(str(folder / "ticket_field_history.parquet"))
        for table, key in (("companies", "company_id"), ("contacts", "contact_id")):
            path = folder / f"{table}.parquet"
            connection.execute(
                f"""create table own_{table} as
                select * exclude (number), {VALUES[table]}::varchar as own_fields
                from (select *, {key}::bigint % 1000 as number from read_parquet('{path}'))"""
            )
            connection.table(f"own_{table}").write_parquet(str(path))
        connection.execute(
            f"""create table own_tickets as
            select tickets.* replace (greatest(updated_at, changed_at) as updated_at),
                json_merge_patch(
                    coalesce({VALUES["tickets"]}, '{{}}'), coalesce(newest.own_fields, '{{}}')
                )::varchar as own_fields
            from (select *, ticket_id::bigint % 1000 as number from tickets) as tickets
            left join (
                select ticket_id, max(changed_at) as changed_at,
                    json_group_object(field, value) as own_fields
                from (
                    select ticket_id, field, max(changed_at) as changed_at,
                        nullif(max_by(value, changed_at), '') as value
                    from own_history group by all
                ) group by ticket_id
            ) as newest using (ticket_id)
            order by ticket_id"""
        )
        connection.execute("alter table own_tickets drop number")
        connection.table("own_tickets").write_parquet(str(folder / "tickets.parquet"))
        _list_fields(connection, folder)


def _list_fields(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The contract table with the list of fields."""
    connection.execute(
        "create table fields (field_id varchar, object varchar, name varchar, type varchar, "
        "label varchar, options varchar)"
    )
    for thing, fields in FIELDS.items():
        for name, (kind, options) in fields.items():
            label = name.removeprefix("acme_").replace("_", " ").capitalize()
            connection.execute(
                "insert into fields values ($1, $2, $1, $3, $4, nullif($5::json, '{}')::varchar)",
                [name, thing, kind, label, options],
            )
    connection.table("fields").write_parquet(str(folder / "ticket_fields.parquet"))
