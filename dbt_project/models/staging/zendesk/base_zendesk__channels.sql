{%- set channels = zendesk_channels() -%}
with

account_rows as (

    select * from {{ ref('base_zendesk__account_rows') }}

),

known as (
    {% for id, channel in channels.items() %}
    select
        '{{ id }}' as channel_id,
        '{{ channel.name }}' as channel_name,
        '{{ channel.kind }}' as channel_kind,
        _file,
        {{ part_of_row('_row', 200 + loop.index) }} as _row
    from account_rows
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

shaped as (

    select
        {{ shaped_as('channels', {
            'channel_id': 'channel_id',
            'name': 'channel_name',
            'kind': 'channel_kind',
        }) }}
    from known

)

select * from shaped
