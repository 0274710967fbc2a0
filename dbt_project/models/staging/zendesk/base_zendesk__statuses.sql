{%- set categories = {
    'new': 'open',
    'open': 'open',
    'pending': 'pending',
    'hold': 'on_hold',
    'solved': 'closed',
    'closed': 'closed',
    'deleted': 'closed',
} -%}
with

account_rows as (

    select * from {{ ref('base_zendesk__account_rows') }}

),

custom_statuses as (

    select * from {{ source('zendesk', 'custom_statuses') }}
    -- A deleted status is still that of its tickets.
    where _gone_at is null or status_category is not null

),

newest as (

    {{ newest_rows('custom_statuses') }}

),

known as (

    select
        id as status_id,
        agent_label as status_name,
        status_category as category,
        _file,
        _row
    from newest
    {%- for category in categories %}
    union all
    select
        '{{ category }}' as status_id,
        '{{ 'On-hold' if category == 'hold' else category.title() }}' as status_name,
        '{{ category }}' as category,
        _file,
        {{ part_of_row('_row', 100 + loop.index) }} as _row
    from account_rows
    {%- endfor %}

),

meant as (

    select
        *,
        case category
            {% for category, state in categories.items() -%}
            when '{{ category }}' then '{{ state }}'
            {% endfor -%}
            -- An unknown category is rejected, not guessed.
            else category
        end as state,
        case category
            {% for category in categories -%}
            when '{{ category }}' then '{{ loop.index }}'
            {% endfor -%}
        end as display_order
    from known

),

shaped as (

    select
        {{ shaped_as('statuses', {
            'status_id': 'status_id',
            'name': 'status_name',
            'state': 'state',
            'display_order': 'display_order',
        }) }}
    from meant

)

select * from shaped
