{#- The totals of a report equal those of its facts. `facts` lists each fact with its counted rows (`fact_where`,
    all if left out) and its `sums`: a `measure` of the report, in the rows that satisfy `where` if it is given,
    and the equal aggregate of the fact, `fact_measure`. There is one scan of the report and one of each fact.
    Returns the measures that differ, with both totals. -#}
{% test totals_match(model, facts) %}
with

report as (

    select
        {%- for fact in facts %}
        {%- set fact_number = loop.index %}
        {%- for sum in fact.sums %}
        coalesce(sum(case when {{ sum.where or 'true' }} then {{ sum.measure }} end), 0)
            as total_{{ fact_number }}_{{ loop.index }},
        {%- endfor %}
        {%- endfor %}
        count(*) as row_count
    from {{ model }}

)
{%- for fact in facts -%}
,

fact_{{ loop.index }} as (

    select
        {%- for sum in fact.sums %}
        coalesce({{ sum.fact_measure }}, 0) as total_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ fact.fact }}
    where {{ fact.fact_where or 'true' }}

)
{%- endfor %}
{% for fact in facts %}
{%- set fact_number = loop.index %}
{%- set last_fact = loop.last %}
{%- for sum in fact.sums %}
select
    '{{ sum.measure }}' as measure,
    '{{ (sum.where or '') | replace("'", "''") }}' as measured_where,
    report.total_{{ fact_number }}_{{ loop.index }} as report_total,
    '{{ fact.fact.identifier }}' as fact,
    fact.total_{{ loop.index }} as fact_total
from report
cross join fact_{{ fact_number }} as fact
where report.total_{{ fact_number }}_{{ loop.index }} <> fact.total_{{ loop.index }}
{%- if not (last_fact and loop.last) %}
union all
{%- endif %}
{%- endfor %}
{%- endfor %}
{% endtest %}
