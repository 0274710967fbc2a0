{%- set rules = insight_rules() -%}
{%- set weeks = rules.period_days // 7 -%}
with

listed as (

    select * from {{ ref('int_report_days') }}
    where dimension is not null and week_number between 0 and {{ 2 * weeks - 1 }}

),

changes as (

    select * from {{ ref('int_report_changes') }}
    where is_notable

),

-- A value at a point in time is that of the end of each period; all others are sums.
members as (

    select
        changes.report_id,
        listed.dimension,
        listed.member_key,
        {% for prefix, first_week in [('', 0), ('comparison_', weeks)] -%}
        {% for amount in ['amount', 'per_amount'] -%}
        coalesce(sum(case
            when
                listed.week_number between {{ first_week }} and {{ first_week + weeks - 1 }}
                and (not changes.is_stock or listed.week_number = {{ first_week }})
                then listed.{{ amount }}
        end), 0) as {{ prefix }}{{ amount }}
        {{- ',' }}
        {% endfor -%}
        {% endfor -%}
        changes.is_ratio,
        changes.difference,
        changes.n as desk_n,
        changes.comparison_n as desk_comparison_n,
        changes.comparison_value as desk_value
    from changes
    inner join listed
        on changes.report_id = listed.report_id
    group by
        changes.report_id,
        listed.dimension,
        listed.member_key,
        changes.is_ratio,
        changes.difference,
        changes.n,
        changes.comparison_n,
        changes.comparison_value

),

-- The contributions of all members of a dimension add up to the difference. For a count it is the change of the
-- member. For an average it is the distance from the earlier average of the total, weighted by the share of n,
-- minus the same before.
contributed as (

    select
        report_id,
        dimension,
        member_key,
        difference,
        case when is_ratio then amount / nullif(per_amount, 0) else amount end as value,
        case
            when is_ratio then comparison_amount / nullif(comparison_per_amount, 0)
            else comparison_amount
        end as comparison_value,
        case when is_ratio then per_amount else amount end as n,
        case when is_ratio then comparison_per_amount else comparison_amount end as comparison_n,
        case
            when is_ratio
                then
                    (amount - desk_value * per_amount) / desk_n
                    - (comparison_amount - desk_value * comparison_per_amount) / desk_comparison_n
            else amount - comparison_amount
        end as contribution,
        case
            when is_ratio then (per_amount + comparison_per_amount) / (desk_n + desk_comparison_n)
            else (amount + comparison_amount) / (desk_n + desk_comparison_n)
        end as usual_share
    from members

),

shared as (

    select
        *,
        -- The order of addition changes the last digits of sums; they must not decide ranks.
        {{ rounded('contribution / difference', 6) }} as share,
        {{ rounded('contribution / difference - usual_share', 6) }} as excess
    from contributed

),

-- A member with all tickets also has the whole change, so a driver must have more than its usual share.
ranked as (

    select
        *,
        row_number() over (
            partition by report_id, dimension order by excess desc, member_key asc nulls last
        ) as place
    from shared
    where
        share >= {{ rules.driver_share }}
        and excess >= {{ rules.driver_excess }}

)

select
    report_id,
    dimension,
    member_key,
    value,
    comparison_value,
    n,
    comparison_n,
    {{ rounded('contribution', 9) }} as contribution,
    difference,
    share,
    usual_share,
    excess
from ranked
where place = 1
