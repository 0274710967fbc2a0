{#- The value with which a row makes one of its contract_references: null where it does not make it. -#}
{% macro reference_value(reference) -%}
    {%- set column = adapter.quote(reference.column) -%}
    {%- if reference.by -%}
        {%- set column = "case when " ~ adapter.quote(reference.by) ~ " = '" ~ reference.value ~ "' then " ~ column ~ " end" -%}
    {%- endif -%}
    {{ return(column) }}
{%- endmacro %}
