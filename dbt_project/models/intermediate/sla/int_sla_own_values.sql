{{ config(enabled=own_fields('ticket') | length > 0) }}
{%- set fields = [] -%}
{%- for field in own_fields('ticket') -%}
    {#- A policy can name a tag that the settings do not include. -#}
    {%- do fields.append(dict(field, include=['*']) if field.include is defined else field) -%}
{%- endfor -%}
{%- set has_labels = fields | rejectattr('include', 'defined') | selectattr('type', 'in', ['option', 'options']) | list -%}
with

conditions as (

    select distinct
        source_system,
        own_field,
        operator,
        wanted
    from {{ ref('int_sla_policy_conditions') }}
    where own_field is not null

),

-- Only fields that a policy names.
named as (

    select
        source_system,
        own_field,
        bool_or(operator = 'is_empty') as is_emptiness_named
    from conditions
    group by source_system, own_field

),

-- A condition names an option by its value or its label.
wanted_values as (

    select
        source_system,
        own_field,
        wanted,
        case own_field
            {%- for field in fields if field.type in ['number', 'boolean'] %}
            when '{{ field.name }}' then {{ condition_value(field, 'wanted') }}
            {%- endfor %}
            when '' then null
            else wanted
        end as value
    from conditions
    where operator <> 'is_empty' and wanted is not null
    {%- if has_labels %}
    union
    select
        conditions.source_system,
        conditions.own_field,
        conditions.wanted,
        options.value
    from conditions
    inner join {{ ref('int_own_field_options') }} as options
        on
            options.object = 'ticket'
            and conditions.source_system = options.source_system
            and conditions.own_field = options.name
            and conditions.wanted = options.label
    where conditions.operator <> 'is_empty'
    {%- endif %}

),

tickets as (

    select
        numbered.ticket_number,
        valid.source_system
        {%- for field in fields %},
        {{ own_value(field, 'valid') }} as {{ field.name }}
        {%- endfor %}
    from {{ ref('int_tickets_valid') }} as valid
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            valid.source_system = numbered.source_system
            and valid.ticket_id = numbered.ticket_id
    where valid.source_system in (select named.source_system from named)

),

history as (

    select
        history.ticket_number,
        history.source_system,
        named.own_field,
        history.value,
        history.valid_from,
        history.valid_to
    from {{ ref('int_ticket_property_history') }} as history
    inner join named
        on
            history.source_system = named.source_system
            and history.field = '{{ own_history_field({'name': ''}) }}' || named.own_field

),

tickets_with_history as (

    select distinct
        ticket_number,
        own_field
    from history

),

-- A ticket without history of a field has its current value at all times.
own_values as (
    {% for field in fields %}
    {%- set value, earlier = 'tickets.' ~ field.name, own_value(field, text='history.value') %}
    select
        tickets.ticket_number,
        tickets.source_system,
        named.own_field,
        {{ each_value(value) if field.is_many else condition_value(field, value) }} as value,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to
    from tickets
    inner join named
        on
            named.own_field = '{{ field.name }}'
            and tickets.source_system = named.source_system
    left join tickets_with_history
        on
            tickets.ticket_number = tickets_with_history.ticket_number
            and named.own_field = tickets_with_history.own_field
    where tickets_with_history.ticket_number is null
    union all
    select
        history.ticket_number,
        history.source_system,
        history.own_field,
        {{ each_value(earlier) if field.is_many else condition_value(field, earlier) }} as value,
        history.valid_from,
        history.valid_to
    from history
    where history.own_field = '{{ field.name }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

found as (

    select
        own_values.ticket_number,
        {{ named_value('own_values.own_field', 'wanted_values.wanted') }} as named_value,
        own_values.valid_from,
        own_values.valid_to
    from own_values
    inner join wanted_values
        on
            own_values.source_system = wanted_values.source_system
            and own_values.own_field = wanted_values.own_field
            and own_values.value = wanted_values.value
    union
    select
        own_values.ticket_number,
        own_values.own_field as named_value,
        own_values.valid_from,
        own_values.valid_to
    from own_values
    inner join named
        on
            own_values.source_system = named.source_system
            and own_values.own_field = named.own_field
    where named.is_emptiness_named and own_values.value is not null

),

boundaries as (

    select
        ticket_number,
        valid_from as boundary_at
    from found
    union
    select
        ticket_number,
        valid_to as boundary_at
    from found

),

periods as (

    select
        ticket_number,
        boundary_at as valid_from,
        lead(boundary_at) over (partition by ticket_number order by boundary_at) as valid_to
    from boundaries

),

described as (

    select
        periods.ticket_number,
        periods.valid_from,
        periods.valid_to,
        {{ sorted_values('found.named_value') }} as named_values
    from periods
    inner join found
        on
            periods.ticket_number = found.ticket_number
            and periods.valid_from >= found.valid_from
            and periods.valid_from < found.valid_to
    group by periods.ticket_number, periods.valid_from, periods.valid_to

)

select * from described
