with

tickets as (

    select * from {{ source('zendesk', 'tickets') }}

),

-- Few updates mention the tag: only their events are looked into.
audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}
    where events like '%closed_by_merge%'

),

events as (

    {{ json_records(
        'audits', ['ticket_id', '_file', '_row'], 'events', ['field_name', 'value', 'body']
    ) }}

),

-- The update that closes a merged ticket tags it, and names the other one in what it says of it.
closing_updates as (

    select
        ticket_id,
        max({{ first_match('record_body', '#([0-9]+)') }}) as merged_into_id
    from events
    group by ticket_id, _file, _row
    having
        max(case when record_field_name = 'tags' then record_value end) like '%closed_by_merge%'

),

merged as (

    select
        ticket_id,
        -- Where it does not say into which, it was merged all the same.
        coalesce(max(merged_into_id), 'unknown') as merged_into_id
    from closing_updates
    group by ticket_id

),

with_clocks as (

    select
        _file,
        _row,
        {{ json_value('slas', 'policy_metrics') }} as policy_metrics
    from tickets
    where slas is not null

),

clocks as (

    {{ json_records(
        'with_clocks', ['_file', '_row'], 'policy_metrics', ['metric', 'breach_at', 'stage']
    ) }}

),

reported as (

    select
        {% for clock, metrics in zendesk_metrics().items() -%}
        {% for part in ['breach_at', 'stage'] -%}
        coalesce(
            {% for metric in metrics -%}
            max(case when record_metric = '{{ metric }}' then record_{{ part }} end),
            {% endfor -%}
            null
        ) as {{ clock }}_{{ part }},
        {% endfor -%}
        {% endfor -%}
        _file,
        _row
    from clocks
    group by _file, _row

),

described as (

    select
        tickets.*,
        merged.merged_into_id,
        {{ json_value('tickets.via', 'channel') }} as channel,
        {{ json_value('tickets.via', 'source', 'rel') }} as relation,
        {{ json_value('tickets.via', 'source', 'to', 'phone') }} as phone,
        {{ json_value('tickets.metric_set', 'solved_at') }} as solved_at,
        try_cast(
            {{ json_value('tickets.metric_set', 'reply_time_in_minutes', 'calendar') }} as bigint
        ) as reply_minutes,
        try_cast(tickets.generated_timestamp as bigint) as generated_epoch,
        {% for clock in zendesk_metrics() -%}
        reported.{{ clock }}_breach_at,
        reported.{{ clock }}_stage,
        {% endfor -%}
        {{ parse_instant('tickets.created_at') }} as created_instant
    from tickets
    left join merged
        on tickets.id = merged.ticket_id
    left join reported
        on
            tickets._file = reported._file
            and tickets._row = reported._row

),

shaped as (

    select
        {{ shaped_as('tickets', {
            'ticket_id': 'id',
            'created_at': 'created_at',
            'updated_at': "coalesce(cast(" ~ instant_of_epoch('generated_epoch')
                ~ " as string) || 'Z', updated_at)",
            'subject': 'subject',
            'pipeline_id': 'ticket_form_id',
            'status_id': "case when status in ('closed', 'deleted') then status"
                ~ " else coalesce(custom_status_id, status) end",
            'priority': 'priority',
            'category': 'type',
            'source': 'channel',
            'agent_id': 'assignee_id',
            'team_id': 'group_id',
            'company_id': 'organization_id',
            'contact_id': 'requester_id',
            'channel_id': 'channel',
            'channel_account_id': "coalesce(recipient, case when channel = 'voice' then phone end,"
                ~ " 'brand:' || brand_id)",
            'is_outbound': "case when relation = 'outbound' then 'true'"
                ~ " when relation in ('inbound', 'voicemail') or channel = 'api' then 'false'"
                ~ " when submitter_id <> requester_id then 'true' else 'false' end",
            'is_deleted': "case when status = 'deleted' then 'true' else 'false' end",
            'merged_into_id': "case when status <> 'deleted' then merged_into_id end",
            'reported_first_response_at': "cast("
                ~ instant_of_epoch(epoch_seconds('created_instant') ~ ' + 60 * reply_minutes')
                ~ " as string) || 'Z'",
            'reported_closed_at': 'solved_at',
            'reported_first_response_due_at': 'first_response_breach_at',
            'reported_next_response_due_at': 'next_response_breach_at',
            'reported_time_to_close_due_at': 'time_to_close_breach_at',
            'reported_first_response_sla_status': 'first_response_stage',
            'reported_next_response_sla_status': 'next_response_stage',
            'reported_time_to_close_sla_status': 'time_to_close_stage',
        }) }}
    from described

)

select * from shaped
