{#- The native ids of the declared own fields of an object in a source, as SQL texts. Tags are not included,
    because they are not a field of the vendor. `is_many`: only fields with several values. -#}
{% macro own_field_ids(object, source_system, is_many=none) -%}
    {%- set ids = [] -%}
    {%- for field in own_value_fields(object) if is_many in (none, field.is_many) -%}
        {%- set id = own_field_id(field, source_system) -%}
        {%- if id is not none and text_literal(id) not in ids -%}
            {%- do ids.append(text_literal(id)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(ids) }}
{%- endmacro %}
