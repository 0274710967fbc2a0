{#- Text to an instant, as a UTC timestamp; null where the text is not ISO 8601 with an offset.
    A time without an offset is never guessed, so the pattern is checked before the cast: a cast alone
    would take it for UTC. `accepts_date`: a bare date stands for midnight UTC. -#}
{% macro parse_instant(column, accepts_date=false) -%}
    {{ adapter.dispatch('parse_instant')(column, accepts_date) }}
{%- endmacro %}

{% macro duckdb__parse_instant(column, accepts_date) -%}
    {%- set offset = '(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)$' -%}
    case
        -- The common form first: fixed places are much cheaper to see than a regular expression. The
        -- cast refuses what is no digit there, but for spaces and a sign.
        when
            {{ column }} like '____-__-__T__:__:__Z'
            and not contains({{ column }}, ' ')
            and not starts_with({{ column }}, '-')
            then try_cast({{ column }} as timestamp)
        when regexp_matches(
            {{ column }},
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?{{ offset }}'
        )
            then timezone('UTC', try_cast({{ column }} as timestamptz))
        when regexp_matches(
            {{ column }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}{{ offset }}'
        )
            then timezone(
                'UTC', try_cast(left({{ column }}, 16) || ':00' || substr({{ column }}, 17) as timestamptz)
            )
        {%- if accepts_date %}
        when regexp_matches({{ column }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
            then try_cast({{ column }} as timestamp)
        {%- endif %}
    end
{%- endmacro %}

{#- The offset is taken off by itself: there are offsets that a cast does not read. The end of a day may be
    written as 24:00. -#}
{% macro spark__parse_instant(column, accepts_date) -%}
    {%- set day = '^[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set offset -%} (Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)\\z {%- endset -%}
    case
        when
            {{ column }} like '____-__-__T__:__:__Z'
            and not contains({{ column }}, ' ')
            and not startswith({{ column }}, '-')
            and substr({{ column }}, 12, 2) <> '24'
            then try_cast(left({{ column }}, 19) as timestamp_ntz)
        when {{ column }} rlike '{{ day }}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?{{ offset }}'
            then
                case
                    when substr({{ column }}, 12) rlike '^24:00(:00([.]0+)?)?[Z+-]'
                        then try_cast(left({{ column }}, 10) as timestamp_ntz) + interval 1 day
                    else try_cast(regexp_extract({{ column }}, '{{ day }}[T ][0-9:.]+', 0) as timestamp_ntz)
                end
                - case
                    when endswith({{ column }}, 'Z') then make_dt_interval()
                    else make_dt_interval(
                        0,
                        cast(regexp_extract({{ column }}, '([+-][0-9]{2})(:?[0-9]{2})?\\z', 1) as int),
                        cast(
                            regexp_extract({{ column }}, '([+-])[0-9]{2}(:?[0-9]{2})?\\z', 1)
                            || '0'
                            || regexp_extract({{ column }}, '[+-][0-9]{2}:?([0-9]{2})\\z', 1) as int
                        )
                    )
                end
        {%- if accepts_date %}
        when {{ column }} rlike '{{ day }}\\z'
            then try_cast({{ column }} as timestamp_ntz)
        {%- endif %}
    end
{%- endmacro %}
