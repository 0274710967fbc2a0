{%- set own_ids = own_field_ids('ticket', 'zendesk') -%}
{#- The brand is declared like the fields of the account. -#}
{%- set own_pairs = 'custom_fields' -%}
{%- if "'brand_id'" in own_ids -%}
    {%- set own_pairs = "'[{\"id\": \"brand_id\", \"value\": ' || coalesce(" ~ json_string('brand_id') ~ ", 'null') || '}'"
        ~ " || case when custom_fields like '%{%' then ', ' || substr(trim(custom_fields), 2) else ']' end" -%}
{%- endif -%}
{%- set has_tags = own_fields('ticket') | selectattr('include', 'defined') | list -%}
with

tickets as (

    select * from {{ source('zendesk', 'tickets') }}

),

-- Few updates mention the tag: only their events are parsed.
audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}
    where events like '%closed_by_merge%'

),

events as (

    {{ json_records(
        'audits', ['ticket_id', '_file', '_row'], 'events', ['field_name', 'value', 'body']
    ) }}

),

-- The update that closes a merged ticket tags it, and names the other one in its comment.
closing_updates as (

    select
        ticket_id,
        max({{ first_match('record_body', '#([0-9]+)') }}) as merged_into_id
    from events
    group by ticket_id, _file, _row
    having
        max(case when record_field_name = 'tags' then record_value end) like '%closed_by_merge%'

),

-- The remaining ticket has a comment from the merge, which names the other ones.
merging_audits as (

    select
        ticket_id,
        via
    from {{ source('zendesk', 'ticket_audits') }}
    where via like '%"merge"%'
    union all
    select
        ticket_id,
        via
    from {{ source('zendesk', 'ticket_comments') }}
    where via like '%"merge"%'

),

merging as (

    select
        ticket_id as merged_into_id,
        coalesce(
            {{ json_value('via', 'source', 'from', 'ticket_ids') }},
            {{ json_value('via', 'source', 'from', 'ticket_id') }}
        ) as ticket_ids
    from merging_audits
    where {{ json_value('via', 'source', 'rel') }} = 'merge'

),

named_by_merges as (

    select
        {{ each_value("split(replace(replace(replace(replace(ticket_ids, '[', ''), ']', ''), ' ', ''), '\"', ''), ',')") }}
            as ticket_id,
        merged_into_id
    from merging

),

tagged as (

    select distinct id as ticket_id
    from tickets
    where tags like '%closed_by_merge%'

),

merged as (

    select
        ticket_id,
        -- A merge without the other ticket's number still counts: the ticket then refers to itself.
        coalesce(max(merged_into_id), ticket_id) as merged_into_id
    from (
        select
            ticket_id,
            merged_into_id
        from closing_updates
        union all
        select
            ticket_id,
            merged_into_id
        from named_by_merges
        union all
        select
            ticket_id,
            cast(null as string) as merged_into_id
        from tagged
    ) as found
    group by ticket_id

),

custom_statuses as (

    select distinct id
    from {{ source('zendesk', 'custom_statuses') }}

),

metrics as (

    select * from {{ source('zendesk', 'ticket_metrics') }}

),

newest_metrics as (

    {{ newest_rows('metrics', key='ticket_id', version='updated_at') }}

),

-- Tickets with the events of a chat. Without them the responses in a chat are unknown.
chats as (

    select distinct ticket_id
    from {{ ref('base_zendesk__chat_events') }}

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
        coalesce(
            {{ json_value('tickets.metric_set', 'solved_at') }}, newest_metrics.solved_at
        ) as solved_at,
        try_cast(
            coalesce(
                {{ json_value('tickets.metric_set', 'reply_time_in_minutes', 'calendar') }},
                {{ json_value('newest_metrics.reply_time_in_minutes', 'calendar') }}
            ) as bigint
        ) as reply_minutes,
        custom_statuses.id as known_status_id,
        chats.ticket_id is not null as has_chat,
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
    left join newest_metrics
        on tickets.id = newest_metrics.ticket_id
    left join custom_statuses
        on tickets.custom_status_id = custom_statuses.id
    left join chats
        on tickets.id = chats.ticket_id

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
                ~ " else coalesce(known_status_id, status) end",
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
            'is_outbound': zendesk_is_outbound('relation', 'channel', 'submitter_id', 'requester_id'),
            'is_conversation_unknown': "case when not has_chat and channel in ("
                ~ zendesk_messaging_channels() ~ ") then 'true' else 'false' end",
            'is_deleted': "case when status = 'deleted' then 'true' else 'false' end",
            'merged_into_id': "case when status <> 'deleted' then merged_into_id end",
            'own_fields': json_pairs_object(own_pairs, 'id', 'value', own_ids) if own_ids else 'null',
            'tags': 'tags' if has_tags else 'null',
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
