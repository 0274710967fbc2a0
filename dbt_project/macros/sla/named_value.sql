{#- One of `named_values`: an own field and a value in a condition, as one text. The name alone means that the
    field has a value. -#}
{% macro named_value(own_field, value) -%}
    {{ return(own_field ~ ' || chr(31) || ' ~ value) }}
{%- endmacro %}
