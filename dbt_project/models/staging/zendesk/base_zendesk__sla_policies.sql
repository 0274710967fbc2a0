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
        count(distinct condition_number) > 1
        and (
            count(distinct property) > 1
            or max(case when operator = 'any_of' then 0 else 1 end) = 1
        ) as are_mixed
    from conditions
    where part = 'alternatives'
    group by _file, _row

),

-- Two tags of a ticket can meet two conditions, which the contract cannot express.
several as (

    select
        _file,
        _row,
        property
    from conditions
    where operator = 'any_of' and (property = 'tags' or {{ matches('property', '^[0-9]+$') }})
    group by _file, _row, property
    having
        count(distinct part || cast(condition_number as string)) > 1
        and max(case when part = 'needed' then 1 else 0 end) = 1

),

-- Alternatives are a list of values of one property; the contract cannot express any others.
described as (

    select
        conditions.*,
        conditions.is_expressible
        and not (conditions.part = 'alternatives' and alternatives.are_mixed)
        and several.property is null as is_said
    from conditions
    left join several
        on
            conditions._file = several._file
            and conditions._row = several._row
            and conditions.property = several.property
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
        count(distinct case when part = 'needed' and operator = 'any_of' then condition_number end)
            as needed_count,
        count(
            distinct case when part = 'alternatives' and operator = 'any_of' then condition_number end
        ) as alternative_count,
        max(case when operator = 'is_empty' then operand end) as is_empty,
        count(distinct case when operator = 'is_empty' then operand end) > 1 as is_contradicted
    from described
    where is_said
    group by _file, _row, property

),

-- Allowed values are those that every condition on the property allows, and one of the alternatives.
allowed as (

    select
        described._file,
        described._row,
        described.property,
        described.operand
    from described
    inner join counted
        on
            described._file = counted._file
            and described._row = counted._row
            and described.property = counted.property
    where described.is_said and described.operator = 'any_of' and described.operand is not null
    group by
        described._file,
        described._row,
        described.property,
        described.operand,
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

excluded as (

    select distinct
        _file,
        _row,
        property,
        operand
    from described
    where is_said and operator = 'none_of'

),

allowed_lists as (

    select
        _file,
        _row,
        property,
        {{ json_list_of('operand') }} as operands
    from allowed
    group by _file, _row, property

),

excluded_lists as (

    select
        _file,
        _row,
        property,
        {{ json_list_of('operand') }} as operands
    from excluded
    group by _file, _row, property

),

worded as (

    select
        counted._file,
        counted._row,
        counted.property,
        case
            when counted.needed_count + counted.alternative_count > 0 or counted.is_contradicted
                then coalesce(allowed_lists.operands, '[]')
        end as any_of,
        excluded_lists.operands as none_of,
        counted.is_empty
    from counted
    left join allowed_lists
        on
            counted._file = allowed_lists._file
            and counted._row = allowed_lists._row
            and counted.property = allowed_lists.property
    left join excluded_lists
        on
            counted._file = excluded_lists._file
            and counted._row = excluded_lists._row
            and counted.property = excluded_lists.property

),

lists as (

    select
        _file,
        _row,
        property as condition_name,
        case
            when none_of is null and is_empty is null then any_of
            else
                '{' || substr(
                    coalesce(', "any_of": ' || any_of, '')
                    || coalesce(', "none_of": ' || none_of, '')
                    || coalesce(', "is_empty": ' || is_empty, ''),
                    3
                ) || '}'
        end as condition_values
    from worded
    union all
    -- Conditions that the contract cannot express stay in Zendesk's words: the policy is rejected with a reason.
    select
        _file,
        _row,
        vendor_condition || case when part = 'alternatives' then ' (any)' else '' end
            as condition_name,
        {{ json_string("max(coalesce(vendor_value, ''))") }} as condition_values
    from described
    where not is_said
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

-- Without conditions in the data the policy matches no ticket: only those to which Zendesk applied it have it.
joined as (

    select
        versions.*,
        case
            when versions.filter is null then '{"priority": []}'
            else objects.conditions
        end as conditions
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
