"""The lists, objects and properties that are requested from HubSpot, and the sizes of requests."""

from typing import Any

BATCH, BATCH_WITH_HISTORY, LIST_PAGE = 100, 50, 100
# The longest list of properties in a URL, which may have some 8,000 characters.
LONGEST_LIST = 6_000
CONVERSATIONS = "/conversations/v3/conversations"
# Texts of messages are not fetched, as no figure needs them.
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
    # HubSpot's SLA clocks: due time, and status as a number.
    "hs_time_to_first_response_sla_at",
    "hs_time_to_first_response_sla_status",
    "hs_time_to_next_response_sla_at",
    "hs_time_to_next_response_sla_status",
    "hs_time_to_close_sla_at",
    "hs_time_to_close_sla_status",
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
    ),
    "companies": ("name", "domain", "hs_lastmodifieddate"),
    "contacts": ("firstname", "lastname", "email", "associatedcompanyid", "lastmodifieddate"),
    "calls": (
        "hs_timestamp",
        "hs_call_direction",
        "hs_call_status",
        "hs_call_disposition",
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
# The object types that can have own fields, with their names in the settings.
OWN_KINDS = {"tickets": "ticket", "companies": "company", "contacts": "contact"}
# Properties of users: the id in owners and messages, and the availability with its history.
USERS = "/crm/v3/objects/users"
AVAILABILITY = "hs_availability_status"
USER_PROPERTIES = (
    "hs_internal_user_id",
    AVAILABILITY,
    "hs_out_of_office_hours",
    "hs_working_hours",
    "hs_standard_time_zone",
)
ACCOUNT = "/account-info/v3/details"
# CRM objects whose deletions are read from the list of archived objects.
DELETED = ("tickets", "calls", "companies", "contacts", "feedback_submissions")
# Lists by path, each requested once per set of parameters. Former owners are archived, and can
# still own tickets.
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
# Lists whose deleted entries get a row. Pipelines, stages, channels and their accounts do not: old
# tickets refer to them.
REMOVED_WITH_THEIR_LIST = ("teams",)
ASSOCIATED = {"tickets": ("companies", "contacts"), "calls": ("tickets",)}
# A changed association does not always modify an object. So associations are read again for objects
# modified within these days and for tickets that were never closed, 1,000 objects per batch.
LINKS_DAYS, LINKS_BATCH = 30, 1_000
NEVER_CLOSED = {"propertyName": "closed_date", "operator": "NOT_HAS_PROPERTY"}
THREAD_OF_TICKET = "hs_conversations_originating_thread_id"
