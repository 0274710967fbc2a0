{#- The landed rows of a contract table that no model uses, each with the reason in `row_disposition`:
      quarantined  it breaks the contract; `row_issue` has the reason, `row_raw` and `shown_key` the
                   visible part of the row and of its key
      duplicate    it repeats the valid row of its key
      superseded   it is an older version of its key
      deferred     its event, or its version, is after as_of; `deferred_until` has that time

    The valid row of a key is the newest by the `version` column, then the one of the file that landed last. A row
    without a version is as new as the newest that landed in an earlier file.
    Two different rows of one key and one version in one file cannot both be right: the first is valid, the
    other is quarantined. A version after as_of is valid only if there is no earlier one.

    Arguments: `table`, a contract table; `version`, its column of versions, if any; `occurred`, the
    column of the time of its event, if any, or a list of which the first filled one counts. It must be
    after 1970, because zero of a clock is not a time, and every calendar begins with the earliest event.
    `also_key`: SQL text of a value that is part of the key too; it refers to the row as `staged`.
    `parent`: (column, contract table) of the row that must exist. `extra_issue`: SQL text of a further
    reason for quarantine, null without one; it refers to the row as `staged`.

    Two narrow passes over all rows find those that need a second check, by a hash of their keys and by their issues;
    only these few are then read in full. -#}
{% macro rejected_rows(table, version=none, occurred=none, parent=none, extra_issue='null', also_key='null') %}
{%- set columns = contract_columns(table) | rejectattr('is_own') | map(attribute='name') | list
    + staged_own_columns(table).keys() | list -%}
{%- set keys = contract_columns(table) | selectattr('key') | map(attribute='name') | list -%}
{#- Compared keys are equal in any case: `row_key` has them normalized. -#}
{%- if contract_columns(table) | selectattr('key') | selectattr('compared') | list -%}
    {%- set keys = ['row_key'] -%}
{%- endif -%}
{%- set shown = shown_row(table) -%}
{%- set is_of_tickets = table in ticket_tables() -%}
{%- set instants = [occurred] if occurred is string else occurred or [] -%}
{%- set is_dated = instants or version -%}
with

{% if is_dated -%}
builds as (

    select * from {{ ref('stg_landing__builds') }}

),

{% endif -%}
files as (

    select * from {{ ref('stg_landing__files') }}

),

{% if parent -%}
parents as (

    select
        source_system,
        {{ parent[0] }}
    from {{ ref('int_' ~ parent[1] ~ '_valid') }}

),

{% if parent[1] not in reference_tables() -%}
-- A deferred parent will appear, so its rows are not orphans.
deferred_parents as (

    select distinct
        source_system,
        row_key as {{ parent[0] }}
    from {{ ref('int_' ~ parent[1] ~ '_rejected') }}
    where row_disposition = 'deferred'

),

{% endif -%}
{% endif -%}
staged as {{ inlined() }} (

    select * from {{ ref('stg_' ~ table) }}

),

-- Every key once, by its hash: two keys with one hash cost a second check and change nothing.
repeated as (

    select key_fingerprint
    from (
        select {{ row_fingerprint(['source_system'] + keys, 'staged') }} as key_fingerprint
        from staged
    ) as keyed
    group by key_fingerprint
    having count(*) > 1

),

checked as (

    select
        staged.source_system,
        staged.landed_file,
        staged.landed_row,
        {{ row_fingerprint(['source_system'] + keys, 'staged') }} as key_fingerprint,
        {{ row_problem(instants, extra_issue, parent) }} as row_issue,
        {{ 'coalesce(coalesce(staged.' ~ instants | join(', staged.') ~ ') > builds.as_of, false)' if instants else 'false' }} as is_future
    from staged
    {%- if is_dated %}
    cross join builds
    {%- endif %}
    {%- if parent %}
    {%- for relation in ['parents'] + ([] if parent[1] in reference_tables() else ['deferred_parents']) %}
    left join {{ relation }}
        on
            staged.source_system = {{ relation }}.source_system
            and staged.{{ parent[0] }} = {{ relation }}.{{ parent[0] }}
    {%- endfor %}
    {%- endif %}

),

noticed as (

    select checked.*
    from checked
    left join repeated
        on checked.key_fingerprint = repeated.key_fingerprint
    where
        checked.row_issue is not null
        or checked.is_future
        or repeated.key_fingerprint is not null

),

described as (

    select
        staged.source_system,
        staged.landed_file,
        staged.landed_row,
        staged.row_key,
        noticed.row_issue,
        {{ row_fingerprint(columns, 'staged') }} as fingerprint,
        cast({{ also_key }} as string) as also_key,
        {{ 'staged.' ~ version if version else 'cast(null as timestamp)' }} as own_version,
        {{ 'coalesce(staged.' ~ version ~ ' > builds.as_of, false)' if version else 'false' }} as is_future_version,
        noticed.row_issue is null and not noticed.is_future as is_candidate,
        noticed.is_future,
        {{ 'coalesce(staged.' ~ instants | join(', staged.') ~ ')' if instants else 'cast(null as timestamp)' }} as happened_at,
        {%- if is_of_tickets %}
        coalesce(staged.ticket_id, '') as ticket_id,
        {%- endif %}
        files.landing_order
    from staged
    inner join noticed
        on
            staged.source_system = noticed.source_system
            and staged.landed_file = noticed.landed_file
            and staged.landed_row = noticed.landed_row
    {%- if is_dated %}
    cross join builds
    {%- endif %}
    left join files
        on staged.landed_file = files.landed_file

),

versioned as (

    select
        *,
        {% if version -%}
        coalesce(
            own_version,
            max(case when not is_future_version then own_version end) over (
                partition by source_system, row_key, is_candidate
                order by landing_order
                range between unbounded preceding and 1 preceding
            )
        )
        {%- else -%}
        own_version
        {%- endif %} as version
    from described

),

ordered as (

    select
        *,
        row_number() over newest_first as version_number,
        first_value(fingerprint) over newest_first as valid_fingerprint,
        first_value(landed_file) over newest_first as valid_file,
        first_value(version) over newest_first as valid_version
    from versioned
    window
        newest_first as (
            partition by source_system, row_key, also_key, is_candidate
            order by
                is_future_version,
                case when is_future_version then version end,
                version desc nulls last,
                landing_order desc,
                landed_row
        )

),

disposed as (

    select
        source_system,
        landed_file,
        landed_row,
        replace(row_key, chr(31), '|') as row_key,
        case
            when row_issue is not null then 'quarantined'
            when is_future then 'deferred'
            when version_number = 1 then 'valid'
            when fingerprint = valid_fingerprint then 'duplicate'
            when is_future_version then 'deferred'
            when landed_file = valid_file and version is not distinct from valid_version
                then 'quarantined'
            else 'superseded'
        end as row_disposition,
        row_issue,
        {%- if is_of_tickets %}
        ticket_id,
        {%- endif %}
        case when is_future then happened_at else version end as deferred_until
    from ordered

),

rejected as (

    select
        source_system,
        landed_file,
        landed_row,
        row_key,
        row_disposition,
        cast(null as string) as row_issue,
        cast(null as string) as row_raw,
        cast(null as string) as shown_key,
        {%- if is_of_tickets %}
        ticket_id,
        {%- endif %}
        case when row_disposition = 'deferred' then deferred_until end as deferred_until
    from disposed
    where row_disposition in ('duplicate', 'superseded', 'deferred')
    union all
    select
        disposed.source_system,
        disposed.landed_file,
        disposed.landed_row,
        disposed.row_key,
        disposed.row_disposition,
        coalesce(
            disposed.row_issue, 'duplicate key: another row of this key in its file differs'
        ) as row_issue,
        {{ row_as_json(shown.columns) }} as row_raw,
        {{ shown.key | join(" || '|' || ") or "''" }} as shown_key,
        {%- if is_of_tickets %}
        disposed.ticket_id,
        {%- endif %}
        cast(null as timestamp) as deferred_until
    from disposed
    inner join staged
        on
            disposed.source_system = staged.source_system
            and disposed.landed_file = staged.landed_file
            and disposed.landed_row = staged.landed_row
    where disposed.row_disposition = 'quarantined'

)

select * from rejected
{%- endmacro %}
