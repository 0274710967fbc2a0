with

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

users as (

    select
        id,
        coalesce("userIdIncludingInactive", "userId") as user_id
    from owners

)

select
    user_id,
    min(id) as owner_id
from users
where user_id is not null
group by user_id
