with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded

),

spells as (

    select * from {{ ref('fct_ticket_status_spells') }}
    where not is_excluded

),

responses as (

    select * from {{ ref('fct_survey_responses') }}
    where not is_excluded and survey_kind = 'csat' and score is not null

),

figures as (

    select
        listed.figure,
        listed.position,
        listed.unit
    from (
        values
        ('tickets_opened', 1, 'count'),
        ('tickets_open', 2, 'count'),
        ('tickets_closed', 3, 'count'),
        ('first_response_time', 4, 'duration'),
        ('time_to_close', 5, 'duration'),
        ('csat', 6, 'percent')
    ) as listed (figure, position, unit)

),

open_tickets as (

    {{ open_tickets() }}

),

-- The last of today's closes of each ticket; moving between two closed statuses is none.
closes as (

    select
        moments.moment,
        entered.ticket_key,
        max(entered.entered_at) as closed_at
    from spells as entered
    {{ of_today('entered', 'entered') }}
    left join spells as previous
        on
            entered.ticket_key = previous.ticket_key
            and entered.spell_number = previous.spell_number + 1
    where
        entered.status_state = 'closed'
        and coalesce(previous.status_state, 'none') <> 'closed'
    group by moments.moment, entered.ticket_key

),

-- A ticket that was reopened since is not closed.
closed_tickets as (

    select
        closes.moment,
        {{ seconds_between('tickets.created_at', 'closes.closed_at') }} as time_to_close_seconds
    from closes
    inner join tickets
        on closes.ticket_key = tickets.ticket_key
    left join open_tickets
        on
            closes.moment = open_tickets.moment
            and closes.ticket_key = open_tickets.ticket_key
    where open_tickets.ticket_key is null

),

events as (

    select
        moments.moment,
        'tickets_opened' as figure,
        1 as amount
    from tickets
    {{ of_today('tickets', 'created') }}
    union all
    select
        moment,
        'tickets_open' as figure,
        1 as amount
    from open_tickets
    union all
    select
        moment,
        'tickets_closed' as figure,
        1 as amount
    from closed_tickets
    union all
    select
        moments.moment,
        'first_response_time' as figure,
        tickets.first_response_seconds as amount
    from tickets
    {{ of_today('tickets', 'first_response') }}
    union all
    select
        moment,
        'time_to_close' as figure,
        time_to_close_seconds as amount
    from closed_tickets
    union all
    select
        moments.moment,
        'csat' as figure,
        case when responses.is_positive then 100 else 0 end as amount
    from responses
    {{ of_today('responses', 'responded') }}

),

summed as (

    {{ summary_figures('figures', 'events', ['figure']) }}

),

-- Times and shares are means of those counted; of none there is no mean.
averaged as (

    select
        figure,
        cast(position as bigint) as position,
        unit,
        {% for prefix in ['', 'comparison_'] -%}
        case
            when unit = 'count' then {{ prefix }}value
            else {{ prefix }}value / nullif({{ prefix }}n, 0)
        end as {{ prefix }}value,
        {{ prefix }}n,
        {% endfor -%}
        as_of,
        comparison_as_of
    from summed

)

select * from averaged
