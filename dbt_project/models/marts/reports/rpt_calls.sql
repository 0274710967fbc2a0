-- Written by `helpdesk report write` from reports/prebuilt/calls.yml.
with

calls as (

    select
        started_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        case when is_completed then 1 end as completed_count,
        case when is_missed then 1 end as missed_count,
        case when is_completed then duration_seconds end as completed_duration_seconds,
        case when is_completed then duration_seconds end as completed_with_duration_count
    from {{ ref('fct_calls').include(database=false) }}{{ own_filter_join() }}
    where started_date is not null

),

counted as (

    select
        calls.report_date,
        calls.agent_key,
        calls.team_key,
        calls.channel_account_key,
        calls.pipeline_key,
        calls.company_key{{ own_filter_columns('calls') }},
        count(*) as call_count,
        count(calls.completed_count) as completed_count,
        count(calls.missed_count) as missed_count,
        cast(coalesce(sum(calls.completed_duration_seconds), 0) as bigint)
            as completed_duration_seconds,
        count(calls.completed_with_duration_count) as completed_with_duration_count,
        {{ sorted_values('calls.completed_duration_seconds') }}
            as completed_duration_seconds_values
    from calls
    group by
        calls.report_date,
        calls.agent_key,
        calls.team_key,
        calls.channel_account_key,
        calls.pipeline_key,
        calls.company_key{{ own_filter_columns('calls') }}

)

select * from counted
