{#- The own fields of an object whose values are in the staged list `own_values`, in its order: all except tags,
    which have a column of their own. -#}
{% macro own_value_fields(object) -%}
    {{ return(own_fields(object) | rejectattr('include', 'defined') | list) }}
{%- endmacro %}
