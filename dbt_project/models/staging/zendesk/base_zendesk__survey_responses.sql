with

satisfaction_ratings as (

    select * from {{ source('zendesk', 'satisfaction_ratings') }}

),

newest as (

    {{ newest_rows('satisfaction_ratings', version='updated_at') }}

),

answers as (

    select * from {{ ref('base_zendesk__survey_answers') }}

),

responses as (

    select
        id as response_id,
        'csat' as survey_id,
        ticket_id,
        requester_id as contact_id,
        assignee_id as agent_id,
        created_at as sent_at,
        case when score <> 'offered' then updated_at end as responded_at,
        case score
            when 'good' then '1'
            when 'bad' then '0'
            when 'offered' then null
            else score
        end as score,
        comment,
        _file,
        _row
    from newest
    where score <> 'unoffered' and _gone_at is null
    union all
    -- The response has no agent: its ticket has one.
    select
        response_id,
        'survey:' || coalesce(survey_id, 'unknown') as survey_id,
        ticket_id,
        responder_id as contact_id,
        cast(null as string) as agent_id,
        sent_at,
        responded_at,
        rating as score,
        comment,
        _file,
        _row
    from answers

),

shaped as (

    select
        {{ shaped_as('survey_responses', {
            'response_id': 'response_id',
            'survey_id': 'survey_id',
            'ticket_id': 'ticket_id',
            'contact_id': 'contact_id',
            'agent_id': 'agent_id',
            'sent_at': 'sent_at',
            'responded_at': 'responded_at',
            'score': 'score',
            'comment': 'comment',
        }) }}
    from responses

)

select * from shaped
