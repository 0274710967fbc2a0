{#- The id of one of `own_fields` in a source system: the one declared for it, else the one for any; none where it has none. -#}
{% macro own_field_id(field, source_system) -%}
    {%- for system in [source_system, ''] -%}
        {%- for named in field.sources if named.source == system -%}
            {{ return(named.field) }}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
