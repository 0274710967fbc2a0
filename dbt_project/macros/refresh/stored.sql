{#- A table of the working warehouse as the build before left it. No ref(): it is read before it is
    modelled. -#}
{% macro stored(schema, name) -%}
    {{ return(api.Relation.create(database=target.get('database'), schema=schema, identifier=name)) }}
{%- endmacro %}
