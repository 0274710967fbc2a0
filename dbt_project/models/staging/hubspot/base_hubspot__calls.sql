{#- The outcomes that HubSpot itself offers for a logged call: connected, live message, wrong number; busy; no answer,
    voicemail. -#}
{%- set dispositions = {
    'completed': [
        'f240bbac-87c9-4f6e-bf70-924b57d47db7',
        'a4c4c377-d246-4b32-a13b-75a56a4cd0ff',
        '17b47fee-58de-441e-a44c-c6300d46f273',
    ],
    'busy': ['9d9162e7-6cf3-4944-bf63-4dff82258764'],
    'no_answer': ['73a0d17f-1163-4015-bdd5-ec830791da20', 'b2cf5968-551e-4856-9783-52b3da59a7d0'],
} -%}
with

calls as (

    select * from {{ source('hubspot', 'calls') }}

),

latest as (

    {{ newest_rows('calls', 'id') }}

),

read_calls as (

    select
        id,
        coalesce(nullif({{ json_value('properties', 'hs_timestamp') }}, ''), "createdAt") as hs_timestamp,
        {{ json_value('properties', 'hs_call_direction') }} as hs_call_direction,
        nullif(upper({{ json_value('properties', 'hs_call_status') }}), '') as hs_call_status,
        lower({{ json_value('properties', 'hs_call_disposition') }}) as hs_call_disposition,
        {{ json_value('properties', 'hs_call_duration') }} as hs_call_duration,
        {{ json_value('properties', 'hubspot_owner_id') }} as hubspot_owner_id,
        {{ associated_id('associations', 'tickets') }} as ticket_id,
        _file,
        _row
    from latest
    where coalesce(archived, 'false') <> 'true'

),

-- A call that was logged by hand has a disposition, and can lack a status.
meant as (

    select
        *,
        case
            when hs_call_status in ('CALLING_CRM_USER', 'CONNECTING', 'HOLD', 'QUEUED', 'RINGING')
                then 'in_progress'
            when hs_call_status <> 'UNKNOWN' then lower(hs_call_status)
            {%- for outcome, ids in dispositions.items() %}
            when hs_call_disposition in ('{{ ids | join("', '") }}') then '{{ outcome }}'
            {%- endfor %}
            else 'unknown'
        end as outcome
    from read_calls

),

shaped as (

    select
        {{ shaped_as('calls', {
            'call_id': 'id',
            'ticket_id': whole_id('ticket_id'),
            'agent_id': whole_id('hubspot_owner_id'),
            'started_at': iso_instant('hs_timestamp'),
            'direction': "coalesce(nullif(lower(hs_call_direction), ''), 'unknown')",
            'outcome': 'outcome',
            'duration_seconds': seconds_of_milliseconds('hs_call_duration'),
        }) }}
    from meant

)

select * from shaped
