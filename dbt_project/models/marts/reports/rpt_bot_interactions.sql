-- Written by `helpdesk report write` from reports/prebuilt/bot_interactions.yml.
with

tickets as (

    select
        created_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        case when bot_interaction_count > 0 then 1 end as bot_ticket_count,
        bot_interaction_count,
        case
            when
                status_state = 'closed'
                and bot_interaction_count > 0
                and agent_response_count = 0
                then 1
        end as bot_only_closed_count
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and created_date is not null

),

counted as (

    select
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(*) as ticket_count,
        count(tickets.bot_ticket_count) as bot_ticket_count,
        cast(coalesce(sum(tickets.bot_interaction_count), 0) as bigint) as bot_interaction_count,
        count(tickets.bot_only_closed_count) as bot_only_closed_count
    from tickets
    group by
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
