{#- The statement that writes `rows` in place of the parts of a table that they are of; its other parts are not touched. The
    rows may be read from these very parts: Spark puts the new files in their place once all are written. -#}
{% macro spark__overwritten_parts(target, rows) %}
    {{ return('insert overwrite table ' ~ target ~ ' partition (' ~ spark__part_column() ~ ') ' ~ rows) }}
{% endmacro %}
