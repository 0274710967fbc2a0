-- R9, rpt_customer_effort_score: CES scores by the date of the answer and, on
-- rows without a score, surveys by the date of sending.

with asked as (
    select * from asked_surveys
    where kind = 'ces'
)

select
    report_date_of(responded_at) as report_date,
    survey_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    score,
    count(*) as response_count,
    sum(score) as score_sum,
    -- Two thirds of the way to the best score: 5 of 1 to 7.
    count(*) filter (points * 3 >= most_points * 2) as positive_count,
    0 as sent_count,
    0 as answered_count
from asked
where score is not null
group by all
union all
select
    report_date_of(coalesce(sent_at, responded_at)) as report_date,
    survey_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    null as score,
    0 as response_count,
    0 as score_sum,
    0 as positive_count,
    count(*) as sent_count,
    count(responded_at) as answered_count
from asked
group by all;
