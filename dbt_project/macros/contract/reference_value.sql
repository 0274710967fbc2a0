{#- The value with which a row makes one of its contract_references: null where it does not make it. -#}
{% macro reference_value(reference, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- set column = prefix ~ adapter.quote(reference.column) -%}
    {%- if reference.except -%}
        {%- set column = "case when " ~ column ~ " not in ('" ~ reference.except | join("', '") ~ "') then " ~ column ~ " end" -%}
    {%- endif -%}
    {%- if reference.unless -%}
        {%- set column = "case when " ~ prefix ~ adapter.quote(reference.unless) ~ " is null then " ~ column ~ " end" -%}
    {%- endif -%}
    {%- if reference.by -%}
        {%- set column = "case when " ~ prefix ~ adapter.quote(reference.by) ~ " = '" ~ reference.value ~ "' then " ~ column ~ " end" -%}
    {%- endif -%}
    {{ return(column) }}
{%- endmacro %}
