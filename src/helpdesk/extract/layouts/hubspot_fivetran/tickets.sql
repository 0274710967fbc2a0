-- Fivetran has one row per ticket, and separate tables for its history and associations. A change in any of them writes
-- the ticket again.
with changes as (
    select
        ticket_id,
        name,
        synced_at,
        json_object(
            'value', value,
            'timestamp', coalesce(timestamp_instant, "timestamp"),
            'sourceType', source,
            'updatedByUserId', nullif(regexp_extract(source_id, 'userId:([0-9]+)', 1), '')
        ) as change,
        coalesce(timestamp_instant, "timestamp") as changed_at
    from ticket_property_history
    where name in (
        'hs_pipeline', 'hs_pipeline_stage', 'hubspot_owner_id', 'hubspot_team_id', 'hs_ticket_priority',
        'hs_originating_channel_instance_id', 'hs_applied_sla_rule_config_id', 'hs_applied_sla_schedule_id',
        'hs_time_to_first_response_sla_at', 'hs_time_to_first_response_sla_status',
        'hs_time_to_next_response_sla_at', 'hs_time_to_next_response_sla_status',
        'hs_time_to_close_sla_at', 'hs_time_to_close_sla_status'
    )
    or name in (select declared_fields.field from declared_fields where declared_fields.object = 'ticket')
),
properties_changed as (
    select ticket_id, name, to_json(list(change order by changed_at desc, change)) as listed, max(synced_at) as synced_at
    from changes group by all
),
histories as (
    select
        ticket_id,
        '{' || string_agg(to_json(name) || ':' || listed, ',' order by name) || '}' as history,
        max(synced_at) as synced_at
    from properties_changed group by all
),
companies as (
    select
        ticket_id,
        to_json(list(json_object(
            'toObjectId', company_id, 'associationTypes', json_array(json_object('typeId', type_id))
        ) order by type_id = '26' desc, company_id)) as listed,
        max(synced_at) as synced_at
    from ticket_company group by all
),
contacts as (
    select
        ticket_id,
        to_json(list(json_object('toObjectId', contact_id) order by contact_id)) as listed,
        max(synced_at) as synced_at
    from ticket_contact group by all
)
select
    ticket.id,
    ticket.properties,
    histories.history as "propertiesWithHistory",
    json_object('companies', companies.listed, 'contacts', contacts.listed) as associations,
    coalesce(ticket._fivetran_deleted, ticket.is_deleted, 'false') as archived,
    case when coalesce(ticket._fivetran_deleted, ticket.is_deleted) = 'true' then ticket.synced_at end as "archivedAt",
    greatest(ticket.synced_at, histories.synced_at, companies.synced_at, contacts.synced_at) as synced_at
from ticket
left join histories on ticket.id = histories.ticket_id
left join companies on ticket.id = companies.ticket_id
left join contacts on ticket.id = contacts.ticket_id
