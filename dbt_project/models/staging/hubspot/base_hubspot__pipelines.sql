{#- The settings name the schedule of a pipeline. -#}
{%- set cases = [] -%}
{%- for pipeline, schedule in var('hubspot').pipeline_schedules.items() -%}
    {%- do cases.append(
        'when ' ~ dbt.string_literal(dbt.escape_single_quotes(pipeline))
        ~ ' then ' ~ dbt.string_literal(dbt.escape_single_quotes(schedule))
    ) -%}
{%- endfor -%}
with

pipelines as (

    select * from {{ source('hubspot', 'pipelines') }}

),

shaped as (

    select
        {{ shaped_as('pipelines', {
            'pipeline_id': 'id',
            'name': 'label',
            'display_order': '"displayOrder"',
            'schedule_id': 'case id ' ~ cases | join(' ') ~ ' end' if cases else 'null',
        }) }}
    from pipelines

)

select * from shaped
