{#- The relations that feed a contract table, by source system: `base_<source>__<table>` of a vendor, or its landed
    table if the vendor has it in the shape of the contract.
    While dbt parses, all of them; at run time those that have landed (unit tests: the first one).
    A source that appears or disappears triggers a full build, so no view keeps an older list. -#}
{% macro sources_of(table) %}
    {%- set feeding = {'generic': source('generic', table)} -%}
    {%- for source_system, tables in listed_sources().items() -%}
        {%- if table in tables.shaped -%}
            {%- do feeding.update({source_system: ref('base_' ~ source_system ~ '__' ~ table)}) -%}
        {%- elif table in tables.landed -%}
            {%- do feeding.update({source_system: source(source_system, table)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not execute -%}
        {{ return(feeding) }}
    {%- endif -%}
    {%- set landed = ['generic'] -%}
    {%- if model.resource_type != 'unit_test' -%}
        {%- set found = run_query(
            'select distinct source_system from ' ~ source('landing', 'tables')
            ~ ' where is_configured and ' ~ values_include('feeds', "'" ~ table ~ "'")
        ) -%}
        {%- set landed = found.columns[0].values() -%}
    {%- endif -%}
    {%- set present = {} -%}
    {%- for source_system, relation in feeding.items() if source_system in landed -%}
        {%- do present.update({source_system: relation}) -%}
    {%- endfor -%}
    {{ return(present or {'generic': feeding['generic']}) }}
{% endmacro %}
