with

landed as (

    select * from {{ source('generic', 'messages') }}

),

changes as (

    select * from {{ source('landing', 'changes') }}
    where table_name = 'messages'

),

in_question as (

    select row_key as message_id
    from changes
    {%- if not execute or changed_only() %}
    union
    select row_key as message_id
    from {{ stored('intermediate', 'int_messages_refused') }}
    {%- else %}
    -- Everything is modelled: no list is kept.
    where false
    {%- endif %}

),

claims as (

    select
        message_id,
        coalesce(ticket_id, '') as ticket_id
    from landed
    where message_id in (select in_question.message_id from in_question)
    group by message_id, coalesce(ticket_id, '')

),

pairs as (

    select distinct
        here.ticket_id,
        there.ticket_id as other_ticket_id
    from claims as here
    inner join claims as there
        on
            here.message_id = there.message_id
            and here.ticket_id <> there.ticket_id

)

select * from pairs
