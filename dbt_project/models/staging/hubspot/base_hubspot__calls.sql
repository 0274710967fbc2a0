with

calls as (

    select * from {{ source('hubspot', 'calls') }}

),

read_calls as (

    select
        id,
        {{ json_value('properties', 'hs_timestamp') }} as hs_timestamp,
        {{ json_value('properties', 'hs_call_direction') }} as hs_call_direction,
        {{ json_value('properties', 'hs_call_status') }} as hs_call_status,
        {{ json_value('properties', 'hs_call_duration') }} as hs_call_duration,
        {{ json_value('properties', 'hubspot_owner_id') }} as hubspot_owner_id,
        {{ associated_id('associations', 'tickets') }} as ticket_id,
        _file,
        _row
    from calls

),

shaped as (

    select
        {{ shaped_as('calls', {
            'call_id': 'id',
            'ticket_id': 'ticket_id',
            'agent_id': 'hubspot_owner_id',
            'started_at': iso_instant('hs_timestamp'),
            'direction': 'lower(hs_call_direction)',
            'outcome':
                "case when hs_call_status in ('CALLING_CRM_USER', 'CONNECTING', 'QUEUED', 'RINGING') "
                ~ "then 'in_progress' else lower(hs_call_status) end",
            'duration_seconds': seconds_of_milliseconds('hs_call_duration'),
        }) }}
    from read_calls

)

select * from shaped
