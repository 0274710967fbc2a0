{#- The own fields that the settings declare, in their order: a list of dicts (name, label, object, type,
    is_many, at, is_filter, description, sources as a list of source and field; tags also have include).
    `object`: only those of ticket, company or contact. As shipped the list is empty: composing the project
    writes this macro; see docs/own-fields.md. -#}
{% macro own_fields(object=none) %}
    {{ return([]) }}
{% endmacro %}
