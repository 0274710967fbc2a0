{#- One scan per report, over the weeks that insights use: the total by day, and each member of each dimension by
    week, both counted back from the last complete date. For a value at a point in time, a week has that of its
    last day. -#}
{%- set dates = insight_dates() -%}
with

listed as (
    {% for report in insight_reports() if dates %}
    {%- set headline = report.headline -%}
    {%- set columns = report.dimensions | map(attribute='column') | list %}
    select
        '{{ report.id }}' as report_id,
        case when grouping(days_before) = 0 then days_before end as days_before,
        week_number,
        case
            {%- for column in columns %}
            when grouping({{ column }}) = 0 then '{{ column }}'
            {%- endfor %}
        end as dimension,
        case
            {%- for column in columns %}
            when grouping({{ column }}) = 0 then {{ column }}
            {%- endfor %}
        end as member_key,
        {%- for amount in ['amount', 'per_amount'] %}
        {% if report.is_stock -%}
        case
            when grouping(days_before) = 0 then sum({{ amount }})
            else sum(case when days_before % 7 = 0 then {{ amount }} end)
        end
        {%- else -%}
        sum({{ amount }})
        {%- endif %} as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ days_between('reports.report_date', dates.last) }} as days_before,
            cast(floor({{ days_between('reports.report_date', dates.last) }} / 7.0) as bigint)
                as week_number,
            {%- for column in columns %}
            reports.{{ column }},
            {%- endfor %}
            cast(
                reports.{{ headline.sum }}{% if headline.minus %} - reports.{{ headline.minus }}{% endif %} as double
            ) as amount,
            cast({{ 'reports.' ~ headline.denominator if headline.denominator else 'null' }} as double) as per_amount
        from {{ report.relation }} as reports
        where reports.report_date between {{ dates.first }} and {{ dates.as_of }}
    ) as dated
    group by grouping sets (
        (days_before, week_number)
        {%- for column in columns %},
        (week_number, {{ column }})
        {%- endfor %}
    )
    {{ 'union all' if not loop.last }}
    {%- else %}
    select 1 as report_id
    {%- endfor %}
)

select * from listed
