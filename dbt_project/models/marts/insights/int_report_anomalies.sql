{%- set rules = insight_rules() -%}
with

clock as (

    {{ insight_clock() }}

),

listed as (

    select * from {{ ref('int_report_days') }}

),

changes as (

    select * from {{ ref('int_report_changes') }}
    where not is_stock and recency_note is null

),

history as (

    select
        coalesce(max(days_before), -1) as days_known,
        cast(floor(coalesce(max(days_before) + 1, 0) / 7.0) as bigint) as weeks_known
    from listed
    where dimension is null

),

numbered as (

    {{ days_counted_back() }}

),

-- The points that are tested: the days of the total, and the weeks of each member where the headline is a count.
desk_points as (

    select
        changes.report_id,
        'day' as unit,
        cast(null as string) as dimension,
        cast(null as string) as member_key,
        numbered.number,
        numbered.number % 7 as season,
        numbered.number < {{ rules.period_days }} as is_tested,
        changes.format,
        changes.is_ratio,
        coalesce(listed.amount, 0) as amount,
        coalesce(listed.per_amount, 0) as per_amount
    from changes
    cross join history
    inner join numbered
        on numbered.number <= history.days_known
    left join listed
        on
            changes.report_id = listed.report_id
            and numbered.number = listed.days_before
            and listed.dimension is null
),

-- Only members with enough rows in the last week are tested, against all their weeks.
members as (

    select
        changes.report_id,
        changes.format,
        listed.dimension,
        listed.member_key
    from listed
    inner join changes
        on listed.report_id = changes.report_id
    where
        listed.dimension is not null
        and listed.week_number = 0
        and listed.amount >= {{ rules.least_count }}
        and changes.format = 'count'

),

member_points as (

    select
        members.report_id,
        'week' as unit,
        members.dimension,
        members.member_key,
        numbered.number,
        0 as season,
        numbered.number = 0 as is_tested,
        members.format,
        false as is_ratio,
        coalesce(listed.amount, 0) as amount,
        0 as per_amount
    from members
    cross join history
    inner join numbered
        on numbered.number < history.weeks_known
    left join listed
        on
            members.report_id = listed.report_id
            and members.dimension = listed.dimension
            and coalesce(members.member_key, '') = coalesce(listed.member_key, '')
            and numbered.number = listed.week_number

),

points as (

    select * from desk_points
    union all
    select * from member_points

),

-- On these scales the noise of a point hardly depends on its size: the square root of a count, the arcsine of a
-- share, the logarithm of a duration. The noise of a share falls with its n.
scaled as (

    select
        *,
        case when is_ratio then amount / nullif(per_amount, 0) else amount end as value,
        case when is_ratio then per_amount else amount end as n,
        case
            when is_ratio and format in ('percent', 'points') then sqrt(per_amount)
            else 1
        end as weight,
        case
            when not is_ratio then 2 * sqrt(amount + 0.375)
            when format = 'percent' then 2 * asin(sqrt(amount / per_amount))
            when format = 'duration' then ln(greatest(amount / per_amount, 1))
            else amount / per_amount
        end as scaled_value
    from points
    where not is_ratio or per_amount >= {{ rules.least_day_n }}

),

centred as (

    select
        *,
        median(scaled_value) over (
            partition by report_id, unit, dimension, member_key, season
        ) as centre,
        median(value) over (
            partition by report_id, unit, dimension, member_key, season
        ) as usual_value,
        count(*) over (
            partition by report_id, unit, dimension, member_key, season
        ) as season_points
    from scaled

),

-- Chance alone gives counts and shares a spread of 1 on their scales, so the spread is never smaller.
spread as (

    select
        *,
        greatest(
            1.4826 * median(abs(scaled_value - centre) * weight) over (
                partition by report_id, unit, dimension, member_key
            ),
            case when format in ('count', 'percent') then 1 end
        ) as spread
    from centred

),

-- Clustered rows, such as the replies on one ticket, widen the spread of every member. The weeks of one member are
-- too few to estimate it, so the weeks of all members are used.
member_spread as (

    select
        report_id,
        dimension,
        sqrt(avg((scaled_value - centre) * (scaled_value - centre))) as spread
    from spread
    where unit = 'week' and not is_tested
    group by report_id, dimension

),

scored as (

    select
        spread.*,
        -- The order of addition changes the last digits of sums; they must not decide ranks.
        {{ rounded(
            "(spread.scaled_value - spread.centre) * spread.weight"
            ~ " / nullif(greatest(spread.spread, coalesce(member_spread.spread, 0)), 0)",
            6,
        ) }} as score
    from spread
    left join member_spread
        on
            spread.report_id = member_spread.report_id
            and spread.dimension = member_spread.dimension
    where spread.is_tested

),

unusual as (

    select
        *,
        row_number() over (
            partition by report_id, unit
            order by
                abs(score) desc,
                number asc,
                dimension asc nulls last,
                member_key asc nulls last
        ) as place
    from scored
    where
        season_points >= {{ rules.least_points }}
        -- A member with fewer than usual may be on holiday; a total with fewer is an insight.
        and (unit = 'day' or value > usual_value)
        and abs(score) >= case
            when unit = 'week' then {{ rules.week_score }}
            when format in ('count', 'percent') then {{ rules.count_score }}
            else {{ rules.mean_score }}
        end
        and abs(value - usual_value) >= case
            when format in ('percent', 'points') then {{ rules.day_points }}
            when is_ratio then {{ rules.day_relative }} * abs(usual_value)
            when unit = 'day'
                then greatest({{ rules.least_count }}, {{ rules.day_relative }} * usual_value)
            else greatest({{ rules.least_count }}, {{ rules.week_relative }} * usual_value)
        end

)

select
    report_id,
    unit,
    dimension,
    member_key,
    number,
    value,
    n,
    usual_value,
    score
from unusual
where place = 1
