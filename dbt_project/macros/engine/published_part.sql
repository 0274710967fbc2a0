{#- The part of its fact in which a row is published: `open`, or the month of its date. -#}
{% macro spark__published_part() -%}
    {%- set meta = config.get('meta') -%}
    coalesce(
        {%- if meta.published_apart %}
        case when {{ meta.published_apart }} then 'open' end,
        {%- endif %}
        date_format({{ meta.published_by | select('in', model.columns) | first }}, 'yyyy-MM'),
        'undated'
    )
{%- endmacro %}
