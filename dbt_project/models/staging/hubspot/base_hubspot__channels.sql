{#- HubSpot has the kind of a channel only in its name; a custom channel has none. -#}
{%- set kinds = {
    'email': ['email'],
    'chat': ['chat', 'live chat', 'live_chat'],
    'form': ['form', 'forms', 'web form'],
    'phone': ['phone', 'call', 'calls', 'calling', 'voice'],
    'social': ['facebook messenger', 'facebook', 'messenger', 'instagram', 'whatsapp', 'sms'],
} -%}
{%- set cases = [] -%}
{%- for kind, names in kinds.items() -%}
    {%- do cases.append("when lower(name) in ('" ~ names | join("', '") ~ "') then '" ~ kind ~ "'") -%}
{%- endfor -%}
with

channels as (

    select * from {{ source('hubspot', 'channels') }}

),

shaped as (

    select
        {{ shaped_as('channels', {
            'channel_id': 'id',
            'name': 'name',
            'kind': 'case ' ~ cases | join(' ') ~ ' end',
        }) }}
    from channels

)

select * from shaped
