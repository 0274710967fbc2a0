with

versions as (

    select
        _file,
        _row,
        {{ json_value('filter', 'all') }} as all_of,
        {{ json_value('filter', 'any') }} as any_of
    from {{ ref('base_zendesk__sla_policy_versions') }}

),

needed as (

    {{ json_records('versions', ['_file', '_row'], 'all_of', ['field', 'operator', 'value']) }}

),

alternatives as (

    {{ json_records('versions', ['_file', '_row'], 'any_of', ['field', 'operator', 'value']) }}

),

conditions as (

    {% for relation in ['needed', 'alternatives'] -%}
    select
        _file,
        _row,
        '{{ relation }}' as part,
        record_number as condition_number,
        record_field as vendor_field,
        record_operator as vendor_operator,
        record_value as vendor_value,
        case record_field
            when 'ticket_form_id' then 'pipeline'
            when 'priority' then 'priority'
            when 'group_id' then 'team'
            when 'via_id' then 'channel'
            when 'current_via_id' then 'channel'
        end as property,
        -- A list as it is, a single value as a list of one.
        '{"value": ' || case
            when record_value like '[%' then record_value
            else '[' || coalesce({{ json_string('record_value') }}, '') || ']'
        end || '}' as value_list
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

named as (

    {{ json_object_items(
        'conditions', ['_file', '_row', 'part', 'condition_number'], 'value_list'
    ) }}

),

operands as (

    select
        conditions.*,
        case conditions.property
            when 'channel' then {{ zendesk_via('named.field_value') }}
            when 'priority' then lower(named.field_value)
            else named.field_value
        end as operand
    from conditions
    left join named
        on
            conditions._file = named._file
            and conditions._row = named._row
            and conditions.part = named.part
            and conditions.condition_number = named.condition_number

),

-- Of these properties every value is known, so that a condition can say what it is not.
domain as (
    {% for priority in zendesk_priorities() %}
    select
        'priority' as property,
        '{{ priority }}' as known_value,
        {{ loop.index }} as value_rank
    union all
    {%- endfor %}
    {%- for channel in zendesk_channels() %}
    select
        'channel' as property,
        '{{ channel }}' as known_value,
        0 as value_rank
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

ranked as (

    select
        operands.*,
        domain.value_rank as operand_rank
    from operands
    left join domain
        on
            operands.property = domain.property
            and operands.operand = domain.known_value

),

judged as (

    select
        _file,
        _row,
        part,
        condition_number,
        vendor_field,
        vendor_operator,
        vendor_value,
        property,
        case
            when property is null or count(*) <> count(operand) then 'none'
            when vendor_operator in ('is', 'includes') then 'in'
            when
                vendor_operator in ('is_not', 'not_includes')
                and property in ('priority', 'channel')
                then 'not_in'
            when property <> 'priority' or count(*) <> count(operand_rank) then 'none'
            when vendor_operator = 'less_than' then 'below'
            when vendor_operator in ('less_than_equal', 'less_than_or_equal_to') then 'up_to'
            when vendor_operator = 'greater_than' then 'above'
            when vendor_operator in ('greater_than_equal', 'greater_than_or_equal_to') then 'from'
            else 'none'
        end as test,
        max(operand_rank) as operand_rank
    from ranked
    group by
        _file,
        _row,
        part,
        condition_number,
        vendor_field,
        vendor_operator,
        vendor_value,
        property

),

values_met as (

    select
        judged._file,
        judged._row,
        judged.part,
        judged.condition_number,
        judged.property,
        operands.operand as met_value
    from judged
    inner join operands
        on
            judged._file = operands._file
            and judged._row = operands._row
            and judged.part = operands.part
            and judged.condition_number = operands.condition_number
    where judged.test = 'in'
    union
    select
        judged._file,
        judged._row,
        judged.part,
        judged.condition_number,
        judged.property,
        domain.known_value as met_value
    from judged
    inner join domain
        on judged.property = domain.property
    left join operands
        on
            judged._file = operands._file
            and judged._row = operands._row
            and judged.part = operands.part
            and judged.condition_number = operands.condition_number
            and domain.known_value = operands.operand
    where
        case judged.test
            when 'not_in' then operands.operand is null
            when 'below' then domain.value_rank < judged.operand_rank
            when 'up_to' then domain.value_rank <= judged.operand_rank
            when 'above' then domain.value_rank > judged.operand_rank
            when 'from' then domain.value_rank >= judged.operand_rank
            else false
        end

),

tested as (

    select
        judged._file,
        judged._row,
        judged.part,
        judged.condition_number,
        judged.vendor_field || ' ' || judged.vendor_operator as vendor_condition,
        judged.vendor_value,
        judged.property,
        judged.test <> 'none' as is_expressible,
        values_met.met_value
    from judged
    left join values_met
        on
            judged._file = values_met._file
            and judged._row = values_met._row
            and judged.part = values_met.part
            and judged.condition_number = values_met.condition_number

)

select * from tested
