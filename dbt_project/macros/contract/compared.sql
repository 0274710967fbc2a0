{#- A text for comparison: without regard to case and surrounding blanks; null if blank. -#}
{% macro compared(column) -%}
    {{ return("nullif(lower(" ~ trimmed(column) ~ "), '')") }}
{%- endmacro %}
