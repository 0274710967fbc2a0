{#- The columns of tickets from own fields, in order: a dict of the field by the name of the column, with its
    current value and, where the settings declare it, the values at creation and at close. -#}
{% macro own_ticket_columns() -%}
    {%- set columns = {} -%}
    {%- for field in own_fields('ticket') -%}
        {%- do columns.update({field.name: field}) -%}
        {%- for moment in field['at'] -%}
            {%- do columns.update({field.name ~ '_at_' ~ moment: field}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
