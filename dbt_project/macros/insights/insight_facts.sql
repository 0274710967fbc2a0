{#- The facts of one step with the columns that all facts have. The mappings after the relation have the SQL of
    the columns that this step sets; the others are null. Sums are rounded, because the order of addition changes
    their last digits. -#}
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
            ('score', 'double'), ('newest_date', 'date'), ('oldest_days', 'bigint'), ('recency_note', 'string'), ('rank_in_kind', 'bigint'),
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
