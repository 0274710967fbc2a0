with

account as (

    select * from {{ source('hubspot', 'account') }}

),

latest as (

    {{ newest_rows('account', "'account'") }}

)

-- One row, also without any fetched account.
select
    max("portalId") as portal_id,
    max("uiDomain") as ui_domain
from latest
