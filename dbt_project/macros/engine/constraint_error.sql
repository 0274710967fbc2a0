{#- An error in DuckDB's words, so that a build recognizes a broken constraint. -#}
{% macro spark__constraint_error(failed) -%}
    {{ return("raise_error('Constraint Error: " ~ failed ~ "')") }}
{%- endmacro %}
