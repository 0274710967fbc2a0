with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

calls as (

    select * from {{ ref('int_calls_valid') }}

),

responses as (

    select * from {{ ref('int_survey_responses') }}

),

availability as (

    select * from {{ ref('int_agent_availability_valid') }}

),

events as (

    select min(created_at) as earliest_at from tickets
    union all
    select min(started_at) as earliest_at from calls
    union all
    select min(coalesce(sent_at, responded_at)) as earliest_at from responses
    union all
    select min(started_at) as earliest_at from availability

),

bounds as (

    select
        min({{ report_date('events.earliest_at') }}) as first_date,
        max(builds.as_of_date) as last_date
    from builds
    cross join events

),

days as (

    select
        {{ date_series(
            "cast(date_trunc('year', coalesce(first_date, last_date)) as date)",
            "cast(date_trunc('year', last_date) + interval 1 year - interval 1 day as date)",
        ) }} as date_day
    from bounds

),

dates as (

    select
        date_day,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        cast(date_trunc('quarter', date_day) as date) as quarter_start_date,
        cast(date_trunc('year', date_day) as date) as year_start_date,
        cast({{ iso_weekday('date_day') }} as bigint) as iso_weekday,
        date_day > (select builds.as_of_date from builds) as is_future
    from days

)

select * from dates
