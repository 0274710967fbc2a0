{#- The five filter dimensions of every report, F1 to F5, as a column list. -#}
{% macro report_dimensions(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- for entity in ['agent', 'team', 'channel_account', 'pipeline', 'company'] -%}
    {{ prefix }}{{ entity }}_key{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
