{#- An id that a loader has kept as a number with a fraction: `3.0` is `3`. -#}
{% macro whole_id(value) -%}
    {{ return("case when " ~ value ~ " like '%.0' then substr(" ~ value ~ ", 1, length(" ~ value ~ ") - 2) else "
        ~ value ~ " end") }}
{%- endmacro %}
