{#- The report of one kind of survey. A score stands on the date it was given; a survey sent, and whether
    it was answered by as_of, on the date it was sent (or answered, where nobody knows when it was sent).
    The two are rows of their own, those of the surveys sent without a score: a rate over the answers of a
    day would mix the surveys of many. -#}
{% macro survey_report(kind) %}
{%- set measures = ['response_count', 'score_sum', 'positive_count'] -%}
{%- if kind == 'nps' -%}
    {%- do measures.extend(['promoter_count', 'detractor_count']) -%}
{%- endif -%}
with

responses as (

    select * from {{ ref('fct_survey_responses') }}
    where survey_kind = '{{ kind }}' and not is_excluded

),

scored as (

    select
        responded_date as report_date,
        {{ report_dimensions() }},
        survey_key,
        score,
        count(*) as response_count,
        score * count(*) as score_sum,
        count(case when is_positive then 1 end) as positive_count
        {%- if kind == 'nps' %},
        count(case when nps_group = 'promoter' then 1 end) as promoter_count,
        count(case when nps_group = 'detractor' then 1 end) as detractor_count
        {%- endif %}
    from responses
    where score is not null
    group by responded_date, {{ report_dimensions() }}, survey_key, score

),

sent as (

    select
        coalesce(sent_date, responded_date) as report_date,
        {{ report_dimensions() }},
        survey_key,
        count(*) as sent_count,
        count(case when is_responded then 1 end) as answered_count
    from responses
    group by coalesce(sent_date, responded_date), {{ report_dimensions() }}, survey_key

),

counted as (

    select
        report_date,
        {{ report_dimensions() }},
        survey_key,
        score,
        {% for measure in measures -%}
        {{ measure }},
        {% endfor -%}
        0 as sent_count,
        0 as answered_count
    from scored
    union all
    select
        report_date,
        {{ report_dimensions() }},
        survey_key,
        cast(null as double) as score,
        {% for measure in measures -%}
        0 as {{ measure }},
        {% endfor -%}
        sent_count,
        answered_count
    from sent

)

select * from counted
{% endmacro %}
