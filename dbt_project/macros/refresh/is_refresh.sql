{#- True while a build models only the changed tickets, false while it models every ticket. The pipeline decides and
    sets `previous_as_of` in `landing.builds`; dbt by hand always models every ticket. -#}
{% macro is_refresh() %}
    {%- set builds = source('landing', 'builds') -%}
    {%- if not execute or flags.FULL_REFRESH or model.resource_type == 'unit_test' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query('select previous_as_of is not null from ' ~ builds) -%}
    {{ return(found.rows | length == 1 and found.rows[0][0]) }}
{% endmacro %}
