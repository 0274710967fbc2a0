{#- A unique number for each row, in any order and with gaps. -#}
{% macro any_number() -%}
    {{ return(adapter.dispatch('any_number')()) }}
{%- endmacro %}

{% macro duckdb__any_number() -%}
    {{ return('row_number() over ()') }}
{%- endmacro %}

{#- A count over all rows would run on one worker. -#}
{% macro spark__any_number() -%}
    {{ return('monotonically_increasing_id() + 1') }}
{%- endmacro %}
