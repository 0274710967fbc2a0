with

schedule_holidays as (

    select * from {{ source('zendesk', 'schedule_holidays') }}

),

newest as (

    {{ newest_rows('schedule_holidays') }}

),

shaped as (

    select
        {{ shaped_as('holidays', {
            'schedule_id': 'schedule_id',
            'start_date': 'start_date',
            'end_date': 'end_date',
            'name': 'name',
        }) }}
    from newest
    where _gone_at is null

)

select * from shaped
