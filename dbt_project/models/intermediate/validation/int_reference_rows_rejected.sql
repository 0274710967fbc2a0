{#- The properties that int_sla_policy_matches compares: the contract's, and the own fields of each source system. -#}
{%- set conditions = contract_columns('sla_policies') | selectattr('name', 'equalto', 'conditions') | first -%}
{%- set standard = conditions.properties if conditions else [] -%}
{%- set known = standard | list -%}
{%- set unknown_conditions = [] -%}
{%- for system in ['generic'] + listed_sources().keys() | list if own_conditions(system) -%}
    {%- set own = own_conditions(system).keys() | list -%}
    {%- do known.extend(own | reject('in', known)) -%}
    {%- do unknown_conditions.append(
        "when '" ~ system ~ "' then " ~ unlisted_json_key('staged.conditions', standard + own)
    ) -%}
{%- endfor -%}
{%- set unlisted_condition = unlisted_json_key('staged.conditions', standard) -%}
{%- set unknown_condition = (
    'case staged.source_system ' ~ unknown_conditions | join(' ') ~ ' else ' ~ unlisted_condition ~ ' end'
) if unknown_conditions else unlisted_condition -%}
{%- set properties = 'none of ' ~ standard | join(', ') -%}
{#- A condition is a value, a list of values, or an object of these. -#}
{%- set operators = ['any_of', 'none_of', 'is_empty'] -%}
{%- set unreadable_conditions = [] -%}
{%- for property in known -%}
    {%- set condition = json_value('staged.conditions', property) -%}
    {%- do unreadable_conditions.append(
        "when case
            when substr(" ~ condition ~ ", 1, 1) = '{' then
                coalesce(" ~ unlisted_json_key(condition, operators) ~ ", "
                ~ "case when coalesce(" ~ json_value('staged.conditions', property, 'any_of') ~ ", "
                ~ json_value('staged.conditions', property, 'none_of') ~ ", "
                ~ json_value('staged.conditions', property, 'is_empty') ~ ") is null then 'nothing' end) is not null
                or " ~ json_value('staged.conditions', property, 'is_empty') ~ " not in ('true', 'false')
            else substr(" ~ condition ~ ", 1, 2) in ('[[', '[{')
        end then 'conditions: " ~ property ~ " is not a value, list of values or object of any_of, none_of and is_empty (true or false)'"
    ) -%}
{%- endfor -%}
{#- A reason repeats a name from the row. A longer text is not a name, and is left out. -#}
{%- set longest_name = 60 -%}
{%- set extra_issues = {
    'agent_teams': "case when staged.valid_to < staged.valid_from then 'valid_to: before valid_from' end",
    'business_hours': "case
        when not " ~ is_timezone('staged.timezone') ~ " then 'timezone: no IANA time zone'
        when staged.weekday not between 1 and 7 then 'weekday: not 1 (Monday) to 7'
        when staged.start_minute not between 0 and 1440 then 'start_minute: not 0 to 1440'
        when staged.end_minute not between staged.start_minute and 2880
            then 'end_minute: not start_minute to 2880'
    end",
    'holidays': "case when staged.end_date < staged.start_date then 'end_date: before start_date' end",
    'sla_policies': "case
        when staged.valid_to < staged.valid_from then 'valid_to: before valid_from'
        when " ~ unknown_condition ~ " = '' then 'conditions: not a JSON object'
        when length(" ~ unknown_condition ~ ") > " ~ longest_name ~ " then 'conditions: " ~ properties ~ "'
        when " ~ unknown_condition ~ " = 'tags'
            then 'conditions: tags are " ~ properties ~ ", and not declared: write tags: all in the settings'
        when " ~ unknown_condition ~ " like '% %'
            then 'conditions: ' || " ~ unknown_condition ~ " || ' is " ~ properties ~ "'
        when " ~ unknown_condition ~ " is not null
            then 'conditions: ' || " ~ unknown_condition ~ " || ' is " ~ properties ~ ", and no declared field:'
                || ' write fields: [{field: ' || " ~ unknown_condition ~ " || '}] in the settings'
        " ~ unreadable_conditions | join('\n        ') ~ "
    end",
    'sla_targets': "case
        when staged.valid_to < staged.valid_from then 'valid_to: before valid_from'
        when staged.goal_seconds < 0 then 'goal_seconds: below zero'
        when staged.due_soon_seconds < 0 then 'due_soon_seconds: below zero'
        when staged.goal_seconds > " ~ longest_seconds() ~ " then 'goal_seconds: over a hundred years'
        when staged.due_soon_seconds > " ~ longest_seconds() ~ "
            then 'due_soon_seconds: over a hundred years'
    end",
    'ticket_fields': "case when " ~ unlisted_json_key('staged.options', ['']) ~ " = '' then 'options: not a JSON object' end",
    'surveys': "case
        when " ~ survey_scale_end('min', 'staged') ~ " >= " ~ survey_scale_end('max', 'staged')
            ~ " then 'scale_max: not above scale_min'
    end",
} -%}
with

{% for table in reference_tables() -%}
{{ table }} as (

    {{ rejected_rows(table, extra_issue=extra_issues.get(table, 'null')) }}

),

{% endfor -%}
rejected as (
    {% for table in reference_tables() %}
    select
        '{{ table }}' as table_name,
        *
    from {{ table }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from rejected
