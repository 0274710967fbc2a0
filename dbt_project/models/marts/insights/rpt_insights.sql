{%- set rules = insight_rules() -%}
with

clock as (

    {{ insight_clock() }}

),

gathered as (

    select * from {{ ref('int_insights_gathered') }}

),

dimensions as (

    select * from {{ ref('int_report_dimensions_declared') }}

),

members as (

    {{ named_members() }}

),

named as (

    select
        gathered.*,
        dimensions.label as dimension_label,
        case
            when gathered.dimension is null then null
            when dimensions.member_table is null then coalesce(gathered.member_key, 'none')
            else coalesce(members.name, gathered.member_key, 'none')
        end as member_name,
        {{ rounded('gathered.value - gathered.comparison_value', 6) }} as difference,
        {{ rounded(
            "(gathered.value - gathered.comparison_value)"
            ~ " / nullif(abs(gathered.comparison_value), 0)",
            6,
        ) }} as relative_difference
    from gathered
    left join dimensions
        on
            gathered.report_id = dimensions.report_id
            and gathered.dimension = dimensions.dimension
    left join members
        on
            dimensions.member_table = members.member_table
            and gathered.member_key = members.member_key

),

-- Of more facts than a reader wants to hear, how matters stand and what is still missing come
-- first.
chosen as (

    select
        *,
        row_number() over (
            partition by report_id
            order by
                case
                    when kind in ('level', 'incomplete') then 0
                    when kind = 'unusual' then 1
                    when kind in ('risk', 'driver') and rank_in_kind = 1 then 1
                    else 2
                end,
                kind desc,
                rank_in_kind asc
        ) as place
    from named
    where kind <> 'driver' or rank_in_kind <= {{ rules.most_drivers }}

),

placed as (

    select
        *,
        -- The first driver of a report is told with its level.
        case when kind = 'driver' and rank_in_kind = 1 then 'level' else kind end as told_with,
        row_number() over (
            partition by report_id
            order by
                case kind
                    when 'level' then 1
                    when 'driver' then 2
                    when 'unusual' then 3
                    when 'risk' then 4
                    else 5
                end,
                rank_in_kind
        ) as position
    from chosen
    where place <= {{ rules.most_sentences }}

),

drivers as (

    select
        report_id,
        told_with,
        dimension,
        member_key
    from placed
    where kind = 'driver' and rank_in_kind = 1

),

-- The summary has the desk's risks, then what is most out of the ordinary in the reports. Of
-- changes in the same format that the same member drove, and of equal figures, one speaks for all.
headlines as (

    select
        report_id,
        kind,
        row_number() over (order by abs(score) desc, report_id desc) as headline_number
    from (
        select
            placed.*,
            row_number() over (
                partition by
                    placed.kind,
                    placed.format,
                    coalesce(drivers.dimension || ':' || drivers.member_key, placed.label),
                    placed.period_end
                order by abs(placed.score) desc, placed.report_id desc
            ) as copy_number,
            row_number() over (
                partition by placed.kind, placed.label, placed.value, placed.period_end
                order by placed.report_id desc
            ) as equal_number
        from placed
        left join drivers
            on
                placed.report_id = drivers.report_id
                and placed.kind = drivers.told_with
        where
            placed.report_id <> 'S6'
            and placed.is_notable
            and placed.kind in ('level', 'unusual')
            and placed.period_end > (select {{ days_later('clock.last_date', -7) }} from clock)
    ) as said
    where copy_number = 1 and equal_number = 1

),

most_telling as (

    select * from headlines
    where headline_number <= {{ rules.most_headlines }}

),

summed_up as (

    select
        placed.*,
        case
            when placed.report_id = 'S6'
                then row_number() over (
                    partition by placed.report_id = 'S6'
                    order by
                        case placed.kind when 'unusual' then 1 else 2 end,
                        placed.rank_in_kind
                )
            when most_telling.headline_number is not null
                then 100 + 10 * most_telling.headline_number + placed.position
        end as summary_order
    from placed
    left join most_telling
        on
            placed.report_id = most_telling.report_id
            and placed.told_with = most_telling.kind

),

worded as (

    select
        summed_up.*,
        {{ insight_sentence() }} as sentence,
        clock.as_of
    from summed_up
    cross join clock

)

select
    report_id || ':' || cast(position as string) as insight_key,
    report_id,
    position,
    case
        when summary_order is not null
            then row_number() over (partition by summary_order is null order by summary_order)
    end as summary_position,
    kind,
    template,
    measure,
    label,
    format,
    coalesce(is_stock, false) as is_stock,
    is_notable,
    dimension,
    dimension_label,
    member_key,
    member_name,
    cast(period_start as date) as period_start_date,
    cast(period_end as date) as period_end_date,
    cast(comparison_start as date) as comparison_start_date,
    cast(comparison_end as date) as comparison_end_date,
    days as period_days,
    value,
    n,
    comparison_value,
    comparison_n,
    difference,
    relative_difference,
    contribution,
    desk_difference,
    share,
    score,
    newest_date,
    sentence,
    as_of
from worded
