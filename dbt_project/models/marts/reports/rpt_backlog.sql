-- Written by `helpdesk report write` from reports/prebuilt/backlog.yml.
with

backlog as (

    select
        backlog_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        open_ticket_count,
        age_seconds,
        age_under_1_day_count,
        age_1_to_3_days_count,
        age_3_to_7_days_count,
        age_7_to_30_days_count,
        age_over_30_days_count
    from {{ ref('fct_backlog_daily').include(database=false) }}
    where backlog_date is not null

),

counted as (

    select
        backlog.report_date,
        backlog.agent_key,
        backlog.team_key,
        backlog.channel_account_key,
        backlog.pipeline_key,
        backlog.company_key{{ own_filter_columns('backlog') }},
        cast(coalesce(sum(backlog.open_ticket_count), 0) as bigint) as open_ticket_count,
        cast(coalesce(sum(backlog.age_seconds), 0) as bigint) as age_seconds,
        cast(coalesce(sum(backlog.age_under_1_day_count), 0) as bigint) as age_under_1_day_count,
        cast(coalesce(sum(backlog.age_1_to_3_days_count), 0) as bigint) as age_1_to_3_days_count,
        cast(coalesce(sum(backlog.age_3_to_7_days_count), 0) as bigint) as age_3_to_7_days_count,
        cast(coalesce(sum(backlog.age_7_to_30_days_count), 0) as bigint) as age_7_to_30_days_count,
        cast(coalesce(sum(backlog.age_over_30_days_count), 0) as bigint) as age_over_30_days_count
    from backlog
    where
        (
            backlog.open_ticket_count is not null
            or backlog.age_under_1_day_count is not null
            or backlog.age_1_to_3_days_count is not null
            or backlog.age_3_to_7_days_count is not null
            or backlog.age_7_to_30_days_count is not null
            or backlog.age_over_30_days_count is not null
        )
    group by
        backlog.report_date,
        backlog.agent_key,
        backlog.team_key,
        backlog.channel_account_key,
        backlog.pipeline_key,
        backlog.company_key{{ own_filter_columns('backlog') }}

)

select * from counted
