{#- The landed rows of a contract table that are not modelled, each with what became of it. Rows that are
    modelled are read where they landed, by `modelled_rows`: to write them again would cost more than
    everything else that is done with them.

    `row_disposition` is one of
      quarantined  it breaks the contract; `row_issue` says how and `row_raw` holds the row
      duplicate    the same content as the row that stands for its key
      superseded   an older version of its key
      held_back    it happened, or was written, after the build's as_of; `waits_until` says when

    The row that stands for a key is the newest by the `version` column, then the one from the file
    that landed last. Two different rows of one key that neither tells apart cannot both be right: the
    first stands, the other goes to quarantine. A version written after as_of only stands where there is
    no earlier one: what is known of the key then is better than nothing, and the key existed.

    Arguments: `table`, a contract table; `version`, its column of versions, if any; `occurred`, the
    column of the instant it happened, if any, or a list of which the first filled one counts: it must lie
    after 1970, for the zero of a clock is no time, and every calendar begins with the earliest event;
    `parent`, (column, contract table) its rows cannot do without; `extra_issue`, SQL text of a further
    reason for quarantine, null where there is none; it names the row `staged`.

    One narrow pass over all rows finds those that need attention, by their issues and by a hash of
    their keys; only these few are then read whole. -#}
{% macro refused_rows(table, version=none, occurred=none, parent=none, extra_issue='null') %}
{%- do config(meta={'holds_back': table}) -%}
{%- set columns = contract_columns(table) | map(attribute='name') | list -%}
{%- set is_of_tickets = table in ticket_tables() -%}
{%- set instants = [occurred] if occurred is string else occurred or [] -%}
with

builds as (

    select * from {{ ref('int_builds_current') }}

),

files as (

    select * from {{ ref('int_files_ordered') }}

),

{% if parent -%}
parents as (

    select
        source_system,
        {{ parent[0] }}
    from {{ ref('int_' ~ parent[1] ~ '_unioned') }}

),

-- A parent that is held back will come: its rows wait with it by their own times.
waiting_parents as (

    select distinct
        source_system,
        row_key as {{ parent[0] }}
    from {{ ref('int_' ~ parent[1] ~ '_refused') }}
    where row_disposition = 'held_back'

),

{% endif -%}
staged as (
    {% for source_system in landed_sources(table) %}
    select * from {{ ref('stg_' ~ source_system ~ '__' ~ table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

checked as (

    select
        staged.source_system,
        staged.landed_file,
        staged.landed_row,
        {{ row_fingerprint(['source_system', 'row_key'], 'staged') }} as key_fingerprint,
        coalesce(
            staged.row_issue,
            {%- for instant in instants %}
            case
                when staged.{{ instant }} <= {{ instant_of_epoch('0') }}
                    then '{{ instant }}: not after 1970-01-01T00:00:00Z'
            end,
            {%- endfor %}
            {{ extra_issue }}
            {%- if parent %},
            case
                when parents.{{ parent[0] }} is null and waiting_parents.{{ parent[0] }} is null
                    then '{{ parent[0] }}: no such row in its table'
            end
            {%- endif %}
        ) as row_issue,
        {{ 'coalesce(coalesce(staged.' ~ instants | join(', staged.') ~ ') > builds.as_of, false)' if instants else 'false' }} as is_future
    from staged
    cross join builds
    {%- if parent %}
    {%- for relation in ['parents', 'waiting_parents'] %}
    left join {{ relation }}
        on
            staged.source_system = {{ relation }}.source_system
            and staged.{{ parent[0] }} = {{ relation }}.{{ parent[0] }}
    {%- endfor %}
    {%- endif %}

),

repeated as (

    select key_fingerprint
    from checked
    where row_issue is null and not is_future
    group by key_fingerprint
    having count(*) > 1

),

attended as (

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
        attended.row_issue,
        {{ row_fingerprint(columns, 'staged') }} as fingerprint,
        {{ 'staged.' ~ version if version else 'cast(null as timestamp)' }} as version,
        {{ 'coalesce(staged.' ~ version ~ ' > builds.as_of, false)' if version else 'false' }} as is_future_version,
        attended.row_issue is null and not attended.is_future as is_candidate,
        attended.is_future,
        {{ 'coalesce(staged.' ~ instants | join(', staged.') ~ ')' if instants else 'cast(null as timestamp)' }} as happened_at,
        {%- if is_of_tickets %}
        coalesce(staged.ticket_id, '') as ticket_id,
        {%- endif %}
        files.landing_order
    from staged
    inner join attended
        on
            staged.source_system = attended.source_system
            and staged.landed_file = attended.landed_file
            and staged.landed_row = attended.landed_row
    cross join builds
    left join files
        on staged.landed_file = files.landed_file

),

ordered as (

    select
        *,
        row_number() over newest_first as position,
        first_value(fingerprint) over newest_first as standing_fingerprint,
        first_value(landed_file) over newest_first as standing_file,
        first_value(version) over newest_first as standing_version
    from described
    window
        newest_first as (
            partition by source_system, row_key, is_candidate
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
            when is_future then 'held_back'
            when position = 1 then 'modelled'
            when fingerprint = standing_fingerprint then 'duplicate'
            when is_future_version then 'held_back'
            when landed_file = standing_file and version is not distinct from standing_version
                then 'quarantined'
            else 'superseded'
        end as row_disposition,
        row_issue,
        {%- if is_of_tickets %}
        ticket_id,
        {%- endif %}
        case when is_future then happened_at else version end as waits_until
    from ordered

),

refused as (

    select
        source_system,
        landed_file,
        landed_row,
        row_key,
        row_disposition,
        cast(null as string) as row_issue,
        cast(null as string) as row_raw,
        {%- if is_of_tickets %}
        ticket_id,
        {%- endif %}
        case when row_disposition = 'held_back' then waits_until end as waits_until
    from disposed
    where row_disposition in ('duplicate', 'superseded', 'held_back')
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
        {{ contract_row_json(table, 'staged') }} as row_raw,
        {%- if is_of_tickets %}
        disposed.ticket_id,
        {%- endif %}
        cast(null as timestamp) as waits_until
    from disposed
    inner join staged
        on
            disposed.source_system = staged.source_system
            and disposed.landed_file = staged.landed_file
            and disposed.landed_row = staged.landed_row
    where disposed.row_disposition = 'quarantined'

)

select * from refused
{%- endmacro %}
