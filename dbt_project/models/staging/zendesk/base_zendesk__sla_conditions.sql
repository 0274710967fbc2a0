{%- set priorities = ['low', 'normal', 'high', 'urgent'] -%}
{#- Ticket fields in conditions, with the properties of the contract. -#}
{%- set properties = {
    'ticket_form_id': 'pipeline',
    'priority': 'priority',
    'group_id': 'team',
    'assignee_id': 'agent',
    'organization_id': 'company',
    'type': 'category',
    'via_id': 'channel',
    'current_via_id': 'channel',
    'current_tags': 'tags',
    'brand_id': 'brand_id',
} -%}
{#- A custom field has its id, as in the settings. -#}
{%- set own_field = '^(custom|ticket)_fields_[0-9]+$' -%}
{#- A condition has the channel of a ticket as the number or the name of a via type, or as the channel itself. -#}
{%- set via_types = {
    'web': ['0', 'web_form', '17', 'dropbox', '20', 'batch', '27', 'closed_ticket'],
    'email': ['4', 'mail'],
    'api': ['5', 'web_service', '31', 'ticket_sharing', '36', 'blog', '39', 'import'],
    'chat': ['29'],
    'twitter': ['23', 'twitter_favorite', '26', 'twitter_dm', '30'],
    'voice': ['33', 'voicemail', '34', 'phone_call_inbound', '35', 'phone_call_outbound'],
    'facebook': ['38', 'facebook_post', '41', 'facebook_message'],
} -%}
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
            {% for field, property in properties.items() -%}
            when '{{ field }}' then '{{ property }}'
            {% endfor -%}
            else
                case
                    when {{ matches('record_field', own_field) }}
                        then replace(replace(record_field, 'custom_fields_', ''), 'ticket_fields_', '')
                end
        end as property,
        -- A field must be empty if it must have no value.
        coalesce(record_value, '') in ('', '[]', '[""]') as is_without_value,
        -- A list stays a list, a single value becomes a list of one; tags have blanks between them.
        '{"value": ' || case
            when record_value like '[%' then record_value
            when record_field = 'current_tags'
                then '["' || replace(replace(replace(trim(record_value), '  ', ' '), '  ', ' '), ' ', '", "') || '"]'
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
            when 'channel' then
                case
                    {% for channel, names in via_types.items() -%}
                    when named.field_value in ('{{ names | join("', '") }}') then '{{ channel }}'
                    {% endfor -%}
                    when named.field_value in ('{{ zendesk_channels().keys() | join("', '") }}')
                        then named.field_value
                end
            when 'priority' then lower(named.field_value)
            when 'category' then named.field_value
            when 'tags' then named.field_value
            -- The others are ids; a word there depends on the user, which only Zendesk can resolve.
            else
                case
                    when {{ matches('conditions.vendor_field', own_field) }} then named.field_value
                    when {{ matches('named.field_value', '^[0-9]+$') }} then named.field_value
                end
        end as operand
    from conditions
    left join named
        on
            conditions._file = named._file
            and conditions._row = named._row
            and conditions.part = named.part
            and conditions.condition_number = named.condition_number

),

-- All values of these properties are known, so that a condition can exclude values.
domain as (
    {% for priority in priorities %}
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

tests as (

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
            when property is null then 'none'
            when vendor_operator in ('is', 'includes') and is_without_value then 'empty'
            when vendor_operator in ('is_not', 'not_includes') and is_without_value then 'filled'
            when vendor_operator = 'not_present' then 'empty'
            when vendor_operator = 'present' then 'filled'
            when count(*) <> count(operand) then 'none'
            when vendor_operator in ('is', 'includes') then 'in'
            when
                vendor_operator in ('is_not', 'not_includes')
                and property in ('priority', 'channel')
                then 'not_in'
            when vendor_operator in ('is_not', 'not_includes') then 'none_of'
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
        property,
        is_without_value

),

values_met as (

    select
        tests._file,
        tests._row,
        tests.part,
        tests.condition_number,
        tests.property,
        operands.operand as met_value
    from tests
    inner join operands
        on
            tests._file = operands._file
            and tests._row = operands._row
            and tests.part = operands.part
            and tests.condition_number = operands.condition_number
    where tests.test in ('in', 'none_of')
    union
    select
        tests._file,
        tests._row,
        tests.part,
        tests.condition_number,
        tests.property,
        domain.known_value as met_value
    from tests
    inner join domain
        on tests.property = domain.property
    left join operands
        on
            tests._file = operands._file
            and tests._row = operands._row
            and tests.part = operands.part
            and tests.condition_number = operands.condition_number
            and domain.known_value = operands.operand
    where
        case tests.test
            when 'not_in' then operands.operand is null
            when 'below' then domain.value_rank < tests.operand_rank
            when 'up_to' then domain.value_rank <= tests.operand_rank
            when 'above' then domain.value_rank > tests.operand_rank
            when 'from' then domain.value_rank >= tests.operand_rank
            else false
        end

),

tested as (

    select
        tests._file,
        tests._row,
        tests.part,
        tests.condition_number,
        tests.vendor_field || ' ' || tests.vendor_operator as vendor_condition,
        tests.vendor_value,
        tests.property,
        tests.test <> 'none' as is_expressible,
        case
            when tests.test in ('empty', 'filled') then 'is_empty'
            when tests.test = 'none_of' then 'none_of'
            when tests.test <> 'none' then 'any_of'
        end as operator,
        case tests.test
            when 'empty' then 'true'
            when 'filled' then 'false'
            else values_met.met_value
        end as operand
    from tests
    left join values_met
        on
            tests._file = values_met._file
            and tests._row = values_met._row
            and tests.part = values_met.part
            and tests.condition_number = values_met.condition_number

)

select * from tested
