with

pipelines as (

    select * from {{ source('hubspot', 'pipelines') }}

),

scheduled as (

    select
        *,
        {% set schedules = var('hubspot').pipeline_schedules -%}
        {% if schedules -%}
        case id
            {%- for pipeline, schedule in schedules.items() %}
            when {{ dbt.string_literal(dbt.escape_single_quotes(pipeline)) }}
                then {{ dbt.string_literal(dbt.escape_single_quotes(schedule)) }}
            {%- endfor %}
        end
        {%- else -%}
        cast(null as varchar)
        {%- endif %} as schedule_id
    from pipelines

),

shaped as (

    select
        {{ shaped_as('pipelines', {
            'pipeline_id': 'id',
            'name': 'label',
            'display_order': '"displayOrder"',
            'schedule_id': 'schedule_id',
        }) }}
    from scheduled

)

select * from shaped
