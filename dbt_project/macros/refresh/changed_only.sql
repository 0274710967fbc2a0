{#- True while a refresh models only the tickets that changed since the build before; false where everything is
    modelled, as it always is when dbt is run by hand. `landing.builds` says which, and which models have a
    new definition and so are modelled whole all the same. `name` is the model in question, if not the
    one that asks. -#}
{% macro changed_only(name=none) %}
    {%- if not execute or flags.FULL_REFRESH or model.resource_type == 'unit_test' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set builds = stored('landing', 'builds') -%}
    {%- set found = run_query(
        "select previous_as_of is not null and not " ~ values_include('rebuilt', "'" ~ (name or model.name) ~ "'") ~ " from " ~ builds
    ) -%}
    {{ return(found.rows | length == 1 and found.rows[0][0]) }}
{% endmacro %}
