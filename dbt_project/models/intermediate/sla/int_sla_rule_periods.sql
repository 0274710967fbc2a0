with

policies as (

    select * from {{ ref('int_sla_policies_valid') }}

),

targets as (

    select * from {{ ref('int_sla_targets_valid') }}

),

boundaries as (

    {% for relation in ['policies', 'targets'] -%}
    select
        source_system,
        coalesce(valid_from, {{ beginning_of_time() }}) as boundary_at
    from {{ relation }}
    union
    select
        source_system,
        coalesce(valid_to, {{ end_of_time() }}) as boundary_at
    from {{ relation }}
    {{ 'union' if not loop.last }}
    {% endfor %}

),

periods as (

    select
        source_system,
        boundary_at as valid_from,
        coalesce(
            lead(boundary_at) over (partition by source_system order by boundary_at),
            {{ end_of_time() }}
        ) as valid_to
    from boundaries

)

select * from periods
