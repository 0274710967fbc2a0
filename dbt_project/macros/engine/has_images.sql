{#- True for a model of which a refresh keeps images: it replaces some of its rows, and leaves the others. -#}
{% macro has_images(node) -%}
    {{ return(adapter.dispatch('has_images')(node)) }}
{%- endmacro %}

{% macro duckdb__has_images(node) -%}
    {{ return(node.config.incremental_strategy == 'changed_tickets' or node.config.materialized == 'additive') }}
{%- endmacro %}

{% macro spark__has_images(node) -%}
    {{ return(node.config.incremental_strategy == 'changed_tickets') }}
{%- endmacro %}
