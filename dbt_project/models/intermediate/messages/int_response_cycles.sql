with

messages as {{ inlined() }} (

    select * from {{ ref('int_messages_ordered') }}

),

closes as (

    select
        ticket_number,
        happened_at as closed_at,
        after_at is null as is_lasting,
        row_number() over (partition by ticket_number order by happened_at, before_at nulls first)
            as close_number
    from {{ ref('int_ticket_closes') }}
    where transition = 'close'

),

questions as (

    select
        ticket_number,
        message_number,
        responses_before,
        sent_at
    from messages
    where is_customer_message

),

responses as (

    select
        ticket_number,
        responses_before,
        sent_at as responded_at,
        agent_id
    from messages
    where is_agent_response

),

-- Few messages come after a close. Order at the same time: customer message, response, close.
questions_after_closes as (

    select
        questions.ticket_number,
        questions.message_number,
        count(*) as closes_before
    from questions
    inner join closes
        on
            questions.ticket_number = closes.ticket_number
            and questions.sent_at > closes.closed_at
    group by questions.ticket_number, questions.message_number

),

numbered as (

    select
        questions.ticket_number,
        questions.sent_at,
        questions.responses_before,
        coalesce(questions_after_closes.closes_before, 0) as closes_before
    from questions
    left join questions_after_closes
        on
            questions.ticket_number = questions_after_closes.ticket_number
            and questions.message_number = questions_after_closes.message_number

),

-- A cycle has the questions between two ends, each a response or a close.
waiting as (

    select
        ticket_number,
        responses_before,
        closes_before,
        min(sent_at) as waiting_since,
        count(*) as customer_message_count
    from numbered
    group by ticket_number, responses_before, closes_before

),

-- The earlier of the next response and the next close.
ended as (

    select
        waiting.ticket_number,
        waiting.responses_before,
        waiting.closes_before,
        waiting.waiting_since,
        waiting.customer_message_count,
        responses.responded_at <= coalesce(closes.closed_at, {{ end_of_time() }}) as is_responded,
        responses.responded_at,
        responses.agent_id,
        closes.closed_at
    from waiting
    left join responses
        on
            waiting.ticket_number = responses.ticket_number
            and waiting.responses_before = responses.responses_before
    left join closes
        on
            waiting.ticket_number = closes.ticket_number
            and waiting.closes_before + 1 = closes.close_number

),

-- The close that lasts at as_of; null if its time is unknown.
current_closes as (

    select
        ticket_number,
        closed_at
    from closes
    where is_lasting
    union all
    select
        ticket_number,
        closed_from as closed_at
    from {{ ref('int_ticket_status_history') }}
    where status_state = 'closed' and closed_from is null

),

-- A message on a closed ticket does not wait: its cycle ends as it opens, unless the ticket reopens.
cycles as (

    select
        ended.ticket_number,
        row_number() over (
            partition by ended.ticket_number
            order by ended.responses_before, ended.closes_before
        ) as cycle_number,
        ended.waiting_since,
        case
            when ended.is_responded then ended.responded_at
            when ended.closed_at is not null then ended.closed_at
            when current_closes.closed_at is not null
                then greatest(ended.waiting_since, current_closes.closed_at)
        end as ended_at,
        case
            when ended.is_responded then 'responded'
            when ended.closed_at is not null or current_closes.ticket_number is not null then 'closed'
            else 'waiting'
        end as outcome,
        ended.customer_message_count,
        case when ended.is_responded then ended.agent_id end as agent_id
    from ended
    left join current_closes
        on ended.ticket_number = current_closes.ticket_number

)

select * from cycles
