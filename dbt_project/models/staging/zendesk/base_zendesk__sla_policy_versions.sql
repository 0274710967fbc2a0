with

landed as (

    select * from {{ source('zendesk', 'sla_policies') }}

),

policies as (

    select * from landed
    where _gone_at is null

),

-- A change of the policy's updated_at is a new version; fetched again, one of them counts.
newest as (

    {{ newest_rows('policies', key='id, updated_at') }}

),

ended as (

    select
        id as ended_id,
        max(_gone_at) as ended_at
    from landed
    where _gone_at is not null
    group by id

),

-- The first fetched version counts from the beginning, because no earlier one is known.
versions as (

    select
        newest.id,
        newest.title,
        newest.position,
        newest.filter,
        newest.policy_metrics,
        case
            when lag(newest.id) over of_policy is not null then newest.updated_at
        end as valid_from,
        coalesce(
            lead(newest.updated_at) over of_policy,
            case when ended.ended_at > newest.updated_at then ended.ended_at end
        ) as valid_to,
        newest._file,
        newest._row
    from newest
    left join ended
        on newest.id = ended.ended_id
    window of_policy as (partition by newest.id order by newest.updated_at nulls last)

)

select * from versions
