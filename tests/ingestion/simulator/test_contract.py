"""Every table meets the contract: columns, keys, references, and the simulated period."""

from datetime import UTC, datetime

import duckdb
import pytest
import yaml

from helpdesk.core.places import PROJECT_ROOT
from helpdesk.simulator import DEFAULT_UNTIL, TABLES
from tests.ingestion.simulator.desk import scalar

CONTRACT = PROJECT_ROOT / "dbt_project/models/staging/contract/_contract__sources.yml"
# The simulated help desk has no own fields.
OF_OWN_FIELDS = {"own_fields", "tags", "ticket_fields"}

REFERENCES = [
    ("statuses", "pipeline_id", "pipelines", "pipeline_id"),
    ("agent_teams", "agent_id", "agents", "agent_id"),
    ("agent_teams", "team_id", "teams", "team_id"),
    ("contacts", "company_id", "companies", "company_id"),
    ("channel_accounts", "channel_id", "channels", "channel_id"),
    ("tickets", "pipeline_id", "pipelines", "pipeline_id"),
    ("tickets", "status_id", "statuses", "status_id"),
    ("tickets", "agent_id", "agents", "agent_id"),
    ("tickets", "team_id", "teams", "team_id"),
    ("tickets", "company_id", "companies", "company_id"),
    ("tickets", "contact_id", "contacts", "contact_id"),
    ("tickets", "channel_id", "channels", "channel_id"),
    ("tickets", "channel_account_id", "channel_accounts", "channel_account_id"),
    ("tickets", "merged_into_id", "tickets", "ticket_id"),
    ("ticket_field_history", "ticket_id", "tickets", "ticket_id"),
    ("pipelines", "schedule_id", "business_hours", "schedule_id"),
    ("messages", "ticket_id", "tickets", "ticket_id"),
    ("messages", "channel_id", "channels", "channel_id"),
    ("messages", "channel_account_id", "channel_accounts", "channel_account_id"),
    ("holidays", "schedule_id", "business_hours", "schedule_id"),
    ("sla_targets", "policy_id", "sla_policies", "policy_id"),
    ("sla_targets", "schedule_id", "business_hours", "schedule_id"),
    ("sla_pause_statuses", "policy_id", "sla_policies", "policy_id"),
    ("sla_pause_statuses", "status_id", "statuses", "status_id"),
    ("sla_pause_statuses", "pipeline_id", "pipelines", "pipeline_id"),
    ("ticket_sla_applied", "ticket_id", "tickets", "ticket_id"),
    ("ticket_sla_applied", "policy_id", "sla_policies", "policy_id"),
    ("ticket_sla_applied", "schedule_id", "business_hours", "schedule_id"),
    ("agent_availability", "agent_id", "agents", "agent_id"),
    ("calls", "ticket_id", "tickets", "ticket_id"),
    ("calls", "agent_id", "agents", "agent_id"),
    ("survey_responses", "survey_id", "surveys", "survey_id"),
    ("survey_responses", "ticket_id", "tickets", "ticket_id"),
    ("survey_responses", "contact_id", "contacts", "contact_id"),
    ("survey_responses", "agent_id", "agents", "agent_id"),
    ("deletions", "key", "tickets", "ticket_id"),
]


def test_every_table_of_the_contract_exists() -> None:
    tables = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["sources"][0]["tables"]
    assert {table["name"] for table in tables} - OF_OWN_FIELDS == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_columns_and_keys_meet_the_contract(desk: duckdb.DuckDBPyConnection, table: str) -> None:
    declared = {
        column["name"]: column
        for source in yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["sources"][0]["tables"]
        if source["name"] == table
        for column in source["columns"]
    }
    view = desk.view(table)
    types = dict(zip(view.columns, map(str, view.types), strict=True))
    assert set(types) <= set(declared)
    keys = []
    for name, column in declared.items():
        meta = column.get("config", {}).get("meta", {})
        if meta.get("required"):
            assert scalar(desk, f'select count(*) - count("{name}") from {table}') == 0, name
        if column["data_type"] == "timestamp" and name in types:
            assert types[name] == "TIMESTAMP WITH TIME ZONE"
        if "accepted" in meta and name in types:
            values = desk.execute(f'select distinct "{name}" from {table}').fetchall()
            assert {value for (value,) in values} <= set(meta["accepted"])
        if meta.get("key") and name in types:
            keys.append(f'"{name}"')
    distinct = f"count(distinct row({', '.join(keys)}))"
    assert scalar(desk, f"select count(*) - {distinct} from {table}") == 0


@pytest.mark.parametrize(("table", "column", "target", "key"), REFERENCES)
def test_references_resolve(
    desk: duckdb.DuckDBPyConnection, table: str, column: str, target: str, key: str
) -> None:
    query = f"""
        select count(*) from (select {column} as id from {table} where {column} is not null)
        anti join (select {key} as id from {target}) using (id)
    """
    assert scalar(desk, query) == 0


@pytest.mark.parametrize(
    ("field", "target", "key"),
    [
        ("status", "statuses", "status_id"),
        ("agent", "agents", "agent_id"),
        ("team", "teams", "team_id"),
    ],
)
def test_history_values_resolve(
    desk: duckdb.DuckDBPyConnection, field: str, target: str, key: str
) -> None:
    query = f"""
        select count(*) from ticket_field_history anti join {target} on value = {key}
        where field = '{field}' and value is not null
    """
    assert scalar(desk, query) == 0


def test_nothing_after_until_or_before_the_period(desk: duckdb.DuckDBPyConnection) -> None:
    instants = """
        select created_at as instant from tickets
        union all select updated_at from tickets
        union all select reported_closed_at from tickets
        union all select changed_at from ticket_field_history
        union all select sent_at from messages
        union all select applied_at from ticket_sla_applied
        union all select valid_from from agent_teams
        union all select valid_to from agent_teams
        union all select started_at from agent_availability
        union all select ended_at from agent_availability
        union all select started_at from calls
        union all select started_at + to_seconds(duration_seconds) from calls
        union all select sent_at from survey_responses
        union all select responded_at from survey_responses
        union all select deleted_at from deletions
    """
    assert scalar(desk, f"select max(instant) from ({instants})") <= DEFAULT_UNTIL
    assert scalar(desk, f"select min(instant) from ({instants})") >= datetime(
        2025, 6, 30, 18, tzinfo=UTC
    )
    assert scalar(desk, "select count(*) from tickets where updated_at < created_at") == 0
