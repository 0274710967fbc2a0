"""Row-level security: a role of Postgres sees the rows of its audience, in every mart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Audience
from helpdesk.publish.postgres import publish_to_postgres
from tests.bi.server import Server

MARTS = "select relname from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'r'"


@pytest.fixture
def audiences(server: Server, database: Server, first_build: Path) -> dict[str, Audience]:
    """The roles, and audiences of one team, of a team and a company, and of everything."""
    with server.connect() as connection:
        for role in ("team_reader", "pair_reader", "all_reader", "other_reader"):
            connection.execute(f"drop role if exists {role}")
            connection.execute(f"create role {role} login password '{server.password}'")
    team, company = _most_common(first_build)
    return {
        "team": Audience(postgres_roles=("team_reader",), teams=(team,)),
        "pair": Audience(postgres_roles=("pair_reader",), teams=(team,), companies=(company,)),
        "all": Audience(postgres_roles=("all_reader",), everything=True),
    }


def _most_common(output: Path) -> tuple[str, str]:
    import duckdb

    with duckdb.connect(str(output / "output" / "helpdesk.duckdb"), read_only=True) as marts:
        found = marts.execute(
            "select team_key, company_key from marts.fct_tickets "
            "where team_key <> 'unknown' and company_key <> 'unknown' "
            "group by all order by count(*) desc, 1, 2 limit 1"
        ).fetchone()
    assert found
    return found[0], found[1]


def as_role(server: Server, role: str) -> psycopg.Connection[Any]:
    return psycopg.connect(server.address(user=role), autocommit=True)


def build_of(output: Path) -> Path:
    return (output / "output" / "current").resolve()


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    marts = [name for (name,) in connection.execute(MARTS).fetchall()]
    return {
        name: connection.execute(f"select count(*) from marts.{name}").fetchone()[0]  # type: ignore[index]
        for name in marts
    }


def test_a_role_sees_the_rows_of_its_audience(first_build, database, audiences):
    publish_to_postgres(build_of(first_build), database.address(), ["other_reader"], audiences)
    with database.connect() as connection:
        every = counts(connection)
    with as_role(database, "all_reader") as connection:
        assert counts(connection) == every | {"published_marts": 0}
    with as_role(database, "other_reader") as connection:
        assert set(counts(connection).values()) == {0}
    for name, limits in (("team", audiences["team"]), ("pair", audiences["pair"])):
        keys = " and ".join(
            f"{column} = '{values[0]}'"
            for column, values in (("team_key", limits.teams), ("company_key", limits.companies))
            if values
        )
        with database.connect() as connection:
            expected = _expected(connection, keys)
        with as_role(database, f"{name}_reader") as connection:
            own = counts(connection)
            assert {table: own[table] for table in expected} == expected
            assert 0 < own["fct_tickets"] < every["fct_tickets"]
            for whole in ("rpt_insights", "data_quality", "quarantine", "reconciliation",
                          "rpt_summary_team", "rpt_summary_hours", "published_marts"):  # fmt: skip
                assert own[whole] == 0
            assert own["dim_dates"] == every["dim_dates"]
            unseen = connection.execute(
                "select count(*) from marts.dim_companies where company_key <> 'unknown' and "
                "company_key not in (select company_key from marts.fct_tickets)"
            ).fetchone()
            assert unseen == (0,)


def _expected(connection: psycopg.Connection[Any], keys: str) -> dict[str, int]:
    """The rows of tickets with these keys, in each mart with a ticket and in the reports."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts'"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    found = {}
    for table, known in columns.items():
        if "ticket_key" in known:
            condition = f"ticket_key in (select ticket_key from marts.fct_tickets where {keys})"
        elif table.startswith("rpt_") and {"team_key", "company_key"} <= known:
            condition = keys
        else:
            continue
        row = connection.execute(f"select count(*) from marts.{table} where {condition}").fetchone()
        assert row
        found[table] = row[0]
    assert len(found) > 15
    return found


def test_the_next_publication_keeps_policies_and_follows_the_settings(
    first_build, database, audiences
):
    build = build_of(first_build)
    publish_to_postgres(build, database.address(), (), audiences)
    again = publish_to_postgres(build, database.address(), (), audiences)
    assert again.written == ()
    with as_role(database, "team_reader") as connection:
        before = counts(connection)["fct_tickets"]
    narrowed = audiences | {
        "team": audiences["team"].model_copy(update={"teams": ("no such team",)})
    }
    done = publish_to_postgres(build, database.address(), (), narrowed)
    assert done.notes == ("audience team: the build has no team 'no such team'",)
    with as_role(database, "team_reader") as connection:
        assert counts(connection)["fct_tickets"] == 0 < before
    gone = {name: one for name, one in audiences.items() if name != "team"}
    publish_to_postgres(build, database.address(), (), gone)
    with as_role(database, "team_reader") as connection:
        assert set(counts(connection).values()) == {0}


def test_a_run_without_the_settings_opens_nothing(first_build, database, audiences):
    build = build_of(first_build)
    publish_to_postgres(build, database.address(), (), audiences)
    with pytest.raises(ConfigError, match="give --config with the settings"):
        publish_to_postgres(build, database.address(), ("other_reader",))
    with as_role(database, "team_reader") as connection:
        assert counts(connection)["fct_tickets"] > 0


def test_a_role_that_is_missing_is_named_before_anything_is_loaded(first_build, database):
    missing = {"a": Audience(postgres_roles=("no_such_role",), teams=("x",))}
    with pytest.raises(ConfigError, match="no_such_role"):
        publish_to_postgres(build_of(first_build), database.address(), (), missing)


def test_texts_of_the_settings_are_values(first_build, database, audiences):
    hostile = audiences | {
        "team": audiences["team"].model_copy(
            update={"teams": ("') or true --", *audiences["team"].teams)}
        )
    }
    publish_to_postgres(build_of(first_build), database.address(), (), hostile)
    with as_role(database, "team_reader") as connection, database.connect() as loader:
        assert counts(connection)["fct_tickets"] < counts(loader)["fct_tickets"]
