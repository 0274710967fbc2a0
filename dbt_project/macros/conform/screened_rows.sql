{#- Every row of a contract table from every source, each with what became of it.

    `row_disposition` is one of
      modelled     the row that stands for its key
      quarantined  it breaks the contract; `row_issue` says how and `row_raw` holds the row
      duplicate    the same content as the row that stands for its key
      superseded   an older version of its key
      held_back    it happened, or was written, after the build's as_of

    The row that stands for a key is the newest by the `version` column, then the one from the file
    that landed last. Two different rows of one key that neither tells apart cannot both be right: the
    first stands, the other goes to quarantine. A version written after as_of only stands where there is
    no earlier one: what is known of the key then is better than nothing, and the key existed.

    Arguments: `table`, a contract table; `version`, its column of versions, if any; `occurred`, the
    column of the instant it happened, if any, or a list of which the first filled one counts;
    `parent`, (column, model) its rows cannot do without;
    `extra_issue`, SQL text of a further reason for quarantine, null where there is none.

    Only keys that come more than once go through the ordering: they are few, the rest is a hash join. -#}
{% macro screened_rows(table, version=none, occurred=none, parent=none, extra_issue='null') %}
{%- set columns = contract_columns(table) | map(attribute='name') | list -%}
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
    from {{ ref(parent[1]) }}
    where row_disposition in ('modelled', 'held_back')
    group by source_system, {{ parent[0] }}

),

{% endif -%}
unioned as (
    {% for source_system in var('sources') %}
    select
        source_system,
        {% for column in columns -%}
        {{ adapter.quote(column) }},
        {% endfor -%}
        row_key,
        row_issue,
        row_raw,
        landed_file,
        landed_row
    from {{ ref('stg_' ~ source_system ~ '__' ~ table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

checked as (

    select
        unioned.source_system,
        {% for column in columns -%}
        unioned.{{ adapter.quote(column) }},
        {% endfor -%}
        unioned.row_key,
        unioned.row_raw,
        unioned.landed_file,
        unioned.landed_row,
        coalesce(
            unioned.row_issue,
            {{ extra_issue }}
            {%- if parent %},
            case when parents.{{ parent[0] }} is null then '{{ parent[0] }}: no such row in its table' end
            {%- endif %}
        ) as row_issue,
        {{ 'coalesce(coalesce(unioned.' ~ instants | join(', unioned.') ~ ') > builds.as_of, false)' if instants else 'false' }} as is_future,
        {{ 'coalesce(unioned.' ~ version ~ ' > builds.as_of, false)' if version else 'false' }} as is_future_version
    from unioned
    cross join builds
    {%- if parent %}
    left join parents
        on
            unioned.source_system = parents.source_system
            and unioned.{{ parent[0] }} = parents.{{ parent[0] }}
    {%- endif %}

),

repeated_keys as (

    select
        source_system,
        row_key
    from checked
    where row_issue is null and not is_future
    group by source_system, row_key
    having count(*) > 1

),

repeated as (

    select
        checked.source_system,
        checked.row_key,
        checked.landed_file,
        checked.landed_row,
        checked.is_future_version,
        files.landing_order,
        {{ 'checked.' ~ version if version else 'cast(null as timestamp)' }} as version,
        {{ row_fingerprint(columns, 'checked') }} as fingerprint
    from checked
    inner join repeated_keys
        on
            checked.source_system = repeated_keys.source_system
            and checked.row_key = repeated_keys.row_key
    left join files
        on
            checked.landed_file = files.landed_file
            and files.table_name = '{{ table }}'
    where checked.row_issue is null and not checked.is_future

),

ordered as (

    select
        *,
        row_number() over newest_first as position,
        first_value(fingerprint) over newest_first as standing_fingerprint,
        first_value(landed_file) over newest_first as standing_file,
        first_value(version) over newest_first as standing_version
    from repeated
    window
        newest_first as (
            partition by source_system, row_key
            order by
                is_future_version,
                case when is_future_version then version end,
                version desc nulls last,
                landing_order desc,
                landed_row
        )

),

resolved as (

    select
        source_system,
        landed_file,
        landed_row,
        case
            when position = 1 then 'modelled'
            when fingerprint = standing_fingerprint then 'duplicate'
            when is_future_version then 'held_back'
            when landed_file = standing_file and version is not distinct from standing_version
                then 'quarantined'
            else 'superseded'
        end as row_disposition
    from ordered

),

disposed as (

    select
        checked.*,
        case
            when checked.row_issue is not null then 'quarantined'
            when checked.is_future then 'held_back'
            else coalesce(resolved.row_disposition, 'modelled')
        end as row_disposition
    from checked
    left join resolved
        on
            checked.source_system = resolved.source_system
            and checked.landed_file = resolved.landed_file
            and checked.landed_row = resolved.landed_row

),

screened as (

    select
        source_system,
        {% for column in columns -%}
        {{ adapter.quote(column) }},
        {% endfor -%}
        row_disposition,
        case
            when row_disposition = 'quarantined'
                then coalesce(row_issue, 'duplicate key: another row of this key in its file differs')
        end as row_issue,
        case
            when row_disposition = 'quarantined'
                then coalesce(row_raw, {{ contract_row_json(table, 'disposed') }})
        end as row_raw,
        case when row_disposition <> 'modelled' then replace(row_key, chr(31), '|') end as row_key,
        landed_file,
        landed_row
    from disposed

)

select * from screened
{%- endmacro %}
