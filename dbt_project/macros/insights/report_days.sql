{#- The headline of one report, in one pass over the weeks that insights look at: of the whole desk by day, and of each
    member of each dimension by week, both counted back from the last date that is over. Of a level a week has that of
    its last day. -#}
{% macro report_days(report) %}
{%- set headline = report.headline -%}
{%- set columns = report.dimensions | map(attribute='column') | list -%}
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
            {{ days_between('reports.report_date', 'clock.last_date') }} as days_before,
            cast(floor({{ days_between('reports.report_date', 'clock.last_date') }} / 7.0) as bigint)
                as week_number,
            {%- for column in columns %}
            reports.{{ column }},
            {%- endfor %}
            cast(
                reports.{{ headline.sum }}{% if headline.less %} - reports.{{ headline.less }}{% endif %} as double
            ) as amount,
            cast({{ 'reports.' ~ headline.per if headline.per else 'null' }} as double) as per_amount
        from {{ report.relation }} as reports
        cross join clock
        where reports.report_date between clock.first_date and clock.as_of_date
    ) as dated
    group by grouping sets (
        (days_before, week_number)
        {%- for column in columns %},
        (week_number, {{ column }})
        {%- endfor %}
    )
{% endmacro %}
