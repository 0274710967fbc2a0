{%- set fields = own_fields() | selectattr('type', 'in', ['option', 'options']) | rejectattr('include', 'defined') | list -%}
{{ config(enabled=fields | length > 0) }}
{%- set declared = [] -%}
{%- for field in fields -%}
    {%- for system in ['generic'] + listed_sources().keys() | list if own_field_id(field, system) is not none -%}
        {%- do declared.append((system, field)) -%}
    {%- endfor -%}
{%- endfor %}
with

landed as (

    select
        source_system,
        coalesce(object, 'ticket') as object,
        field_id,
        options
    from {{ ref('int_ticket_fields_valid') }}
    where options is not null

),

entries as (

    {{ json_entries('landed', ['source_system', 'object', 'field_id'], 'options') }}

),

declared as (
    {% for system, field in declared %}
    select
        '{{ system }}' as source_system,
        '{{ field.object }}' as object,
        {{ text_literal(own_field_id(field, system)) }} as field_id,
        '{{ field.name }}' as name
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

labelled as (

    select
        entries.source_system,
        entries.object,
        declared.name,
        entries.entry_key as value,
        max(nullif({{ trimmed('entries.entry_value') }}, '')) as label
    from entries
    inner join declared
        on
            entries.source_system = declared.source_system
            and entries.object = declared.object
            and entries.field_id = declared.field_id
    group by entries.source_system, entries.object, declared.name, entries.entry_key

)

select * from labelled
