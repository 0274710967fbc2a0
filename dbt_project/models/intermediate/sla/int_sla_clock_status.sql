with

clocks as (

    select * from {{ ref('int_sla_clock_targets') }}

),

evaluated as (

    {{ sla_clock_status('clocks') }}

)

select * from evaluated
