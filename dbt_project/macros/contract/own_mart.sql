{#- The mart that shows the own fields of an object. -#}
{% macro own_mart(object) -%}
    {{ return({'ticket': 'fct_tickets', 'company': 'dim_companies', 'contact': 'dim_contacts'}[object]) }}
{%- endmacro %}
