"""What is asked of HubSpot: the lists, the objects with their properties, and in which sizes."""

from typing import Any

BATCH, BATCH_WITH_HISTORY, LIST_PAGE = 100, 50, 100
CONVERSATIONS = "/conversations/v3/conversations"
# What people write does not leave HubSpot: no figure is made of it.
BODIES = ("text", "richText", "subject", "attachments", "recipients")

HISTORY = (
    "hs_pipeline",
    "hs_pipeline_stage",
    "hubspot_owner_id",
    "hubspot_team_id",
    "hs_ticket_priority",
    "hs_originating_channel_instance_id",
    "hs_applied_sla_rule_config_id",
    "hs_applied_sla_schedule_id",
)
PROPERTIES = {
    "tickets": (
        *HISTORY,
        "subject",
        "createdate",
        "hs_lastmodifieddate",
        "hs_ticket_category",
        "source_type",
        "hs_primary_company_id",
        "hs_originating_generic_channel_id",
        "hs_conversations_originating_thread_id",
        "hs_outbound_ticket",
        "hs_merged_object_ids",
        "closed_date",
        "time_to_close",
        "first_agent_reply_date",
        "hs_first_agent_message_sent_at",
        "hs_time_to_first_response_sla_at",
        "hs_time_to_first_response_sla_status",
        "hs_time_to_next_response_sla_at",
        "hs_time_to_next_response_sla_status",
        "hs_time_to_close_sla_at",
        "hs_time_to_close_sla_status",
    ),
    "companies": ("name", "domain", "hs_lastmodifieddate"),
    "contacts": ("firstname", "lastname", "email", "associatedcompanyid", "lastmodifieddate"),
    "calls": (
        "hs_timestamp",
        "hs_call_direction",
        "hs_call_status",
        "hs_call_duration",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
    "feedback_submissions": (
        "hs_survey_id",
        "hs_survey_name",
        "hs_survey_type",
        "hs_value",
        "hs_submission_timestamp",
        "hs_content",
        "hs_contact_id",
        "hs_ticket_id",
        "hs_lastmodifieddate",
    ),
}
# Lists by path, each asked for once with each of the parameters. Owners who have left are archived,
# and still own tickets.
LISTS: dict[str, tuple[Any, ...]] = {
    "owners": (
        "/crm/v3/owners",
        {"limit": LIST_PAGE, "archived": "false"},
        {"limit": LIST_PAGE, "archived": "true"},
    ),
    "teams": ("/settings/v3/users/teams",),
    "pipelines": ("/crm/v3/pipelines/tickets",),
    "channels": (f"{CONVERSATIONS}/channels",),
    "channel_accounts": (f"{CONVERSATIONS}/channel-accounts",),
}
ASSOCIATED = {"tickets": ("companies", "contacts"), "calls": ("tickets",)}
THREAD_OF_TICKET = "hs_conversations_originating_thread_id"
