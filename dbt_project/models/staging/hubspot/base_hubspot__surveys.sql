{#- HubSpot asks for satisfaction on the scale of the settings; other kinds of survey have a scale of their own. -#}
{%- set csat_scale = [] -%}
{%- for end in var('hubspot').csat_scale -%}
    {%- do csat_scale.append("case hs_survey_type when 'CSAT' then '" ~ end ~ "' end") -%}
{%- endfor -%}
with

feedback_submissions as (

    select * from {{ source('hubspot', 'feedback_submissions') }}

),

read_feedback_submissions as (

    select
        id,
        coalesce(
            nullif({{ json_value('properties', 'hs_survey_id') }}, ''),
            lower({{ json_value('properties', 'hs_survey_type') }})
        ) as hs_survey_id,
        {{ json_value('properties', 'hs_survey_name') }} as hs_survey_name,
        upper({{ json_value('properties', 'hs_survey_type') }}) as hs_survey_type,
        _file,
        _row
    from feedback_submissions

),

-- HubSpot has no list of surveys: the name is that in the last answer.
latest as (

    {{ newest_rows('read_feedback_submissions', 'hs_survey_id') }}

),

shaped as (

    select
        {{ shaped_as('surveys', {
            'survey_id': whole_id('hs_survey_id'),
            'name': 'hs_survey_name',
            'kind': 'lower(hs_survey_type)',
            'scale_min': csat_scale[0],
            'scale_max': csat_scale[1],
        }) }}
    from latest
    -- Custom surveys have no scale, and those of a knowledge article have no customer.
    where coalesce(nullif(hs_survey_type, ''), 'CUSTOM') not in ('CUSTOM', 'KNOWLEDGE')

)

select * from shaped
