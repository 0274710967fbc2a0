with

tickets as (

    select
        id,
        created_at,
        requester_id,
        submitter_id,
        via,
        generated_timestamp,
        updated_at,
        _file,
        _row
    from {{ source('zendesk', 'tickets') }}

),

newest as (

    {{ newest_rows('tickets', version='coalesce(generated_timestamp, updated_at)') }}

),

described as (

    select
        id as ticket_id,
        created_at,
        requester_id,
        submitter_id,
        {{ json_value('via', 'channel') }} as channel,
        {{ json_value('via', 'source', 'rel') }} as relation
    from newest

),

origins as (

    select
        ticket_id,
        created_at,
        requester_id,
        submitter_id,
        channel,
        channel in ({{ zendesk_messaging_channels() }}) as is_messaging,
        {{ zendesk_is_outbound('relation', 'channel', 'submitter_id', 'requester_id') }} as is_outbound
    from described

)

select * from origins
