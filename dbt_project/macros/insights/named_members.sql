{#- The members that a report can be told apart by, with the table that names them. -#}
{% macro named_members() %}
    {%- for table, key in [
        ('dim_agents', 'agent_key'), ('dim_teams', 'team_key'), ('dim_channel_accounts', 'channel_account_key'),
        ('dim_pipelines', 'pipeline_key'), ('dim_companies', 'company_key'), ('dim_channels', 'channel_key'),
        ('dim_statuses', 'status_key'), ('dim_surveys', 'survey_key'),
    ] %}
    select
        '{{ table }}' as member_table,
        {{ key }} as member_key,
        name
    from {{ ref(table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
