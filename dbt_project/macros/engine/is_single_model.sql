{#- True while `helpdesk dev` builds one model, on a copy of the working file that it has marked in the schema of
    `builds`. It runs on DuckDB alone. -#}
{% macro is_single_model(builds) -%}
    {{ return(adapter.dispatch('is_single_model')(builds)) }}
{%- endmacro %}

{% macro duckdb__is_single_model(builds) -%}
    {{ return(adapter.get_relation(builds.database, builds.schema, 'single_model') is not none) }}
{%- endmacro %}

{% macro spark__is_single_model(builds) -%}
    {{ return(false) }}
{%- endmacro %}
