{#- The names of own ticket fields in conditions of a source system's SLA policies: a dict of the field by each
    name, that of the column or, if it has only letters, digits and underscores, the id in the source system. A
    standard property keeps its name. -#}
{% macro own_conditions(source_system) -%}
    {%- if not own_fields('ticket') -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set conditions = contract_columns('sla_policies') | selectattr('name', 'equalto', 'conditions') | first -%}
    {%- set standard = conditions.properties if conditions else [] -%}
    {%- set found = {} -%}
    {%- for kind in ['name', 'id'] -%}
        {%- for field in own_fields('ticket') -%}
            {%- set id = own_field_id(field, source_system) -%}
            {%- set key = field.name if kind == 'name' else id | string -%}
            {%- if id is not none and modules.re.match('[A-Za-z0-9_]+$', key) and key not in standard and key not in found -%}
                {%- do found.update({key: field}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
