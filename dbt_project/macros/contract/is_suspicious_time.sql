{#- Times before 1990 are suspicious: few help desks are that old, but zero of a clock is in 1970. -#}
{% macro is_suspicious_time(column) -%}
    {{ return(column ~ " < timestamp '1990-01-01 00:00:00'") }}
{%- endmacro %}
