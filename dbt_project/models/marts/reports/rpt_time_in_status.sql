-- Written by `helpdesk report write` from reports/prebuilt/time_in_status.yml.
with

status_spells as (

    select
        entered_date as report_date,
        status_key,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        case when not is_current then 1 end as ended_spell_count,
        case when not is_current then duration_seconds end as ended_duration_seconds,
        case when not is_current then duration_business_seconds end
            as ended_duration_business_seconds
    from {{ ref('fct_ticket_status_history').include(database=false) }}{{ own_filter_join() }}
    where
        not is_excluded
        and entered_date is not null
        and (status_state is null or status_state not in ('closed'))

),

counted as (

    select
        status_spells.report_date,
        status_spells.status_key,
        status_spells.agent_key,
        status_spells.team_key,
        status_spells.channel_account_key,
        status_spells.pipeline_key,
        status_spells.company_key{{ own_filter_columns('status_spells') }},
        count(*) as spell_count,
        count(status_spells.ended_spell_count) as ended_spell_count,
        cast(coalesce(sum(status_spells.ended_duration_seconds), 0) as bigint)
            as ended_duration_seconds,
        cast(coalesce(sum(status_spells.ended_duration_business_seconds), 0) as bigint)
            as ended_duration_business_seconds,
        {{ sorted_values('status_spells.ended_duration_seconds') }}
            as ended_duration_seconds_values,
        {{ sorted_values('status_spells.ended_duration_business_seconds') }}
            as ended_duration_business_seconds_values
    from status_spells
    group by
        status_spells.report_date,
        status_spells.status_key,
        status_spells.agent_key,
        status_spells.team_key,
        status_spells.channel_account_key,
        status_spells.pipeline_key,
        status_spells.company_key{{ own_filter_columns('status_spells') }}

)

select * from counted
