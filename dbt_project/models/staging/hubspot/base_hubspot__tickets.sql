with

tickets as (

    select * from {{ source('hubspot', 'tickets') }}

),

ticket_merges as (

    select * from {{ source('hubspot', 'ticket_merges') }}

),

threads as (

    select * from {{ source('hubspot', 'threads') }}

),

latest_merges as (

    {{ newest_rows('ticket_merges', 'id') }}

),

latest_threads as (

    {{ newest_rows('threads', '"ticketId", id') }}

),

-- A ticket is spam when every conversation on it is.
spam_tickets as (

    select "ticketId" as ticket_id
    from latest_threads
    group by "ticketId"
    having min(case when spam = 'true' then 1 else 0 end) = 1

),

read_tickets as (

    select
        tickets.*,
        latest_merges."mergedInto" as merged_into_id,
        case when spam_tickets.ticket_id is null then 'false' else 'true' end as is_spam,
        {% for property in [
            'createdate', 'subject', 'hs_pipeline', 'hs_pipeline_stage',
            'hs_ticket_priority', 'hs_ticket_category', 'source_type', 'hubspot_owner_id',
            'hubspot_team_id', 'hs_primary_company_id', 'hs_originating_generic_channel_id',
            'hs_originating_channel_instance_id', 'hs_outbound_ticket', 'closed_date',
            'first_agent_reply_date', 'hs_first_agent_message_sent_at',
            'hs_time_to_first_response_sla_at', 'hs_time_to_next_response_sla_at',
            'hs_time_to_close_sla_at', 'hs_time_to_first_response_sla_status',
            'hs_time_to_next_response_sla_status', 'hs_time_to_close_sla_status',
        ] -%}
        {{ json_value('tickets.properties', property) }} as {{ property }},
        {% endfor -%}
        case
            when tickets.archived = 'true' then tickets."archivedAt"
            else
                coalesce(
                    {{ json_value('tickets.properties', 'hs_lastmodifieddate') }},
                    tickets."updatedAt"
                )
        end as versioned_at,
        {{ associated_id('tickets.associations', 'companies', primary=26) }} as company_id,
        {{ associated_id('tickets.associations', 'contacts') }} as contact_id
    from tickets
    left join latest_merges
        on tickets.id = latest_merges.id
    left join spam_tickets
        on tickets.id = spam_tickets.ticket_id

),

shaped as (

    select
        {{ shaped_as('tickets', {
            'ticket_id': 'id',
            'created_at': iso_instant('coalesce(createdate, "createdAt")'),
            'updated_at': iso_instant('versioned_at'),
            'subject': 'subject',
            'pipeline_id': 'hs_pipeline',
            'status_id': 'hs_pipeline_stage',
            'priority': 'lower(hs_ticket_priority)',
            'category': 'hs_ticket_category',
            'source': 'lower(source_type)',
            'agent_id': 'hubspot_owner_id',
            'team_id': 'hubspot_team_id',
            'company_id': 'coalesce(company_id, hs_primary_company_id)',
            'contact_id': 'contact_id',
            'channel_id': 'hs_originating_generic_channel_id',
            'channel_account_id': 'hs_originating_channel_instance_id',
            'is_outbound': 'hs_outbound_ticket',
            'is_spam': 'is_spam',
            'is_deleted': 'archived',
            'merged_into_id': 'merged_into_id',
            'reported_first_response_at': iso_instant(
                'coalesce(hs_first_agent_message_sent_at, first_agent_reply_date)'
            ),
            'reported_closed_at': iso_instant('closed_date'),
            'reported_first_response_due_at': iso_instant('hs_time_to_first_response_sla_at'),
            'reported_next_response_due_at': iso_instant('hs_time_to_next_response_sla_at'),
            'reported_time_to_close_due_at': iso_instant('hs_time_to_close_sla_at'),
            'reported_first_response_sla_status': 'hs_time_to_first_response_sla_status',
            'reported_next_response_sla_status': 'hs_time_to_next_response_sla_status',
            'reported_time_to_close_sla_status': 'hs_time_to_close_sla_status',
        }) }}
    from read_tickets

)

select * from shaped
