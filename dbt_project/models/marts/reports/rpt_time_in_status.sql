with

spells as (

    select * from {{ ref('fct_ticket_status_spells') }}
    where not is_excluded

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        spells.entered_date as report_date,
        spells.status_key,
        {{ report_dimensions('tickets') }},
        count(*) as spell_count,
        cast(sum(case when spells.is_current then 0 else 1 end) as bigint) as ended_spell_count,
        cast(sum(case when spells.is_current then 0 else spells.duration_seconds end) as bigint)
            as ended_duration_seconds,
        cast(
            sum(case when spells.is_current then 0 else spells.duration_business_seconds end)
            as bigint
        ) as ended_duration_business_seconds,
        {{ sorted_values('case when not spells.is_current then spells.duration_seconds end') }}
            as ended_duration_seconds_values,
        {{ sorted_values(
            'case when not spells.is_current then spells.duration_business_seconds end'
        ) }}
            as ended_duration_business_seconds_values
    from spells
    inner join tickets
        on spells.ticket_key = tickets.ticket_key
    group by spells.entered_date, spells.status_key, {{ report_dimensions('tickets') }}

)

select * from counted
