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

account as (

    select * from {{ ref('base_hubspot__account') }}

),

-- Restoring a ticket does not change its modification time, so a version that landed after its deletion is newer.
deletions as (

    select
        id,
        max(_file) as deleted_in,
        max({{ iso_instant('"archivedAt"') }}) as deleted_at
    from tickets
    where archived = 'true'
    group by id

),

latest_merges as (

    {{ newest_rows('ticket_merges', 'id') }}

),

latest_threads as (

    {{ newest_rows('threads', '"ticketId", id') }}

),

-- A ticket is spam if every conversation on it is.
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
            when tickets.archived = 'true' then {{ iso_instant('tickets."archivedAt"') }}
            else
                greatest(
                    {{ iso_instant(
                        "coalesce(" ~ json_value('tickets.properties', 'hs_lastmodifieddate')
                        ~ ', tickets."updatedAt")'
                    ) }},
                    {{ iso_instant('tickets."restoredAt"') }},
                    case when tickets._file > deletions.deleted_in then deletions.deleted_at end
                )
        end as versioned_at,
        account.portal_id,
        account.ui_domain,
        {{ associated_id('tickets.associations', 'companies', primary=26) }} as company_id,
        {{ associated_id('tickets.associations', 'contacts') }} as contact_id
    from tickets
    left join latest_merges
        on tickets.id = latest_merges.id
    left join spam_tickets
        on tickets.id = spam_tickets.ticket_id
    left join deletions
        on tickets.id = deletions.id
    cross join account

),

shaped as (

    select
        {{ shaped_as('tickets', {
            'ticket_id': 'id',
            'created_at': iso_instant('coalesce(createdate, "createdAt")'),
            'updated_at': 'versioned_at',
            'subject': 'subject',
            'pipeline_id': whole_id('hs_pipeline'),
            'status_id': whole_id('hs_pipeline_stage'),
            'priority': 'lower(hs_ticket_priority)',
            'category': 'hs_ticket_category',
            'source': 'lower(source_type)',
            'agent_id': whole_id('hubspot_owner_id'),
            'team_id': whole_id('hubspot_team_id'),
            'company_id': whole_id('coalesce(company_id, hs_primary_company_id)'),
            'contact_id': whole_id('contact_id'),
            'channel_id': whole_id('hs_originating_generic_channel_id'),
            'channel_account_id': whole_id('hs_originating_channel_instance_id'),
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
            'url': hubspot_record_url('0-5', 'id'),
            'own_fields': 'properties' if own_fields('ticket') else 'null',
        }) }}
    from read_tickets

)

select * from shaped
