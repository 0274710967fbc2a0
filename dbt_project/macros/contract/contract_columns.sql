{#- The columns of a contract table, as declared next to the staging models. Returns a list of dicts (name, type,
    key, required, accepted, accepts_own, minimum, accepts_date, compared, compared_only, is_parsed, personal,
    harmless, properties, references, references_except, references_unless, references_by, is_own), empty while
    dbt only parses. `is_parsed`: the staged value differs from the landed text. `compared`: keys are equal
    without regard to case and blanks of this column. `is_own`: the column has own fields, of which the declared
    ones are staged. -#}
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
                    'accepts_own': meta.get('accepts_own', false),
                    'minimum': meta.get('minimum'),
                    'accepts_date': meta.get('accepts_date', false),
                    'compared': meta.get('compared', false),
                    'compared_only': meta.get('compared_only', false),
                    'is_parsed': column.data_type != 'string' or meta.get('accepted', []) | length > 0,
                    'personal': meta.get('personal', false),
                    'properties': meta.get('properties', []),
                    'harmless': meta.get('harmless', false),
                    'is_own': meta.get('own', false),
                    'references': meta.get('references'),
                    'references_except': meta.get('references_except', []),
                    'references_unless': meta.get('references_unless'),
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
