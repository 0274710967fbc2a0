with

landed as (
    {% for source_system in landed_sources('messages') %}
    select
        '{{ source_system }}' as source_system,
        message_id,
        ticket_id
    from {{ landed_relation('messages', source_system) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

changes as (

    select * from {{ source('landing', 'changes') }}
    where table_name = 'messages'

),

in_question as (

    select
        source_system,
        row_key as message_id
    from changes
    {%- if not execute or changed_only() %}
    union
    select
        source_system,
        row_key as message_id
    from {{ stored('intermediate', 'int_messages_refused') }}
    {%- else %}
    -- Everything is modelled: no list is kept.
    where false
    {%- endif %}

),

claims as (

    select
        landed.source_system,
        landed.message_id,
        {{ entity_key("coalesce(landed.ticket_id, '')", 'landed.source_system') }} as ticket_key
    from landed
    inner join in_question
        on
            landed.source_system = in_question.source_system
            and landed.message_id = in_question.message_id
    group by landed.source_system, landed.message_id, coalesce(landed.ticket_id, '')

),

pairs as (

    select distinct
        here.ticket_key,
        there.ticket_key as other_ticket_key
    from claims as here
    inner join claims as there
        on
            here.source_system = there.source_system
            and here.message_id = there.message_id
            and here.ticket_key <> there.ticket_key

)

select * from pairs
