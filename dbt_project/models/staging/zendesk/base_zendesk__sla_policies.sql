with

versions as (

    select * from {{ ref('base_zendesk__sla_policy_versions') }}

),

conditions as (

    select * from {{ ref('base_zendesk__sla_conditions') }}

),

alternatives as (

    select
        _file,
        _row,
        count(distinct property) as properties
    from conditions
    where part = 'alternatives'
    group by _file, _row

),

-- Alternatives on several properties are no list of values of one.
described as (

    select
        conditions.*,
        conditions.part = 'alternatives' and alternatives.properties > 1 as is_mixed
    from conditions
    left join alternatives
        on
            conditions._file = alternatives._file
            and conditions._row = alternatives._row

),

counted as (

    select
        _file,
        _row,
        property,
        count(distinct case when part = 'needed' then condition_number end) as needed_count,
        count(distinct case when part = 'alternatives' then condition_number end)
            as alternative_count
    from described
    where is_expressible and not is_mixed
    group by _file, _row, property

),

-- A value is allowed that every condition on its property allows, and one of the alternatives.
allowed as (

    select
        described._file,
        described._row,
        described.property,
        described.met_value
    from described
    inner join counted
        on
            described._file = counted._file
            and described._row = counted._row
            and described.property = counted.property
    where described.is_expressible and not described.is_mixed and described.met_value is not null
    group by
        described._file,
        described._row,
        described.property,
        described.met_value,
        counted.needed_count,
        counted.alternative_count
    having
        count(distinct case when described.part = 'needed' then described.condition_number end)
        = counted.needed_count
        and (
            counted.alternative_count = 0
            or max(case when described.part = 'alternatives' then 1 else 0 end) = 1
        )

),

lists as (

    select
        counted._file,
        counted._row,
        counted.property as condition_name,
        {{ json_list_of('allowed.met_value') }} as condition_values
    from counted
    left join allowed
        on
            counted._file = allowed._file
            and counted._row = allowed._row
            and counted.property = allowed.property
    group by counted._file, counted._row, counted.property
    union all
    -- What the contract has no words for stays in Zendesk's: the policy is refused, and says why.
    select
        _file,
        _row,
        vendor_condition || case when part = 'alternatives' then ' (any)' else '' end
            as condition_name,
        {{ json_string("max(coalesce(vendor_value, ''))") }} as condition_values
    from described
    where not is_expressible or is_mixed
    group by _file, _row, vendor_condition, part

),

objects as (

    select
        _file,
        _row,
        {{ json_object_of('condition_name', 'condition_values') }} as conditions
    from lists
    group by _file, _row

),

joined as (

    select
        versions.*,
        objects.conditions
    from versions
    left join objects
        on
            versions._file = objects._file
            and versions._row = objects._row

),

shaped as (

    select
        {{ shaped_as('sla_policies', {
            'policy_id': 'id',
            'valid_from': 'valid_from',
            'valid_to': 'valid_to',
            'name': 'title',
            'rank': 'position',
            'conditions': 'conditions',
        }) }}
    from joined

)

select * from shaped
