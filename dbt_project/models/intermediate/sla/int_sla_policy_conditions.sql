{%- set named = {} -%}
{%- for system in ['generic'] + listed_sources().keys() | list if own_conditions(system) -%}
    {%- do named.update({system: own_conditions(system)}) -%}
{%- endfor -%}
with

policies as (

    select * from {{ ref('int_sla_policies_valid') }}

),

listed as (

    {{ json_object_items('policies', ['source_system', 'policy_id', 'valid_from'], 'conditions') }}

),

-- A condition is a value or a list of values, else an object of required and excluded values.
plain as (

    select
        source_system,
        policy_id,
        valid_from,
        field as property,
        field_value as content,
        coalesce(substr(field_value, 1, 1) = '{', false) as is_object
    from listed

),

objects as (

    select * from plain
    where is_object

),

opened as (

    {{ json_object_items('objects', ['source_system', 'policy_id', 'valid_from', 'property'], 'content') }}

),

conditions as (

    select
        source_system,
        policy_id,
        valid_from,
        property,
        'any_of' as operator,
        case when property = 'priority' then {{ compared('content') }} else content end as wanted
    from plain
    where not is_object
    union all
    select
        source_system,
        policy_id,
        valid_from,
        property,
        field as operator,
        case
            when property = 'priority' and field <> 'is_empty' then {{ compared('field_value') }} else field_value
        end as wanted
    from opened

),

described as (

    select
        *,
        {%- if named %}
        case source_system
            {%- for system, fields in named.items() %}
            when '{{ system }}'
                then
                    case property
                        {%- for property, field in fields.items() %}
                        when '{{ property }}' then '{{ field.name }}'
                        {%- endfor %}
                    end
            {%- endfor %}
        end as own_field
        {%- else %}
        cast(null as string) as own_field
        {%- endif %}
    from conditions

)

select * from described
