{%- set fields = own_fields() -%}
{{ config(enabled=fields | length > 0) }}
{%- set labelled = fields | selectattr('type', 'in', ['option', 'options']) | rejectattr('include', 'defined') | list -%}
{%- set objects = fields | map(attribute='object') | unique | list -%}
with

{% for object in objects -%}
{%- set mart = own_mart(object) -%}
-- One scan for all fields of the object.
{{ mart }}_counted as (

    select
        count(*) as row_count
        {%- for field in own_fields(object) %},
        count({{ field.name }}) as {{ field.name }}__filled
        {%- if object == 'ticket' %},
        min(case when {{ field.name }} is not null then created_date end) as {{ field.name }}__first,
        max(case when {{ field.name }} is not null then created_date end) as {{ field.name }}__last
        {%- endif %}
        {%- endfor %}
    from {{ ref(mart) }}
    {%- if object != 'ticket' %}
    where {{ object }}_key <> 'unknown'
    {%- endif %}

),

{% endfor -%}
options_counted as (
    {% if labelled %}
    select
        object,
        name,
        count(distinct value) as option_count
    from {{ ref('int_own_field_options') }}
    group by object, name
    {% else %}
    select
        cast(null as string) as object,
        cast(null as string) as name,
        cast(null as bigint) as option_count
    {% endif %}
),

counted as (
    {% for field in fields %}
    {%- set sources = [] %}
    {%- for named in field.sources %}
    {%- do sources.append(named.source ~ ': ' ~ named.field if named.source else named.field) %}
    {%- endfor %}
    select
        {{ text_literal(field.object ~ ':' ~ field.name) }} as field_key,
        '{{ field.name }}' as name,
        {{ text_literal(field.label) }} as label,
        {{ text_literal(field.description) }} as description,
        '{{ field.object }}' as object,
        '{{ field.type }}' as type,
        {{ text_literal(sources | join(', ')) }} as sources,
        {{ 'true' if field.is_filter else 'false' }} as is_filter,
        {{ text_literal(field['at'] | join(', ')) if field['at'] else 'cast(null as string)' }} as moments,
        row_count,
        {{ field.name }}__filled as filled_count,
        {{ field.name ~ '__first' if field.object == 'ticket' else 'cast(null as date)' }} as first_filled_date,
        {{ field.name ~ '__last' if field.object == 'ticket' else 'cast(null as date)' }} as last_filled_date
    from {{ own_mart(field.object) }}_counted
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

described as (

    select
        counted.field_key,
        counted.name,
        counted.label,
        counted.description,
        counted.object,
        counted.type,
        counted.sources,
        counted.is_filter,
        counted.moments,
        case when counted.type in ('option', 'options') then coalesce(options_counted.option_count, 0) end
            as option_count,
        counted.row_count,
        counted.filled_count,
        counted.filled_count / nullif(cast(counted.row_count as double), 0) as filled_share,
        counted.first_filled_date,
        counted.last_filled_date
    from counted
    left join options_counted
        on
            counted.object = options_counted.object
            and counted.name = options_counted.name

)

select * from described
