{#- A number of its own for each row, whichever: unique, not without gaps. -#}
{% macro any_number() -%}
    {{ return(adapter.dispatch('any_number')()) }}
{%- endmacro %}

{% macro duckdb__any_number() -%}
    {{ return('row_number() over ()') }}
{%- endmacro %}

{#- A count over all rows would be made by one worker. -#}
{% macro spark__any_number() -%}
    {{ return('monotonically_increasing_id() + 1') }}
{%- endmacro %}
