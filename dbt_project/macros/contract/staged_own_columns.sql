{#- The columns of a staged contract table for own fields: `own_values`, a list in the order of
    `own_value_fields`, a flag for an `own_fields` that is not JSON, and `tags`; none if the settings declare
    none. Returns the SQL of each by name, for rows of `source_system`. -#}
{% macro staged_own_columns(table, source_system='generic') -%}
    {%- set object = {'tickets': 'ticket', 'companies': 'company', 'contacts': 'contact'}.get(table) -%}
    {%- set columns = {} -%}
    {%- if object and own_value_fields(object) -%}
        {%- set keys = [] -%}
        {%- for field in own_value_fields(object) -%}
            {%- do keys.append(own_field_id(field, source_system)) -%}
        {%- endfor -%}
        {#- A file may have them as columns of its own. -#}
        {%- set jsons = ['own_fields', '_extra'] if source_system == 'generic' else ['own_fields'] -%}
        {%- do columns.update({
            'own_values': json_values(jsons, keys),
            'is_own_fields_unreadable':
                'own_fields is not null and not ' ~ is_json('own_fields') if source_system == 'generic' else 'false',
        }) -%}
    {%- endif -%}
    {%- if object and own_fields(object) | selectattr('include', 'defined') | list -%}
        {%- do columns.update({'tags': 'tags'}) -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
