{%- set rules = insight_rules() -%}
with

clock as (

    {{ insight_clock() }}

),

listed as (

    select * from {{ ref('int_report_days') }}

),

reports as (

    select * from {{ ref('int_report_headlines') }}

),

-- Before the first row of all reports the data is missing, which is not zero.
history as (

    select coalesce(max(days_before), -1) as days_known
    from listed
    where dimension is null

),

numbered as (

    {{ days_counted_back() }}

),

days as (

    select
        reports.report_id,
        reports.is_ratio,
        reports.is_stock,
        numbered.number as days_before,
        cast(floor(numbered.number / 7.0) as bigint) as week_number,
        numbered.number % 7 as weekday_number,
        numbered.number < {{ rules.period_days }} as is_now,
        coalesce(listed.amount, 0) as amount,
        coalesce(listed.per_amount, 0) as per_amount
    from reports
    cross join history
    inner join numbered
        on numbered.number <= history.days_known
    left join listed
        on
            reports.report_id = listed.report_id
            and numbered.number = listed.days_before
            and listed.dimension is null

),

-- A value at a point in time is that of the last day of each period; all others are sums.
periods as (

    select
        report_id,
        is_now,
        {{ rounded('sum(amount)', 6) }} as amount,
        sum(per_amount) as per_amount
    from days
    where
        days_before < {{ 2 * rules.period_days }}
        and (not is_stock or days_before % {{ rules.period_days }} = 0)
    group by report_id, is_now

),

-- Residual of a day: for a count, from the mean of its weekday; for an average, from the value that its n would
-- give.
deviations as (

    select
        days.report_id,
        days.is_now,
        days.week_number,
        days.amount - case
            when days.is_ratio
                then periods.amount * days.per_amount / nullif(periods.per_amount, 0)
            else
                avg(days.amount) over (
                    partition by days.report_id, days.is_now, days.weekday_number
                )
        end as deviation,
        days.amount - case
            when days.is_ratio
                then periods.amount * days.per_amount / nullif(periods.per_amount, 0)
            else periods.amount / {{ rules.period_days }}
        end as week_deviation
    from days
    inner join periods
        on
            days.report_id = periods.report_id
            and days.is_now = periods.is_now
    where days.days_before < {{ 2 * rules.period_days }}

),

weeks as (

    select
        report_id,
        is_now,
        week_number,
        sum(deviation * deviation) as squares,
        sum(week_deviation) as deviation
    from deviations
    group by report_id, is_now, week_number

),

-- Days of one week can deviate together, so the larger of the two variances counts.
variances as (

    select
        report_id,
        is_now,
        greatest(sum(squares), sum(deviation * deviation)) * 4 / 3 as variance
    from weeks
    group by report_id, is_now

),

-- A value that returns to its mean moves no further in four weeks than in one, so its weekly steps give the
-- variance.
steps as (

    select
        days.report_id,
        days.amount - earlier.amount as step
    from days
    inner join days as earlier
        on
            days.report_id = earlier.report_id
            and days.days_before + 7 = earlier.days_before
    where days.is_stock and days.weekday_number = 0

),

spreads as (

    select
        report_id,
        power(1.4826 * median(abs(step)), 2) as variance
    from steps
    group by report_id

),

-- The variance of a count or share is never smaller than chance alone gives.
paired as (

    select
        reports.report_id,
        reports.measure,
        reports.label,
        reports.format,
        reports.is_ratio,
        reports.is_stock,
        reports.recency_note,
        reports.newest_date,
        now.amount,
        now.per_amount,
        earlier.amount as comparison_amount,
        earlier.per_amount as comparison_per_amount,
        case
            when reports.is_ratio then now.amount / nullif(now.per_amount, 0)
            else now.amount
        end as value,
        case
            when history.days_known < {{ 2 * rules.period_days - 1 }} then null
            when reports.is_ratio then earlier.amount / nullif(earlier.per_amount, 0)
            else earlier.amount
        end as comparison_value,
        case
            when reports.is_stock then greatest(spreads.variance, now.amount + earlier.amount)
            when reports.format = 'percent'
                then
                    greatest(
                        now_spread.variance,
                        now.amount * (1 - now.amount / nullif(now.per_amount, 0))
                    ) / nullif(now.per_amount * now.per_amount, 0)
                    + greatest(
                        earlier_spread.variance,
                        earlier.amount * (1 - earlier.amount / nullif(earlier.per_amount, 0))
                    ) / nullif(earlier.per_amount * earlier.per_amount, 0)
            when reports.is_ratio
                then
                    now_spread.variance / nullif(now.per_amount * now.per_amount, 0)
                    + earlier_spread.variance / nullif(earlier.per_amount * earlier.per_amount, 0)
            else
                greatest(now_spread.variance, now.amount)
                + greatest(earlier_spread.variance, earlier.amount)
        end as variance
    from reports
    cross join history
    left join periods as now
        on reports.report_id = now.report_id and now.is_now
    left join periods as earlier
        on reports.report_id = earlier.report_id and not earlier.is_now
    left join variances as now_spread
        on reports.report_id = now_spread.report_id and now_spread.is_now
    left join variances as earlier_spread
        on reports.report_id = earlier_spread.report_id and not earlier_spread.is_now
    left join spreads
        on reports.report_id = spreads.report_id
    where reports.newest_date is not null

),

scored as (

    select
        *,
        case when is_ratio then per_amount else amount end as n,
        case when is_ratio then comparison_per_amount else comparison_amount end as comparison_n,
        {{ rounded('value - comparison_value', 9) }} as difference,
        -- The order of addition changes the last digits of sums; they must not decide ranks.
        {{ rounded('(value - comparison_value) / nullif(sqrt(variance), 0)', 6) }} as score
    from paired

),

tested as (

    select
        *,
        coalesce(
            abs(score) >= {{ rules.change_score }} and recency_note is null
            and least(n, comparison_n) >= {{ rules.least_n }}
            and case
                when format in ('percent', 'points')
                    then abs(difference) >= {{ rules.change_points }}
                else abs(difference) >= {{ rules.change_relative }} * abs(comparison_value)
            end,
            false
        ) as is_notable
    from scored

)

select * from tested
