-- A12, rpt_forecast: tickets created and open on each of the next 28 dates, with the interval and the errors of the
-- forecasts of up to 13 past weeks.

with days as (
    select cast(unnest(generate_series(
        (select min(report_date_of(created_at)) from counted_tickets),
        report_date_of(getvariable('as_of')) - interval 1 day,
        interval 1 day
    )) as date) as date_day
),

created as (
    select days.date_day, count(tickets.ticket_id) as amount
    from days
    left join counted_tickets as tickets on days.date_day = report_date_of(tickets.created_at)
    group by days.date_day
),

-- What happens at the stroke of midnight belongs to the next date.
ends as (
    select
        date_day,
        utc_time(date_day + interval 1 day) - interval 1 microsecond as seen_at
    from days
),

open_at_end as (
    select ends.date_day, count(tickets.ticket_id) as amount
    from ends
    left join status_intervals as intervals
        on
            ends.seen_at >= intervals.entered_at
            and (intervals.left_at is null or ends.seen_at < intervals.left_at)
            and intervals.state <> 'closed'
    left join counted_tickets as tickets
        on intervals.ticket_id = tickets.ticket_id and ends.seen_at >= tickets.created_at
    group by ends.date_day
),

series as (
    select 'tickets_created' as figure, 8 as weeks, * from created
    union all
    select 'tickets_open' as figure, 2 as weeks, * from open_at_end
),

origins as (
    select
        cast(unnest(list_concat([0], range(4, 17))) as integer) as weeks_ago,
        report_date_of(getvariable('as_of')) as today,
        (select min(date_day) from days) as first_day
),

forecasts as (
    select
        series.figure,
        origins.weeks_ago,
        aheads.ahead,
        origins.today - 7 * origins.weeks_ago + aheads.ahead as date_day,
        avg(series.amount) as forecast
    from origins
    cross join (select cast(unnest(range(28)) as integer) as ahead) as aheads
    inner join series
        on
            series.date_day < origins.today - 7 * origins.weeks_ago
            and series.date_day >= origins.today - 7 * (origins.weeks_ago + series.weeks)
            and isodow(series.date_day) = isodow(origins.today + aheads.ahead)
    where origins.today - 7 * (origins.weeks_ago + series.weeks) >= origins.first_day
    group by all
),

past as (
    select
        forecasts.*,
        series.amount,
        abs(forecasts.forecast - series.amount) as off,
        if(
            forecasts.figure = 'tickets_created', isodow(forecasts.date_day), forecasts.ahead // 7
        ) as alike
    from forecasts
    inner join series using (figure, date_day)
    where forecasts.weeks_ago > 0
),

widths as (
    select figure, alike, quantile_cont(off, 0.9) as width from past group by figure, alike
),

sums as (
    select figure, weeks_ago, sum(forecast) as forecast, sum(amount) as amount, sum(off) as off
    from past
    group by figure, weeks_ago
),

errors as (
    select
        figure,
        count(*) as origin_count,
        sum(off) / count(*) / 28 as mean_absolute_error,
        sum(off) / sum(amount) as error_share,
        sum(abs(forecast - amount)) / sum(amount) as total_error_share
    from sums
    group by figure
)

select
    forecasts.figure,
    forecasts.date_day as forecast_date,
    forecasts.forecast as value,
    greatest(forecasts.forecast - widths.width, 0) as low_value,
    forecasts.forecast + widths.width as high_value,
    errors.origin_count,
    errors.mean_absolute_error,
    errors.error_share,
    errors.total_error_share
from forecasts
inner join widths
    on
        forecasts.figure = widths.figure
        and widths.alike = if(
            forecasts.figure = 'tickets_created', isodow(forecasts.date_day), forecasts.ahead // 7
        )
inner join errors on forecasts.figure = errors.figure
where forecasts.weeks_ago = 0;
