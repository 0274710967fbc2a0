{#- The facts of one step in the columns that all facts have: the mappings given
    after the relation have the SQL of those that it has, the others are null. Sums of fractions differ by their order in the last digits,
    which are rounded off. -#}
{% macro insight_facts(relation) %}
    {%- set given = {} -%}
    {%- for some in varargs -%}
        {%- do given.update(some) -%}
    {%- endfor -%}
    select
        {% for column, type in [
            ('report_id', 'string'), ('kind', 'string'), ('template', 'string'), ('measure', 'string'),
            ('label', 'string'), ('format', 'string'), ('is_stock', 'boolean'), ('is_notable', 'boolean'),
            ('dimension', 'string'), ('member_key', 'string'), ('period_start', 'date'), ('period_end', 'date'),
            ('comparison_start', 'date'), ('comparison_end', 'date'), ('days', 'bigint'), ('value', 'double'),
            ('n', 'double'), ('comparison_value', 'double'), ('comparison_n', 'double'),
            ('contribution', 'double'), ('desk_difference', 'double'), ('share', 'double'),
            ('score', 'double'), ('newest_date', 'date'), ('recent', 'string'), ('rank_in_kind', 'bigint'),
        ] -%}
        {% if type == 'double' -%}
        {{ rounded('cast(' ~ given.get(column, 'null') ~ ' as double)', 6) }} as {{ column }}
        {%- else -%}
        cast({{ given.get(column, 'null') }} as {{ type }}) as {{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {% endfor -%}
    from {{ relation }} as facts
{% endmacro %}
