{%- set rules = insight_rules() -%}
with

clock as (

    {{ insight_clock() }}

),

facts as (

    select * from {{ ref('int_insight_facts') }}

),

members as (

    {%- for table, key in [
        ('dim_agents', 'agent_key'), ('dim_teams', 'team_key'), ('dim_channel_accounts', 'channel_account_key'),
        ('dim_pipelines', 'pipeline_key'), ('dim_companies', 'company_key'), ('dim_channels', 'channel_key'),
        ('dim_statuses', 'status_key'), ('dim_surveys', 'survey_key'),
    ] %}
    select
        '{{ table }}' as member_table,
        {{ key }} as member_key,
        name
    from {{ ref(table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

named as (

    select
        facts.*,
        case
            when facts.dimension is null then null
            when facts.member_table is null then coalesce(facts.member_key, 'none')
            else coalesce(members.name, facts.member_key, 'none')
        end as member_name,
        {{ rounded('facts.value - facts.comparison_value', 6) }} as difference,
        {{ rounded(
            "(facts.value - facts.comparison_value)"
            ~ " / nullif(abs(facts.comparison_value), 0)",
            6,
        ) }} as relative_difference
    from facts
    left join members
        on
            facts.member_table = members.member_table
            and facts.member_key = members.member_key

),

-- A report has a limited number of insights: its level and missing data come first.
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
        -- The first driver of a report belongs to its level.
        case when kind = 'driver' and rank_in_kind = 1 then 'level' else kind end as grouped_with,
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
        grouped_with,
        dimension,
        member_key
    from placed
    where kind = 'driver' and rank_in_kind = 1

),

-- The summary has the risks, then the most unusual facts of the reports. Changes of one format with the same
-- driver, and equal figures, appear once.
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
                and placed.kind = drivers.grouped_with
        where
            placed.report_id <> 'S6'
            and placed.is_notable
            and placed.kind in ('level', 'unusual')
            and placed.period_end > (select {{ days_later('clock.last_date', -7) }} from clock)
    ) as ranked
    where copy_number = 1 and equal_number = 1

),

top_headlines as (

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
            when top_headlines.headline_number is not null
                then 100 + 10 * top_headlines.headline_number + placed.position
        end as summary_order
    from placed
    left join top_headlines
        on
            placed.report_id = top_headlines.report_id
            and placed.grouped_with = top_headlines.kind

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
    oldest_days,
    sentence,
    as_of
from worded
