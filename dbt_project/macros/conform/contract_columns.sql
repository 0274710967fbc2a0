{#- The columns of a contract table, as declared beside the staging models. Returns a list of dicts
    (name, type, key, required, accepted, minimum, accepts_date, personal, references, references_by); empty while
    dbt is only parsing. -#}
{% macro contract_columns(table) %}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'generic' and node.name == table -%}
            {%- for column in node.columns.values() -%}
                {%- set meta = column.config.meta -%}
                {%- do columns.append({
                    'name': column.name,
                    'type': column.data_type,
                    'key': meta.get('key', false),
                    'required': meta.get('required', false),
                    'accepted': meta.get('accepted', []),
                    'minimum': meta.get('minimum'),
                    'accepts_date': meta.get('accepts_date', false),
                    'personal': meta.get('personal', false),
                    'references': meta.get('references'),
                    'references_by': meta.get('references_by'),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if not columns -%}
            {{ exceptions.raise_compiler_error('no contract table ' ~ table ~ ' in the generic source') }}
        {%- endif -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}
