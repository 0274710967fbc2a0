{#- The value of a column with few values, in the contract's lower case. A value that is not accepted stays as it
    is. -#}
{% macro enumeration_value(column, accepted) -%}
    {%- set listed = "('" ~ accepted | join("', '") ~ "')" -%}
    {#- The cheap spellings first. -#}
    case
        {%- for text in [column, 'lower(' ~ column ~ ')', compared(column)] %}
        when {{ text }} in {{ listed }} then {{ text }}
        {%- endfor %}
        when {{ compared(column) }} is not null then {{ column }}
    end
{%- endmacro %}
