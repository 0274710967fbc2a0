{#- A fraction rounded to `places`, half away from zero, by its binary value. -#}
{% macro rounded(value, places) -%}
    {{ return(adapter.dispatch('rounded')(value, places)) }}
{%- endmacro %}

{% macro duckdb__rounded(value, places) -%}
    {{ return('round(' ~ value ~ ', ' ~ places ~ ')') }}
{%- endmacro %}

{#- Spark rounds the decimal text of the number: it rounds 2.675, which is slightly less, up. -#}
{% macro spark__rounded(value, places) -%}
    {{ return('(round((' ~ value ~ ') * 1e' ~ places ~ ') / 1e' ~ places ~ ')') }}
{%- endmacro %}
