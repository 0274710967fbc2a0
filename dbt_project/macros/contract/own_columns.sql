{#- The own fields of an object in marts, typed, with options as their labels: one row for each row of
    `relation`, which has the columns `key`, `source_system` and a column of values by each name of `columns`, a
    dict of own fields by the name of the column. A value that its type cannot parse is null. `key` includes
    source_system, or identifies a row without it.

    Lists become texts before the joins, because DuckDB copies a list for every join of its row. -#}
{% macro own_columns(relation, key, columns) -%}
    {%- set dated = [] -%}
    {%- for name, field in columns.items() if field.type in ('date', 'datetime') -%}
        {%- do dated.append(name) -%}
    {%- endfor -%}
    {%- set others = key | reject('equalto', 'source_system') | join(', ') -%}
    select
        typed.{{ key | join(', typed.') }},
        {% for name, field in columns.items() -%}
        {%- if field.is_many and field.include is not defined -%}
        {{ name }}__labels.labels
        {%- elif field.type == 'option' -%}
        coalesce({{ name }}__labels.label, typed.{{ name }})
        {%- else -%}
        typed.{{ name }}
        {%- endif %} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            source_system,
            {{ others }}
            {%- for name, field in columns.items() %},
            {% if field.include is defined -%}
            {{ joined_values(name) }}
            {%- elif field.is_many -%}
            {{ joined_values(name, 'chr(31)') }}
            {%- elif field.type in ('number', 'boolean') -%}
            {{ parse_value(name, field.type) }}
            {%- elif field.type == 'date' -%}
            {{ parse_value(name ~ '__iso', 'date') }}
            {%- elif field.type == 'datetime' -%}
            {{ parse_instant(name ~ '__iso', true, var('source_timezone'), "source_system = 'generic'") }}
            {%- else -%}
            {{ name }}
            {%- endif %} as {{ name }}
            {%- endfor %}
        {%- if dated %}
        from (
            select
                *
                {%- for name in dated %},
                {#- HubSpot keeps milliseconds in places; a date of eight digits is none. #}
                case when length({{ name }}) > 8 then {{ iso_instant(name) }} else {{ name }} end as {{ name }}__iso
                {%- endfor %}
            from {{ relation }}
        ) as dated
        {%- else %}
        from {{ relation }}
        {%- endif %}
    ) as typed
    {%- for name, field in columns.items() %}
    {%- if field.is_many and field.include is not defined %}
    {#- Many rows have the same values: each list is described once. #}
    left join (
        select
            source_system,
            one_list,
            {{ joined_values(sorted_values('label')) }} as labels
        from (
            select distinct
                listed.source_system,
                listed.one_list,
                coalesce(options.label, listed.one) as label
            from (
                select
                    source_system,
                    {{ joined_values('one_list', 'chr(31)') }} as one_list,
                    {{ each_value('one_list') }} as one
                from (
                    select distinct
                        source_system,
                        {{ name }} as one_list
                    from {{ relation }}
                ) as lists
            ) as listed
            left join {{ ref('int_own_field_options') }} as options
                on
                    options.object = '{{ field.object }}'
                    and options.name = '{{ field.name }}'
                    and listed.source_system = options.source_system
                    and listed.one = options.value
        ) as described
        group by source_system, one_list
    ) as {{ name }}__labels
        on
            typed.source_system = {{ name }}__labels.source_system
            and typed.{{ name }} = {{ name }}__labels.one_list
    {%- elif field.type == 'option' %}
    left join {{ ref('int_own_field_options') }} as {{ name }}__labels
        on
            {{ name }}__labels.object = '{{ field.object }}'
            and {{ name }}__labels.name = '{{ field.name }}'
            and typed.source_system = {{ name }}__labels.source_system
            and typed.{{ name }} = {{ name }}__labels.value
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
