{%- set rules = insight_rules() -%}
{%- set days = rules.period_days -%}
{%- set period = {
    'period_start': days_later('last_date', 1 - days),
    'period_end': 'last_date',
    'comparison_start': days_later('last_date', 1 - 2 * days),
    'comparison_end': days_later('last_date', -days),
    'days': days,
} -%}
{%- set headline = {
    'report_id': 'report_id',
    'measure': 'measure',
    'label': 'label',
    'format': 'format',
    'is_stock': 'is_stock',
} -%}
with

clock as (

    {{ insight_clock() }}

),

changes as (

    select
        changes.*,
        clock.as_of_date,
        clock.last_date
    from {{ ref('int_report_changes') }} as changes
    cross join clock

),

drivers as (

    select
        drivers.*,
        changes.measure,
        changes.label,
        changes.format,
        changes.is_stock,
        changes.last_date,
        row_number() over (
            partition by drivers.report_id order by drivers.excess desc, drivers.dimension asc
        ) as rank_in_kind
    from {{ ref('int_report_drivers') }} as drivers
    inner join changes
        on drivers.report_id = changes.report_id

),

unusual as (

    select
        points.*,
        changes.measure,
        changes.label,
        changes.format,
        changes.is_stock,
        changes.last_date,
        row_number() over (
            partition by points.report_id order by abs(points.score) desc, points.unit asc
        ) as rank_in_kind
    from {{ ref('int_report_anomalies') }} as points
    inner join changes
        on points.report_id = changes.report_id

),

risks as (

    select
        risks.*,
        clock.as_of_date
    from {{ ref('int_current_risks') }} as risks
    cross join clock

),

today as (

    select
        changes.*,
        case
            when changes.is_ratio then listed.amount / nullif(listed.per_amount, 0)
            else coalesce(listed.amount, 0)
        end as value_today,
        case
            when changes.is_ratio then listed.per_amount
            else coalesce(listed.amount, 0)
        end as n_today
    from changes
    left join {{ ref('int_report_days') }} as listed
        on
            changes.report_id = listed.report_id
            and listed.days_before = -1
            and listed.dimension is null

),

dimensions as (

    {%- for report in insight_reports() %}
    {%- set last_report = loop.last %}
    {%- for dimension in report.dimensions %}
    select
        '{{ report.id }}' as report_id,
        '{{ dimension.column }}' as dimension,
        '{{ dbt.escape_single_quotes(dimension.label) }}' as label,
        cast({{ "'" ~ dimension.member_table ~ "'" if dimension.member_table else 'null' }} as string) as member_table
    {{ 'union all' if not (last_report and loop.last) }}
    {%- endfor %}
    {%- else %}
    select 1 as report_id, 1 as dimension, 1 as label, 1 as member_table
    {%- endfor %}

),

facts as (

    {{ insight_facts('changes', headline, period, {
        'kind': "'level'",
        'template': "case when coalesce(n, 0) = 0 and coalesce(comparison_value, 0) = 0 then 'level_none'"
            ~ " when value is null then 'level_stopped' when comparison_value is null then 'level_alone'"
            ~ " when is_notable then 'level_changed' else 'level_same' end",
        'is_notable': 'is_notable',
        'value': 'value',
        'n': 'n',
        'comparison_value': 'comparison_value',
        'comparison_n': 'comparison_n',
        'score': 'score',
        'newest_date': 'newest_date',
        'rank_in_kind': '1',
    }) }}
    union all
    {{ insight_facts('drivers', headline, period, {
        'kind': "'driver'",
        'template': "'driver'",
        'is_notable': 'true',
        'dimension': 'dimension',
        'member_key': 'member_key',
        'value': 'value',
        'n': 'n',
        'comparison_value': 'comparison_value',
        'comparison_n': 'comparison_n',
        'contribution': 'contribution',
        'desk_difference': 'difference',
        'share': 'share',
        'rank_in_kind': 'rank_in_kind',
    }) }}
    union all
    {{ insight_facts('unusual', headline, {
        'kind': "'unusual'",
        'template': "'unusual_' || unit",
        'is_notable': 'true',
        'dimension': 'dimension',
        'member_key': 'member_key',
        'period_start': "case unit when 'day' then " ~ days_later('last_date', '-number')
            ~ " else " ~ days_later('last_date', -6) ~ " end",
        'period_end': "case unit when 'day' then " ~ days_later('last_date', '-number')
            ~ " else last_date end",
        'days': "case unit when 'day' then 1 else 7 end",
        'value': 'value',
        'n': 'n',
        'comparison_value': 'usual_value',
        'score': 'score',
        'rank_in_kind': 'rank_in_kind',
    }) }}
    union all
    {{ insight_facts('risks', {
        'report_id': 'report_id',
        'kind': "case template when 'today' then 'unusual' else 'risk' end",
        'template': 'template',
        'format': "'count'",
        'is_notable': 'true',
        'period_start': 'as_of_date',
        'period_end': 'as_of_date',
        'value': 'value',
        'n': 'n',
        'comparison_value': 'comparison_value',
        'score': 'score',
        'oldest_days': 'oldest_days',
        'rank_in_kind': "case template when 'sla_overdue' then 1 when 'sla_due_soon' then 2"
            ~ " when 'tickets_overdue_today' then 1 when 'tickets_due_soon' then 2"
            ~ " when 'tickets_unanswered' then 3 when 'tickets_past_close' then 4 else 5 end",
    }) }}
    union all
    {{ insight_facts('today', headline, {
        'kind': "'incomplete'",
        'template': "'incomplete'",
        'is_notable': 'false',
        'period_start': 'as_of_date',
        'period_end': 'as_of_date',
        'value': 'value_today',
        'n': 'n_today',
        'recency_note': 'recency_note',
        'rank_in_kind': '1',
    }) }}

)

select
    facts.*,
    dimensions.label as dimension_label,
    dimensions.member_table
from facts
left join dimensions
    on
        facts.report_id = dimensions.report_id
        and facts.dimension = dimensions.dimension
