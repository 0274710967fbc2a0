{{ config(materialized='view') }}

with

landed as (
    {% for source_system, relation in sources_of('messages').items() %}
    select
        '{{ source_system }}' as source_system,
        message_id,
        ticket_id
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

changes as (

    select * from {{ source('landing', 'changes') }}
    where table_name = 'messages'

),

revisits as (

    select * from {{ source('landing', 'revisits') }}
    where table_name = 'messages'

),

changed_messages as (

    select
        source_system,
        row_key as message_id
    from changes
    union
    select
        source_system,
        row_key as message_id
    from revisits

),

claims as (

    select
        landed.source_system,
        landed.message_id,
        {{ entity_key("coalesce(landed.ticket_id, '')", 'landed.source_system') }} as ticket_key
    from landed
    inner join changed_messages
        on
            landed.source_system = changed_messages.source_system
            and landed.message_id = changed_messages.message_id
    group by landed.source_system, landed.message_id, coalesce(landed.ticket_id, '')

),

pairs as (

    select distinct
        claims.ticket_key,
        other_claims.ticket_key as other_ticket_key
    from claims
    inner join claims as other_claims
        on
            claims.source_system = other_claims.source_system
            and claims.message_id = other_claims.message_id
            and claims.ticket_key <> other_claims.ticket_key

)

select * from pairs
