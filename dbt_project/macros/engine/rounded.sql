{#- A fraction rounded to `places`, half away from zero, as its binary value says. -#}
{% macro rounded(value, places) -%}
    {{ return(adapter.dispatch('rounded')(value, places)) }}
{%- endmacro %}

{% macro duckdb__rounded(value, places) -%}
    {{ return('round(' ~ value ~ ', ' ~ places ~ ')') }}
{%- endmacro %}

{#- Spark rounds what the number looks like when it is written: 2.675, which is a little less, up. -#}
{% macro spark__rounded(value, places) -%}
    {{ return('(round((' ~ value ~ ') * 1e' ~ places ~ ') / 1e' ~ places ~ ')') }}
{%- endmacro %}
