{#- Overrides dbt's: a table that a refresh changes lies in parts, so that those in which nothing changed need not be
    written again. -#}
{% macro spark__partition_cols(label, required=false) %}
    {{ return(label ~ ' (' ~ spark__part_column() ~ ')' if has_images(model) else '') }}
{%- endmacro %}
