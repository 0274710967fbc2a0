with

clocks as (

    select * from {{ ref('int_sla_clocks_targeted') }}

),

judged as (

    {{ judged_clocks('clocks') }}

)

select * from judged
