{#- True for a model of which a refresh keeps images: it replaces some of its rows, and leaves the others. -#}
{% macro has_images(node) -%}
    {{ return(node.config.incremental_strategy == 'changed_tickets' or node.config.materialized == 'additive') }}
{%- endmacro %}
