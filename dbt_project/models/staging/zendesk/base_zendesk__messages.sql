with

events as (

    select * from {{ ref('base_zendesk__audit_events') }}
    where event_type = 'Comment'

),

agents as (

    select distinct id as agent_id
    from {{ source('zendesk', 'users') }}
    where role in ('agent', 'admin')

),

written as (

    select
        events.ticket_id,
        events.created_at,
        events.event_id,
        events.author_id,
        events.channel,
        events.is_public,
        case
            when events.channel like 'answer_bot%' then 'bot'
            when coalesce(events.author_id, '-1') in ('-1', '0') then 'system'
            when agents.agent_id is not null then 'agent'
            else 'customer'
        end as author_type,
        events._file,
        {{ part_of_row('events._row', 'events.record_number') }} as _row
    from events
    left join agents
        on events.author_id = agents.agent_id

),

shaped as (

    select
        {{ shaped_as('messages', {
            'message_id': 'event_id',
            'ticket_id': 'ticket_id',
            'sent_at': 'created_at',
            'direction': "case when author_type = 'customer' then 'incoming' else 'outgoing' end",
            'author_type': 'author_type',
            'author_id': "case when author_type in ('agent', 'customer') then author_id end",
            'is_public': 'is_public',
            'is_automated': "case when channel = 'rule' or author_type in ('bot', 'system')"
                ~ " then 'true' else 'false' end",
            'channel_id': "case when channel <> 'rule' and author_type in ('agent', 'customer')"
                ~ " then channel end",
            'kind': "case when is_public = 'false' then 'internal_comment' else 'message' end",
        }) }}
    from written

)

select * from shaped
