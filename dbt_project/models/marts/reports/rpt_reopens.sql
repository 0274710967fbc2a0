-- Written by `helpdesk report write` from reports/prebuilt/reopens.yml.
with

tickets as (

    select
        closed_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        time_to_close_seconds as ticket_count,
        case when is_one_touch then 1 end as one_touch_count,
        case when is_first_contact_resolution then 1 end as first_contact_resolution_count,
        is_first_contact_resolution as first_contact_ticket_count,
        case when reopen_count > 0 then 1 end as reopened_ticket_count,
        reopen_count,
        meaningful_reopen_count
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and closed_date is not null

),

counted as (

    select
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(tickets.ticket_count) as ticket_count,
        count(tickets.one_touch_count) as one_touch_count,
        count(tickets.first_contact_resolution_count) as first_contact_resolution_count,
        count(tickets.first_contact_ticket_count) as first_contact_ticket_count,
        count(tickets.reopened_ticket_count) as reopened_ticket_count,
        cast(coalesce(sum(tickets.reopen_count), 0) as bigint) as reopen_count,
        cast(coalesce(sum(tickets.meaningful_reopen_count), 0) as bigint)
            as meaningful_reopen_count
    from tickets
    where
        (
            tickets.ticket_count is not null
            or tickets.first_contact_ticket_count is not null
            or tickets.reopen_count is not null
            or tickets.meaningful_reopen_count is not null
        )
    group by
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
