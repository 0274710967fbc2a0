with

events as (

    select * from {{ ref('base_zendesk__audit_events') }}
    where event_type in ('Comment', 'FacebookComment', 'FacebookEvent', 'Tweet')

),

copied_comments as (

    select * from {{ source('zendesk', 'ticket_comments') }}

),

newest_copied as (

    {{ newest_rows('copied_comments') }}

),

origins as (

    select * from {{ ref('base_zendesk__ticket_origins') }}

),

authors as (

    select * from {{ ref('base_zendesk__authors') }}

),

chat_events as (

    select * from {{ ref('base_zendesk__chat_events') }}

),

audits_with_comments as (

    select distinct
        _file,
        _row
    from events
    where event_type in ('Comment', 'FacebookComment')

),

-- A tweet or a post can be only the delivery of a comment.
in_audits as (

    select events.*
    from events
    left join audits_with_comments
        on
            case when events.event_type in ('FacebookEvent', 'Tweet') then events._file end
            = audits_with_comments._file
            and events._row = audits_with_comments._row
    where audits_with_comments._file is null

),

-- Comments without an audit: their stream can be copied without that of audits.
without_audit as (

    select newest_copied.*
    from newest_copied
    left join events
        on newest_copied.id = events.event_id
    where
        events.event_id is null
        and coalesce(newest_copied.type, 'Comment') <> 'VoiceComment'

),

comments as (

    select
        ticket_id,
        created_at,
        event_id as message_id,
        coalesce(author_id, audit_author_id) as user_id,
        channel,
        is_public,
        is_creation,
        _file,
        {{ part_of_row('_row', 'record_number') }} as _row
    from in_audits
    union all
    select
        ticket_id,
        created_at,
        id as message_id,
        author_id as user_id,
        {{ json_value('via', 'channel') }} as channel,
        public as is_public,
        false as is_creation,
        _file,
        {{ part_of_row('_row', '0') }} as _row
    from without_audit

),

chats as (

    select
        ticket_id,
        chat_key,
        min({{ parse_instant('created_at') }}) as begins_at,
        max({{ parse_instant('created_at') }}) as ends_at
    from chat_events
    group by ticket_id, chat_key

),

said as (

    select
        ticket_id,
        created_at,
        message_id,
        user_id,
        cast(null as string) as channel,
        cast(null as string) as is_public,
        false as is_creation,
        author_type as actor_type,
        true as is_chat,
        _file,
        _row
    from chat_events
    where is_message
    union all
    select
        ticket_id,
        created_at,
        message_id,
        user_id,
        channel,
        is_public,
        is_creation,
        cast(null as string) as actor_type,
        false as is_chat,
        _file,
        _row
    from comments

),

-- Most users have one type at all times; only messages of the others are looked up by time.
recognised as (

    select
        said.*,
        coalesce(fixed.author_type, timed.author_type) as known_type,
        origins.requester_id,
        origins.submitter_id,
        origins.channel as ticket_channel,
        origins.is_outbound,
        origins.created_at as ticket_created_at,
        coalesce(said.user_id = origins.requester_id, false) as is_requester,
        coalesce(said.is_public, 'true') <> 'false' as is_shown
    from said
    left join origins
        on said.ticket_id = origins.ticket_id
    left join authors as fixed
        on
            said.user_id = fixed.user_id
            and not fixed.is_timed
    left join authors as timed
        on
            case when fixed.user_id is null then said.user_id end = timed.user_id
            and case when fixed.user_id is null then {{ parse_instant('said.created_at') }} end >= timed.valid_from
            and case when fixed.user_id is null then {{ parse_instant('said.created_at') }} end < timed.valid_to
            and timed.is_timed

),

written as (

    select
        *,
        case
            when channel like 'answer_bot%' then 'bot'
            when actor_type in ('bot', 'system') then actor_type
            when coalesce(user_id, '-1') in ('-1', '0') then coalesce(actor_type, 'system')
            -- The requester is the customer; an agent's note on the agent's own ticket is still a note.
            when is_requester and (is_shown or known_type is null) then 'customer'
            else coalesce(actor_type, known_type, 'unknown')
        end as author_type
    from recognised

),

-- A few tickets start with a comment that an agent seems to have written to the customer, although they are not
-- outbound: a form or an import made them through the API with an agent's token.
begun_by_agents as (

    select
        ticket_id,
        message_id,
        created_at || ' ' || lpad(message_id, 20, '0') as place
    from written
    where
        author_type = 'agent'
        and not is_chat
        and is_shown
        and is_outbound = 'false'
        and (
            is_creation
            or (ticket_channel = 'api' and user_id = submitter_id)
            or {{ epoch_seconds(parse_instant('created_at')) }}
            <= {{ epoch_seconds(parse_instant('ticket_created_at')) }}
        )

),

tickets_begun_by_agents as (

    select distinct ticket_id from begun_by_agents

),

first_comments as (

    select
        written.ticket_id,
        min(written.created_at || ' ' || lpad(written.message_id, 20, '0')) as place
    from written
    inner join tickets_begun_by_agents as begun
        on written.ticket_id = begun.ticket_id
    where not written.is_chat
    group by written.ticket_id

),

questions as (

    select
        begun_by_agents.ticket_id,
        begun_by_agents.message_id
    from begun_by_agents
    inner join first_comments
        on
            begun_by_agents.ticket_id = first_comments.ticket_id
            and begun_by_agents.place = first_comments.place

),

-- Some comments repeat a chat: those through its channel or, where no channel is given, those of the customer and
-- the system at its start and during it.
transcripts as (

    select distinct
        written.ticket_id,
        written.message_id
    from written
    inner join chats
        on written.ticket_id = chats.ticket_id
    where
        not written.is_chat
        and written.is_shown
        and case
            when written.channel is not null
                then written.channel in ({{ zendesk_messaging_channels() }})
            else
                written.author_type not in ('agent', 'unknown')
                and (
                    {{ epoch_seconds(parse_instant('written.created_at')) }}
                    <= {{ epoch_seconds(parse_instant('written.ticket_created_at')) }}
                    or (
                        {{ parse_instant('written.created_at') }} >= chats.begins_at
                        and {{ parse_instant('written.created_at') }} <= chats.ends_at
                    )
                )
        end

),

counted as (

    select
        written.*,
        case when questions.message_id is null then written.author_type else 'customer' end
            as final_type,
        case when questions.message_id is null then written.user_id else written.requester_id end
            as final_user_id
    from written
    left join transcripts
        on
            written.ticket_id = transcripts.ticket_id
            and written.message_id = transcripts.message_id
    left join questions
        on
            written.ticket_id = questions.ticket_id
            and written.message_id = questions.message_id
    where transcripts.message_id is null

),

shaped as (

    select
        {{ shaped_as('messages', {
            'message_id': 'message_id',
            'ticket_id': 'ticket_id',
            'sent_at': 'created_at',
            'direction': "case when final_type in ('customer', 'unknown') then 'incoming' else 'outgoing' end",
            'author_type': 'final_type',
            'author_id': "case when final_type in ('agent', 'customer', 'unknown') then final_user_id end",
            'is_public': 'is_public',
            'is_automated': "case when channel = 'rule' or final_type in ('bot', 'system')"
                ~ " then 'true' else 'false' end",
            'channel_id': "case when channel = 'rule' or final_type in ('bot', 'system') then null"
                ~ " when is_chat then ticket_channel else channel end",
            'kind': "case when is_public = 'false' then 'internal_comment' else 'message' end",
        }) }}
    from counted

)

select * from shaped
