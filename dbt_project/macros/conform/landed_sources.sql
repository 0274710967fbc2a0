{#- The sources of which a contract table has landed, in the order in which they are listed; while dbt is only parsing,
    all that feed it. A source that comes or goes has everything modelled anew, so that no view keeps an older list. -#}
{% macro landed_sources(table) %}
    {%- set feeding = [] -%}
    {%- for source_system, tables in listed_sources().items() if table in tables -%}
        {%- do feeding.append(source_system) -%}
    {%- endfor -%}
    {%- if not execute -%}
        {{ return(feeding) }}
    {%- endif -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ return(feeding[:1]) }}
    {%- endif -%}
    {%- set tables = stored('landing', 'tables') -%}
    {%- set found = run_query(
        'select distinct source_system from ' ~ tables ~ " where is_configured and " ~ values_include('feeds', "'" ~ table ~ "'")
    ) -%}
    {%- set landed = found.columns[0].values() -%}
    {{ return(feeding | select('in', landed) | list or feeding[:1]) }}
{% endmacro %}
