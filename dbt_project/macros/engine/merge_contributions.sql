{#- The statements that bring an additive table up to date: its columns are `groups`, `sums` and `lists`. -#}
{% macro duckdb__merge_contributions(target, groups, sums, lists) %}
{%- set contributed = image(target.identifier, 'contributed') -%}
{%- set touched = image(target.identifier, 'touched') -%}
{%- set before = image(target.identifier, 'before') -%}
{%- set after = image(target.identifier, 'after') -%}
{%- set by = groups | join(', ') -%}
{%- set measures = sums + lists -%}
create schema if not exists {{ before.database }}.changes;

create or replace table {{ contributed }} as
select
    1 as times,
    *
from (
{{ reading_images(sql, 'after') }}
)
union all by name
select
    -1 as times,
    *
from (
{{ reading_images(sql, 'before') }}
);

-- Most changed tickets contribute what they did before.
create or replace table {{ touched }} as
select distinct hash({{ by }}) as group_hash
from (
    select {{ by }}
    from {{ contributed }}
    group by {{ by }}
    having
        {% for measure in sums -%}
        sum(times * {{ measure }}) <> 0 or
        {% endfor -%}
        {% for measure in lists -%}
        list({{ measure }}) filter (where times = 1)
        is distinct from list({{ measure }}) filter (where times = -1) or
        {% endfor -%}
        false
);

create or replace table {{ before }} as
select stored.*
from {{ target }} as stored
where hash({{ by }}) in (select group_hash from {{ touched }});

create or replace table {{ after }} as
with

pooled as (

    select
        1 as times,
        *
    from {{ before }}
    union all by name
    select *
    from {{ contributed }}
    where hash({{ by }}) in (select group_hash from {{ touched }})

),

summed as (

    select
        {{ by }},
        {% for measure in sums -%}
        cast(sum(times * {{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from pooled
    group by {{ by }}

)
{%- for measure in lists %},

counted_{{ loop.index }} as (

    select
        {{ by }},
        measured,
        sum(times) as measured_times
    from (
        select
            {{ by }},
            times,
            unnest({{ measure }}) as measured
        from pooled
    )
    group by {{ by }}, measured

),

listed_{{ loop.index }} as (

    select
        {{ by }},
        list(measured order by measured) as {{ measure }}
    from (
        select
            {{ by }},
            measured,
            unnest(range(cast(measured_times as bigint)))
        from counted_{{ loop.index }}
    )
    group by {{ by }}

)
{%- endfor %}

select
    {% for column in model.columns.values() -%}
    {% if column.name in lists -%}
    coalesce(listed_{{ lists.index(column.name) + 1 }}.{{ column.name }}, []) as {{ column.name }}
    {%- else -%}
    summed.{{ column.name }}
    {%- endif %}{{ ',' if not loop.last }}
    {% endfor %}
from summed
{% for measure in lists -%}
{%- set listed = 'listed_' ~ loop.index -%}
left join {{ listed }}
    on
        {% for column in groups -%}
        summed.{{ column }} is not distinct from {{ listed }}.{{ column }}{{ ' and ' if not loop.last }}
        {% endfor %}
{% endfor -%}
where
    {% for measure in sums -%}
    summed.{{ measure }} <> 0{{ ' or ' if not loop.last }}
    {% endfor -%};

delete from {{ target }}
where hash({{ by }}) in (select group_hash from {{ touched }});

insert into {{ target }} by name
select * from {{ after }}
{% endmacro %}
