with

addresses as (

    select * from {{ source('zendesk', 'recipient_addresses') }}
    where _gone_at is null

),

numbers as (

    select * from {{ source('zendesk', 'phone_numbers') }}
    where _gone_at is null

),

brands as (

    select * from {{ source('zendesk', 'brands') }}
    -- A deleted brand is still that of its tickets.
    where _gone_at is null or name is not null

),

newest_addresses as (

    {{ newest_rows('addresses', key='email') }}

),

newest_numbers as (

    {{ newest_rows('numbers', key='number') }}

),

newest_brands as (

    {{ newest_rows('brands') }}

),

-- A mail has its address and a call its number; other tickets have their brand.
accounts as (

    select
        email as account_id,
        'email' as channel,
        coalesce(name, email) as account_name,
        _file,
        _row
    from newest_addresses
    union all
    select
        number as account_id,
        'voice' as channel,
        coalesce(nickname, number) as account_name,
        _file,
        _row
    from newest_numbers
    union all
    select
        'brand:' || id as account_id,
        cast(null as string) as channel,
        name as account_name,
        _file,
        _row
    from newest_brands

),

shaped as (

    select
        {{ shaped_as('channel_accounts', {
            'channel_account_id': 'account_id',
            'channel_id': 'channel',
            'name': 'account_name',
        }) }}
    from accounts

)

select * from shaped
