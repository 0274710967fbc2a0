{{ config(materialized='additive') }}

{#- What was contributed before is read by the clock of the build before. -#}
{%- if not execute %}{% do ref('int_builds_previous') %}{% endif -%}
with

stretches as (

    select * from {{ ref('fct_ticket_open_stretches') }}
    where not is_excluded

),

builds as (

    select * from {{ ref('int_builds_current') }}

),

{%- if adds_changes() %}

-- A stretch that stands as it stood counts on the dates before the last build's as it did.
steady as (

    select
        unchanged.ticket_key,
        unchanged.stretch_number,
        previous.as_of_date as counts_from
    from (
        select * from {{ image('fct_ticket_open_stretches', 'before') }}
        intersect all
        select * from {{ image('fct_ticket_open_stretches', 'after') }}
    ) as unchanged
    cross join {{ ref('int_builds_previous') }} as previous

),
{%- endif %}

-- A stretch is in the backlog of every date that ends in it; as_of's own date ends at as_of.
touched as (

    select
        stretches.*,
        {{ date_series(
            "greatest(" ~ report_date('stretches.started_at') ~ ", steady.counts_from)"
            if adds_changes() else report_date('stretches.started_at'),
            "case when stretches.is_current then builds.as_of_date else "
                ~ report_date('stretches.ended_at') ~ " end - interval 1 day",
        ) }} as backlog_date
    from stretches
    cross join builds
    {%- if adds_changes() %}
    left join steady
        on
            stretches.ticket_key = steady.ticket_key
            and stretches.stretch_number = steady.stretch_number
    {%- endif %}

),

-- Where each date ends, once a date.
dates as (

    select
        backlog_date,
        {{ report_date_start('backlog_date + interval 1 day') }} as ended_at
    from (select distinct backlog_date from touched) as dated

),

ended as (

    select
        touched.backlog_date,
        {{ report_dimensions('touched') }},
        touched.priority,
        {{ seconds_between('touched.created_at', 'dates.ended_at') }} as age_seconds
    from touched
    inner join dates
        on touched.backlog_date = dates.backlog_date
    union all
    select
        builds.as_of_date as backlog_date,
        {{ report_dimensions('stretches') }},
        stretches.priority,
        {{ seconds_between('stretches.created_at', 'builds.as_of') }} as age_seconds
    from stretches
    cross join builds
    where stretches.is_current

),

counted as (

    select
        backlog_date,
        {{ report_dimensions() }},
        priority,
        count(*) as open_ticket_count,
        cast(sum(age_seconds) as bigint) as age_seconds,
        count(case when age_seconds < 86400 then 1 end) as age_under_1_day_count,
        count(case when age_seconds >= 86400 and age_seconds < 259200 then 1 end)
            as age_1_to_3_days_count,
        count(case when age_seconds >= 259200 and age_seconds < 604800 then 1 end)
            as age_3_to_7_days_count,
        count(case when age_seconds >= 604800 and age_seconds < 2592000 then 1 end)
            as age_7_to_30_days_count,
        count(case when age_seconds >= 2592000 then 1 end) as age_over_30_days_count
    from ended
    group by backlog_date, {{ report_dimensions() }}, priority

)

select * from counted
