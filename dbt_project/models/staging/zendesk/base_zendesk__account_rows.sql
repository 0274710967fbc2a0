with

groups as (

    select
        _file,
        _row
    from {{ source('zendesk', 'groups') }}

),

numbered as (

    select
        _file,
        _row,
        row_number() over (order by _file, _row) as position
    from groups

),

-- Every account has a group: what is the same in every account lands with its first.
first_landed as (

    select
        _file,
        _row
    from numbered
    where position = 1

)

select * from first_landed
