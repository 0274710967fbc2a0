with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded

),

counted as (

    select
        created_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count,
        count(case when bot_interaction_count > 0 then 1 end) as bot_ticket_count,
        cast(sum(bot_interaction_count) as bigint) as bot_interaction_count,
        count(
            case
                when
                    closed_at is not null
                    and bot_interaction_count > 0
                    and agent_response_count = 0
                    then 1
            end
        ) as bot_only_closed_count
    from tickets
    group by created_date, {{ report_dimensions() }}

)

select * from counted
