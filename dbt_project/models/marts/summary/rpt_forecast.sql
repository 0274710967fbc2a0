{#- Weeks of history of a forecast: docs/metrics/forecast.md has the errors of other numbers. -#}
{%- set weeks_of = {'tickets_created': 8, 'tickets_open': 2} -%}
{%- set report_of = {'tickets_created': 'R1', 'tickets_open': 'A7'} -%}
{#- Errors grow as a help desk changes: this part of the past ones holds some 8 of 10 later ones. -#}
{%- set width = 0.9 -%}
{%- set (days_ahead, weeks_ahead, most_origins, least_origins) = (28, 4, 13, 8) -%}
{#- The first origins of the past whose four weeks are over, and the last of them. -#}
{%- set (first_origin, last_origin) = (weeks_ahead, weeks_ahead + most_origins - 1) -%}
{%- set most_days = 7 * (last_origin + weeks_of.values() | max) -%}
with

figures as (

    select
        listed.figure,
        listed.position,
        listed.report_id,
        listed.weeks
    from (
        values
        {% for figure, weeks in weeks_of.items() -%}
        ('{{ figure }}', {{ loop.index }}, '{{ report_of[figure] }}', {{ weeks }}){{ ',' if not loop.last }}
        {% endfor -%}
    ) as listed (figure, position, report_id, weeks)

),

tickets as (

    select created_date from {{ ref('fct_tickets').include(database=false) }}
    where not is_excluded

),

intervals as (

    select
        {{ report_date('started_at') }} as first_date,
        case when not is_current then {{ report_date('ended_at') }} end as gone_date
    from {{ ref('fct_ticket_open_intervals').include(database=false) }}
    where not is_excluded

),

-- The date of as_of is not over: it is the first one of the forecast.
history as (

    select
        comparison_times.compared_date as today,
        comparison_times.compared_at as as_of,
        greatest(
            {{ days_between('min(tickets.created_date)', 'comparison_times.compared_date') }}, 0
        ) as history_days,
        {{ days_later('comparison_times.compared_date', -most_days) }} as first_date
    from {{ ref('dim_comparison_times').include(database=false) }} as comparison_times
    left join tickets
        on comparison_times.compared_date >= tickets.created_date
    where comparison_times.comparison_time = 'as_of'
    group by comparison_times.compared_date, comparison_times.compared_at

),

days as (

    select
        dates.date_day,
        {{ days_between('dates.date_day', 'history.today') }} as days_ago
    from {{ ref('dim_dates').include(database=false) }} as dates
    inner join history
        on
            dates.date_day >= history.first_date
            and dates.date_day < history.today
    where {{ days_between('dates.date_day', 'history.today') }} <= history.history_days

),

-- The backlog of a date is that of the date before, with what began and without what ended on the date.
changes as (

    select
        'tickets_created' as figure,
        created_date as changed_date,
        count(*) as amount
    from tickets
    group by created_date
    union all
    select
        'tickets_open' as figure,
        first_date as changed_date,
        count(*) as amount
    from intervals
    group by first_date
    union all
    select
        'tickets_open' as figure,
        gone_date as changed_date,
        -count(*) as amount
    from intervals
    where gone_date is not null
    group by gone_date

),

earliest as (

    select min(date_day) as date_day from days

),

-- Changes before the first date are part of its backlog.
dated as (

    select
        changes.figure,
        case
            when changes.figure = 'tickets_open' and changes.changed_date < earliest.date_day
                then earliest.date_day
            else changes.changed_date
        end as changed_date,
        changes.amount
    from changes
    cross join earliest

),

changed as (

    select
        figures.figure,
        days.days_ago,
        coalesce(sum(dated.amount), 0) as amount
    from figures
    cross join days
    left join dated
        on
            figures.figure = dated.figure
            and days.date_day = dated.changed_date
    group by figures.figure, days.days_ago

),

actual as (

    select
        figure,
        days_ago,
        case
            when figure = 'tickets_created' then amount
            else sum(amount) over (
                partition by figure order by days_ago desc
                rows between unbounded preceding and current row
            )
        end as value
    from changed

),

-- Origin 0 is today; the others are the dates whole weeks before it.
origins as (

    {%- for weeks_ago in [0] + range(first_origin, last_origin + 1) | list %}
    select {{ weeks_ago }} as weeks_ago{{ ' union all' if not loop.last }}
    {%- endfor %}

),

-- A weekday is the number of days after an origin, up to 6.
usual as (

    select
        origins.weeks_ago,
        figures.figure,
        (7 * {{ most_days }} - actual.days_ago) % 7 as weekday,
        avg(actual.value) as value
    from origins
    cross join history
    inner join figures
        on 7 * (origins.weeks_ago + figures.weeks) <= history.history_days
    inner join actual
        on
            figures.figure = actual.figure
            and actual.days_ago > 7 * origins.weeks_ago
            and actual.days_ago <= 7 * (origins.weeks_ago + figures.weeks)
    group by
        origins.weeks_ago,
        figures.figure,
        (7 * {{ most_days }} - actual.days_ago) % 7

),

ahead as (

    {%- for days in range(days_ahead) %}
    select {{ days }} as days_ahead{{ ' union all' if not loop.last }}
    {%- endfor %}

),

forecast as (

    select
        usual.weeks_ago,
        usual.figure,
        ahead.days_ahead,
        usual.weekday,
        -- Tickets that come in differ by weekday, and the backlog by its distance.
        case
            when usual.figure = 'tickets_created' then usual.weekday
            else cast(floor(ahead.days_ahead / 7.0) as int)
        end as error_group,
        usual.value
    from usual
    inner join ahead
        on usual.weekday = ahead.days_ahead % 7

),

errors as (

    select
        forecast.figure,
        forecast.weeks_ago,
        forecast.error_group,
        forecast.value as forecast_value,
        actual.value as actual_value,
        abs(forecast.value - actual.value) as distance
    from forecast
    inner join actual
        on
            forecast.figure = actual.figure
            and 7 * forecast.weeks_ago - forecast.days_ahead = actual.days_ago
    where forecast.weeks_ago > 0

),

spreads as (

    select
        figure,
        error_group,
        percentile_cont({{ width }}) within group (order by distance) as half_width
    from errors
    group by figure, error_group

),

totals as (

    select
        figure,
        weeks_ago,
        sum(forecast_value) as forecast_value,
        sum(actual_value) as actual_value,
        sum(distance) as distance
    from errors
    group by figure, weeks_ago

),

measured as (

    select
        figure,
        count(*) as origin_count,
        sum(distance) / ({{ days_ahead }} * count(*)) as mean_absolute_error,
        sum(distance) / nullif(sum(actual_value), 0) as error_share,
        sum(abs(forecast_value - actual_value)) / nullif(sum(actual_value), 0) as total_error_share
    from totals
    group by figure

),

-- Without enough origins there is no forecast, because its error is unknown.
known as (

    select
        forecast.figure,
        forecast.days_ahead,
        forecast.value,
        greatest(forecast.value - spreads.half_width, 0) as low_value,
        forecast.value + spreads.half_width as high_value,
        measured.mean_absolute_error,
        measured.error_share,
        measured.total_error_share
    from forecast
    inner join spreads
        on
            forecast.figure = spreads.figure
            and forecast.error_group = spreads.error_group
    inner join measured
        on forecast.figure = measured.figure
    where forecast.weeks_ago = 0 and measured.origin_count >= {{ least_origins }}

)

select
    figures.figure,
    cast(figures.position as bigint) as position,
    figures.report_id,
    {{ days_later('history.today', 'ahead.days_ahead') }} as forecast_date,
    cast(ahead.days_ahead as bigint) as days_ahead,
    cast(known.value as double) as value,
    cast(known.low_value as double) as low_value,
    cast(known.high_value as double) as high_value,
    cast(coalesce(measured.origin_count, 0) as bigint) as origin_count,
    cast(known.mean_absolute_error as double) as mean_absolute_error,
    cast(known.error_share as double) as error_share,
    cast(known.total_error_share as double) as total_error_share,
    cast(coalesce(history.history_days, 0) as bigint) as history_days,
    cast(7 * (figures.weeks + {{ first_origin + least_origins - 1 }}) as bigint) as least_history_days,
    history.as_of
from figures
cross join history
cross join ahead
left join measured
    on figures.figure = measured.figure
left join known
    on
        figures.figure = known.figure
        and ahead.days_ahead = known.days_ahead
