{#- The properties of a ticket whose coverage `data_quality` counts. -#}
{% macro covered_columns() %}
    {{ return([
        'agent_id', 'team_id', 'category', 'priority', 'channel_id', 'channel_account_id', 'pipeline_id',
        'company_id', 'contact_id',
    ]) }}
{% endmacro %}
