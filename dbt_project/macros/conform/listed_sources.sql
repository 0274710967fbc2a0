{#- Where the raw rows come from: each source with the contract tables that it feeds, one
    `stg_<source>__<contract table>` for each. A new source is a staging folder and an entry here.
    Unit tests give their rows as the first one's. -#}
{% macro listed_sources() %}
    {{ return({
        'generic': conformed_tables(),
        'hubspot': conformed_tables(),
        'zendesk': conformed_tables(),
    }) }}
{% endmacro %}
