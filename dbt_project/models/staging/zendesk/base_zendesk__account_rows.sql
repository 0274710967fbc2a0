with

accounts as (

    select
        _file,
        _row
    from {{ source('zendesk', 'account') }}
    union all
    -- Folders filled before the account had a row of its own.
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
    from accounts

),

-- Rows that are the same in every account join the first row.
first_landed as (

    select
        _file,
        _row
    from numbered
    where position = 1

)

select * from first_landed
