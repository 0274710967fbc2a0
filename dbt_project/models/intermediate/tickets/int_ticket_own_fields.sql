{{ config(enabled=own_fields('ticket') | length > 0) }}
{%- set fields = own_fields('ticket') -%}
{%- set dated = fields | selectattr('at') | list -%}
with

tickets as (

    select
        numbered.ticket_number,
        valid.source_system
        {%- if dated %},
        valid.created_at,
        lifecycles.closed_at
        {%- endif %}
        {%- for field in fields %},
        {{ own_value(field, 'valid') }} as {{ field.name }}
        {%- endfor %}
    from {{ ref('int_tickets_valid') }} as valid
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            valid.source_system = numbered.source_system
            and valid.ticket_id = numbered.ticket_id
    {%- if dated %}
    left join {{ ref('int_ticket_lifecycles') }} as lifecycles
        on numbered.ticket_number = lifecycles.ticket_number
    {%- endif %}

),
{% if dated %}
history as (

    select * from {{ ref('int_ticket_property_history') }}
    where
        field in (
            {%- for field in dated %}
            '{{ own_history_field(field) }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

-- Without any change of a field, a source has no history of it: its value at an earlier time is unknown.
sources as (

    select
        source_system
        {%- for field in dated %}
        {%- set id = own_field_id(field, 'generic') %},
        bool_or(
            source_system <> 'generic'
            {%- if id is not none %} or coalesce(field = {{ text_literal(id) }}, false){% endif %}
        ) as {{ field.name }}__is_known
        {%- endfor %}
    from {{ ref('stg_landing__history_fields') }}
    group by source_system

),

earlier_values as (

    select
        history.ticket_number
        {%- for field in dated %}
        {%- set is_of_field = "history.field = '" ~ own_history_field(field) ~ "'" %},
        bool_or({{ is_of_field }}) as {{ field.name }}__is_known
        {%- for moment in field['at'] %}
        {%- set instant = 'tickets.created_at' if moment == 'creation' else 'tickets.closed_at' %},
        max(
            case
                when
                    {{ is_of_field }}
                    and {{ instant }} >= history.valid_from
                    and {{ instant }} < history.valid_to
                    then history.value
            end
        ) as {{ field.name }}_at_{{ moment }}
        {%- endfor %}
        {%- endfor %}
    from history
    inner join tickets
        on history.ticket_number = tickets.ticket_number
    group by history.ticket_number

),

dated as (

    select
        tickets.ticket_number,
        tickets.source_system
        {%- for field in fields %},
        tickets.{{ field.name }}
        {%- for moment in field['at'] %},
        case
            when
                not coalesce(sources.{{ field.name }}__is_known, false)
                {%- if moment == 'close' %} or tickets.closed_at is null{% endif %}
                then null
            when earlier_values.{{ field.name }}__is_known
                then {{ own_value(field, text='earlier_values.' ~ field.name ~ '_at_' ~ moment) }}
            else tickets.{{ field.name }}
        end as {{ field.name }}_at_{{ moment }}
        {%- endfor %}
        {%- endfor %}
    from tickets
    left join sources
        on tickets.source_system = sources.source_system
    left join earlier_values
        on tickets.ticket_number = earlier_values.ticket_number

)

select * from dated
{%- else %}
described as (

    select * from tickets

)

select * from described
{%- endif %}
