with

responses as (

    select * from {{ ref('int_survey_responses') }}

),

surveys as (

    select * from {{ ref('dim_surveys') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

contacts as (

    select * from {{ ref('dim_contacts') }}

),

companies as (

    select * from {{ ref('dim_companies') }}

),

joined as (

    select
        {{ entity_key('responses.response_id', 'responses.source_system') }} as response_key,
        responses.response_id,
        surveys.survey_key,
        responses.survey_kind,
        coalesce(tickets.ticket_key, 'unknown') as ticket_key,
        coalesce(contacts.contact_key, 'unknown') as contact_key,
        -- An agent who is named but not in the data must not become the owner of the ticket.
        case
            when responses.agent_id is null then coalesce(tickets.agent_key, 'unknown')
            else coalesce(agents.agent_key, 'unknown')
        end as agent_key,
        case
            when responses.agent_id is null then coalesce(tickets.team_key, 'unknown')
            else coalesce(agents.team_key, 'unknown')
        end as team_key,
        coalesce(tickets.channel_account_key, 'unknown') as channel_account_key,
        coalesce(tickets.pipeline_key, 'unknown') as pipeline_key,
        coalesce(nullif(tickets.company_key, 'unknown'), companies.company_key, 'unknown')
            as company_key,
        responses.sent_at,
        {{ report_date('responses.sent_at') }} as sent_date,
        responses.responded_at,
        {{ report_date('responses.responded_at') }} as responded_date,
        responses.is_responded,
        cast(responses.score as double) as score,
        responses.is_positive,
        responses.nps_group,
        {% if var('include_personal_data') -%}
        responses.comment,
        {%- else -%}
        cast(null as string) as comment,
        {%- endif %}
        coalesce(tickets.is_excluded, false) as is_excluded,
        responses.source_system
    from responses
    inner join surveys
        on {{ entity_key('responses.survey_id', 'responses.source_system') }} = surveys.survey_key
    left join tickets
        on {{ entity_key('responses.ticket_id', 'responses.source_system') }} = tickets.ticket_key
    left join agents
        on {{ entity_key('responses.agent_id', 'responses.source_system') }} = agents.agent_key
    left join contacts
        on
            {{ entity_key('responses.contact_id', 'responses.source_system') }}
            = contacts.contact_key
    left join companies
        on contacts.company_key = companies.company_key

)

select * from joined
