{#- A mart with a row per ticket and value of an own field of several values, with the label of each. -#}
{% macro bridge_ticket_field(name) -%}
{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'value']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}
{%- set field = own_fields('ticket') | selectattr('name', 'equalto', name) | first %}
with

own_fields as (

    select * from {{ ref('int_ticket_own_fields') }}

),

tickets as (

    select
        ticket_number,
        ticket_key
    from {{ ref('int_tickets_numbered') }}

),

listed as (

    select
        ticket_number,
        source_system,
        {{ each_value(name) }} as value
    from own_fields

),

labelled as (

    select
        tickets.ticket_key,
        listed.value,
        {{ 'listed.value' if field.include is defined else 'coalesce(options.label, listed.value)' }} as label
    from listed
    inner join tickets
        on listed.ticket_number = tickets.ticket_number
    {%- if field.include is not defined %}
    left join {{ ref('int_own_field_options') }} as options
        on
            listed.source_system = options.source_system
            and options.object = 'ticket'
            and options.name = '{{ name }}'
            and listed.value = options.value
    {%- endif %}

)

select * from labelled
{%- endmacro %}
