with

satisfaction_ratings as (

    select * from {{ source('zendesk', 'satisfaction_ratings') }}

),

newest as (

    {{ newest_rows('satisfaction_ratings', version='updated_at') }}

),

shaped as (

    select
        {{ shaped_as('survey_responses', {
            'response_id': 'id',
            'survey_id': "'csat'",
            'ticket_id': 'ticket_id',
            'contact_id': 'requester_id',
            'agent_id': 'assignee_id',
            'sent_at': 'created_at',
            'responded_at': "case when score <> 'offered' then updated_at end",
            'score': "case score when 'good' then '1' when 'bad' then '0'"
                ~ " when 'offered' then null else score end",
            'comment': 'comment',
        }) }}
    from newest
    where score <> 'unoffered'

)

select * from shaped
