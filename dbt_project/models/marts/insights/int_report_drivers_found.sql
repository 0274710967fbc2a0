{%- set rules = insight_rules() -%}
{%- set weeks = rules.period_days // 7 -%}
with

listed as (

    select * from {{ ref('int_report_days_listed') }}
    where dimension is not null and week_number between 0 and {{ 2 * weeks - 1 }}

),

changes as (

    select * from {{ ref('int_report_changes_measured') }}
    where is_notable

),

-- A level is taken at the end of either period, all else is summed.
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

-- Contributions of all members of a dimension add up to the difference: to one of counts what each
-- has more, to one of averages what each lies above the desk's earlier average, by its part of the
-- n, less the same before.
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
        -- Sums of fractions differ in the last digits by their order, which must not decide ranks.
        {{ rounded('contribution / difference', 6) }} as share,
        {{ rounded('contribution / difference - usual_share', 6) }} as excess
    from contributed

),

-- Of a desk with one pipeline that pipeline has all of any change: what tells something is more
-- than one's part.
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
