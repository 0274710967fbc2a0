{#- A report's total of a measure equals that of the fact it comes from. Returns both where they differ. -#}
{% test sums_equal(model, measure, fact, fact_measure, fact_where) %}
with

report as (

    select coalesce(sum({{ measure }}), 0) as total from {{ model }}

),

fact as (

    select coalesce({{ fact_measure }}, 0) as total
    from {{ fact }}
    where {{ fact_where }}

)

select
    report.total as report_total,
    fact.total as fact_total
from report
cross join fact
where report.total <> fact.total
{% endtest %}
