-- A8, rpt_reopens: tickets closed at as_of, by the date of the last close, with one-touch tickets, first contact
-- resolutions, reopenings and meaningful reopenings.

with reopens as (
    select
        runs.ticket_id,
        count(*) as reopen_count,
        -- Meaningful: after three days closed, or with a customer message before the next close.
        count(*) filter (
            second_of(runs.reopened_at) - second_of(runs.closed_at) >= 3 * 86400
            or exists (
                select 1
                from messages
                where
                    messages.ticket_id = runs.ticket_id
                    and messages.is_customer_message
                    and messages.sent_at >= runs.reopened_at
                    and messages.sent_at < coalesce(runs.next_closed_at, 'infinity')
            )
        ) as meaningful_reopen_count
    from closed_runs as runs
    where runs.reopened_at is not null
    group by runs.ticket_id
),

responses as (
    select ticket_id, count(*) as response_count
    from messages
    where is_agent_response
    group by ticket_id
),

-- Tickets with a question after the first response, and a response at or after that question.
asked_again as (
    select distinct firsts.ticket_id
    from first_responses as firsts
    inner join messages as asked
        on
            firsts.ticket_id = asked.ticket_id
            and asked.is_customer_message
            and asked.sent_at > firsts.first_response_at
    inner join messages as answers
        on
            asked.ticket_id = answers.ticket_id
            and answers.is_agent_response
            and answers.sent_at >= asked.sent_at
)

select
    report_date_of(tickets.closed_at) as report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count,
    count(*) filter (responses.response_count = 1) as one_touch_count,
    count(*) filter (
        firsts.ticket_id is not null and asked_again.ticket_id is null and reopens.ticket_id is null
    ) as first_contact_resolution_count,
    count(firsts.ticket_id) as first_contact_ticket_count,
    count(reopens.ticket_id) as reopened_ticket_count,
    coalesce(sum(reopens.reopen_count), 0) as reopen_count,
    coalesce(sum(reopens.meaningful_reopen_count), 0) as meaningful_reopen_count
from closed_tickets as tickets
left join reopens using (ticket_id)
left join responses using (ticket_id)
left join first_responses as firsts using (ticket_id)
left join asked_again using (ticket_id)
group by all;
