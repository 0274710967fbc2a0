with

replies as (

    select * from {{ ref('fct_messages') }}
    where is_agent_response and not is_excluded

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        replies.sent_date as report_date,
        replies.agent_key as responding_agent_key,
        {{ report_dimensions('tickets') }},
        count(*) as reply_count
    from replies
    inner join tickets
        on replies.ticket_key = tickets.ticket_key
    group by replies.sent_date, replies.agent_key, {{ report_dimensions('tickets') }}

)

select * from counted
