{#- The tickets that a refresh does not model again, as (to_table, source_system, id); none where
    everything is modelled. -#}
{% macro tickets_at_rest() %}
    select
        'tickets' as to_table,
        source_system,
        ticket_id as id
    {%- if changed_only() %}
    from {{ stored('marts', 'fct_tickets') }}
    where ticket_key not in (select ticket_key from {{ ref('stg_landing__changed_tickets') }})
    {%- else %}
    from {{ ref('stg_landing__changed_tickets') }}
    where false
    {%- endif %}
{% endmacro %}
