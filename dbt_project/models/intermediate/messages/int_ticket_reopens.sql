with

reopens as (

    select
        *,
        coalesce(after_at, {{ end_of_time() }}) as until_at
    from {{ ref('int_ticket_closes') }}
    where transition = 'reopen'

),

customer_messages as (

    select
        ticket_number,
        sent_at
    from {{ ref('int_messages_ordered') }}
    where is_customer_message

),

-- Three days closed: 259,200 seconds.
checked as (

    select
        reopens.ticket_number,
        reopens.happened_at,
        bool_or(
            {{ seconds_between('reopens.before_at', 'reopens.happened_at') }} >= 259200
            or customer_messages.sent_at is not null
        ) as is_meaningful
    from reopens
    left join customer_messages
        on
            reopens.ticket_number = customer_messages.ticket_number
            and customer_messages.sent_at >= reopens.happened_at
            and customer_messages.sent_at < reopens.until_at
    group by
        reopens.ticket_number, reopens.happened_at, reopens.before_at,
        reopens.until_at

),

counted as (

    select
        ticket_number,
        count(case when is_meaningful then 1 end) as meaningful_reopen_count
    from checked
    group by ticket_number

)

select * from counted
