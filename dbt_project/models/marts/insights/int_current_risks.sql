{%- set rules = insight_rules() -%}
{#- Tickets at risk, by the status and due date of their clocks now and at the same time yesterday. -#}
{%- set tickets_at_risk = {
    'tickets_overdue_today': (
        "status = 'overdue' and due_date = as_of_date",
        "status_a_day_before = 'overdue' and due_date = last_date",
    ),
    'tickets_due_soon': ("status = 'due_soon'", "status_a_day_before = 'due_soon'"),
    'tickets_unanswered': (
        "metric in ('first_response', 'next_response') and status = 'overdue'",
        "metric in ('first_response', 'next_response') and status_a_day_before = 'overdue'",
    ),
    'tickets_past_close': (
        "metric = 'time_to_close' and status = 'overdue'",
        "metric = 'time_to_close' and status_a_day_before = 'overdue'",
    ),
} -%}
with

clock as (

    {{ insight_clock() }}

),

sla as (

    select * from {{ ref('rpt_summary_sla') }}

),

agents as (

    select * from {{ ref('rpt_summary_availability') }}
    where capacity is not null

),

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded

),

clocks as (

    select
        clocks.ticket_key,
        clocks.metric,
        clocks.status,
        clocks.status_a_day_before,
        clocks.due_date,
        clocks.started_at,
        clock.as_of,
        clock.as_of_date,
        clock.last_date
    from {{ ref('fct_sla_clocks') }} as clocks
    cross join clock
    where
        not clocks.is_excluded
        and (
            clocks.status in ('overdue', 'due_soon')
            or clocks.status_a_day_before in ('overdue', 'due_soon')
        )

),

tickets_at_risk as (

    {%- for template, (now, then) in tickets_at_risk.items() %}
    select
        'S6' as report_id,
        '{{ template }}' as template,
        cast(count(distinct case when {{ now }} then ticket_key end) as double) as value,
        cast(count(distinct case when {{ then }} then ticket_key end) as double)
            as comparison_value,
        cast(null as double) as n,
        cast(null as double) as score,
        max(case when {{ now }} then {{ whole_times(seconds_between('started_at', 'as_of'), 86400) }} end)
            as oldest_days
    from clocks
    having count(case when {{ now }} then 1 end) > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

clocks_by_report as (

    select
        case metric
            when 'first_response' then 'R2'
            when 'next_response' then 'R5'
            when 'time_to_close' then 'R8'
        end as report_id,
        state,
        value,
        comparison_value
    from sla
    where metric in ('first_response', 'next_response', 'time_to_close')

),

clocks_at_risk as (

    select
        report_id,
        'sla_' || state as template,
        sum(value) as value,
        sum(comparison_value) as comparison_value,
        cast(null as double) as n,
        cast(null as double) as score,
        cast(null as bigint) as oldest_days
    from clocks_by_report
    where state in ('overdue', 'due_soon')
    group by report_id, state
    having sum(value) > 0

),

agents_at_risk as (

    select
        listed.report_id,
        'at_capacity' as template,
        cast(count(case when agents.is_at_capacity then 1 end) as double) as value,
        cast(count(case when agents.comparison_value >= agents.capacity then 1 end) as double)
            as comparison_value,
        cast(count(*) as double) as n,
        cast(null as double) as score,
        cast(null as bigint) as oldest_days
    from agents
    cross join (
        values
        ('A7'),
        ('S6')
    ) as listed (report_id)
    group by listed.report_id
    having count(case when agents.is_at_capacity then 1 end) > 0

),

-- Today up to this time of day, and each earlier day up to the same time of day.
days as (

    select
        {{ days_between('dated.date_day', 'dated.as_of_date') }} as days_ago,
        {{ report_date_start('dated.date_day') }} as starts_at,
        dated.date_day,
        {{ seconds_between(report_date_start('dated.as_of_date'), 'dated.as_of') }}
            as seconds_passed
    from (
        select
            as_of,
            as_of_date,
            {{ date_series('first_date', 'as_of_date') }} as date_day
        from clock
    ) as dated

),

opened as (

    select
        days.days_ago,
        count(
            case
                when
                    {{ seconds_between('days.starts_at', 'tickets.created_at') }}
                    <= days.seconds_passed
                    then 1
            end
        ) as ticket_count
    from days
    left join tickets
        on days.date_day = tickets.created_date
    group by days.days_ago

),

-- On this scale (Anscombe) the noise of a count does not depend on its size. Today is not usual.
scaled as (

    select
        days_ago,
        ticket_count,
        2 * sqrt(ticket_count + 0.375) as scaled_value,
        median(case when days_ago > 0 then 2 * sqrt(ticket_count + 0.375) end) over (partition by days_ago % 7)
            as centre,
        median(case when days_ago > 0 then ticket_count end) over (partition by days_ago % 7) as usual_value
    from opened

),

spread as (

    select greatest(1, 1.4826 * median(abs(scaled_value - centre))) as spread
    from scaled

),

today as (

    select
        'S6' as report_id,
        'today' as template,
        cast(scaled.ticket_count as double) as value,
        scaled.usual_value as comparison_value,
        cast(scaled.ticket_count as double) as n,
        {{ rounded('(scaled.scaled_value - scaled.centre) / spread.spread', 6) }} as score,
        cast(null as bigint) as oldest_days
    from scaled
    cross join spread
    where
        scaled.days_ago = 0
        and abs(scaled.scaled_value - scaled.centre) / spread.spread >= {{ rules.count_score }}
        and abs(scaled.ticket_count - scaled.usual_value) >= {{ rules.least_count }}

),

risks as (

    select * from tickets_at_risk
    union all
    select * from clocks_at_risk
    union all
    select * from agents_at_risk
    union all
    select * from today

)

select * from risks
