with

groups as (

    select * from {{ source('zendesk', 'groups') }}
    -- A deleted group is still the team of its tickets.
    where _gone_at is null or name is not null

),

newest as (

    {{ newest_rows('groups') }}

),

shaped as (

    select
        {{ shaped_as('teams', {
            'team_id': 'id',
            'name': 'name',
        }) }}
    from newest

)

select * from shaped
