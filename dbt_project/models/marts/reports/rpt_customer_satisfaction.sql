-- Written by `helpdesk report write` from reports/prebuilt/customer_satisfaction.yml.
with

feedback as (

    select
        responded_date as report_date,
        survey_key,
        score,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        score as response_count,
        score as score_sum,
        case when is_positive then 1 end as positive_count,
        null as sent_count,
        null as answered_count
    from {{ ref('fct_survey_responses').include(database=false) }}{{ own_filter_join() }}
    where
        not is_excluded
        and responded_date is not null
        and survey_kind = 'csat'
    union all
    select
        coalesce(sent_date, responded_date) as report_date,
        survey_key,
        cast(null as double) as score,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        null as response_count,
        null as score_sum,
        null as positive_count,
        response_key as sent_count,
        case when is_responded then 1 end as answered_count
    from {{ ref('fct_survey_responses').include(database=false) }}{{ own_filter_join() }}
    where
        not is_excluded
        and coalesce(sent_date, responded_date) is not null
        and survey_kind = 'csat'

),

counted as (

    select
        feedback.report_date,
        feedback.survey_key,
        feedback.score,
        feedback.agent_key,
        feedback.team_key,
        feedback.channel_account_key,
        feedback.pipeline_key,
        feedback.company_key{{ own_filter_columns('feedback') }},
        count(feedback.response_count) as response_count,
        cast(coalesce(sum(feedback.score_sum), 0) as double) as score_sum,
        count(feedback.positive_count) as positive_count,
        count(feedback.sent_count) as sent_count,
        count(feedback.answered_count) as answered_count
    from feedback
    where
        (
            feedback.response_count is not null
            or feedback.sent_count is not null
        )
    group by
        feedback.report_date,
        feedback.survey_key,
        feedback.score,
        feedback.agent_key,
        feedback.team_key,
        feedback.channel_account_key,
        feedback.pipeline_key,
        feedback.company_key{{ own_filter_columns('feedback') }}

)

select * from counted
