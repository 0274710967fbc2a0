{%- set histories = [] -%}
{%- for system in sources_of('ticket_field_history') if listed_sources().get(system, {}).history -%}
    {%- do histories.append((system, listed_sources()[system].history)) -%}
{%- endfor -%}
with

changes as (

    select
        {{ adapter.quote('field') }},
        {{ history_field('generic') }} is null and {{ compared(adapter.quote('field')) }} is not null as is_undeclared
    from {{ source('generic', 'ticket_field_history') }}

),

vendors as (

    select
        source_system,
        bool_or(is_configured) as has_history
    from {{ ref('stg_landing__tables') }}
    where table_name = 'ticket_field_history' and source_system <> 'generic'
    group by source_system

),
{% if histories %}
-- Airbyte copies HubSpot's tickets without their history.
with_history as (
    {% for system, (stream, column) in histories %}
    select '{{ system }}' as source_system
    from (
        select 1 as landed
        from {{ source(system, stream) }}
        where {{ adapter.quote(column) }} is not null
        limit 1
    ) as found
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),
{% endif %}
-- The history of a vendor's stream has every declared field, because it is fetched with them.
counted as (

    select
        'generic' as source_system,
        field,
        is_undeclared,
        count(*) as row_count
    from changes
    group by field, is_undeclared
    union all
    select
        source_system,
        cast(null as string) as field,
        false as is_undeclared,
        cast(null as bigint) as row_count
    from vendors
    where
        has_history
        {%- if histories %}
        and (
            source_system not in ('{{ histories | map(attribute=0) | join("', '") }}')
            or source_system in (select with_history.source_system from with_history)
        )
        {%- endif %}

)

select * from counted
