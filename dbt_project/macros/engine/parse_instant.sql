{#- Text to a time, as a UTC timestamp; null if the text is not an ISO 8601 or RFC 3339 time with an offset. A
    time without an offset is never guessed, so the pattern is checked before the cast: a cast alone would take
    it as UTC. `accepts_date`: a date is midnight UTC. `zone`: the IANA time zone of times without an offset, in
    rows for which the condition `is_local` is true. -#}
{% macro parse_instant(column, accepts_date=false, zone='', is_local='true') -%}
    {{ adapter.dispatch('parse_instant')(column, accepts_date, zone, is_local) }}
{%- endmacro %}

{% macro duckdb__parse_instant(column, accepts_date, zone, is_local) -%}
    {%- set text = trimmed(column) -%}
    {%- set pattern = time_patterns() -%}
    {%- set seconds = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?' -%}
    {%- set closed_up -%}
        replace(replace(replace(replace({{ column }}, ' UTC', 'Z'), ' Z', 'Z'), ' +', '+'), ' -', '-')
    {%- endset -%}
    {#- Any form as `YYYY-MM-DD HH:MM:SS.f`, with its offset behind it. -#}
    {%- set canonical -%}
        replace(
            replace(
                regexp_replace(
                    regexp_replace({{ text }}, '(?i) ?(Z|UTC|GMT)$', '+00'),
                    '(?i)^(....)-?(..)-?(..)[T ](..):?([0-9]{2})?:?([0-9]{2})?(?:[.,]([0-9]+))? ?([+-].+)?$',
                    '\1-\2-\3 \4:\5:\6.\70\8'
                ),
                '::', ':00:'
            ),
            ':.', ':00.'
        )
    {%- endset -%}
    case
        -- The common form first: fixed places are much cheaper to see than a regular expression. The
        -- cast rejects everything there but digits, spaces and a sign.
        when
            (
                {{ column }} like '____-__-__T__:__:__Z'
                or {{ column }} like '____-__-__T__:__:__.___Z'
                or {{ column }} like '____-__-__T__:__:__.______Z'
            )
            and not contains({{ column }}, ' ')
            and not starts_with({{ column }}, '-')
            then try_cast({{ column }} as timestamp)
        when regexp_matches({{ column }}, '{{ seconds }}{{ pattern.offset }}$')
            then timezone('UTC', try_cast({{ column }} as timestamptz))
        {%- if zone %}
        when {{ is_local }} and regexp_matches({{ column }}, '{{ seconds }}$')
            then {{ instant_of_wall("'" ~ zone ~ "'", 'try_cast(' ~ column ~ ' as timestamp)') }}
        {%- endif %}
        -- Ruby's and Python's own forms, `+0000` or `UTC` behind a blank.
        when regexp_matches({{ column }}, '{{ seconds }} ({{ pattern.offset }}|UTC)$')
            then timezone('UTC', try_cast({{ closed_up }} as timestamptz))
        when {{ matches(text, pattern.wall ~ ' ?(' ~ pattern.offset ~ '|UTC|GMT)') }}
            then timezone('UTC', try_cast({{ canonical }} as timestamptz))
        {%- if zone %}
        when {{ is_local }} and {{ matches(text, pattern.wall) }}
            then {{ instant_of_wall("'" ~ zone ~ "'", 'try_cast(' ~ canonical ~ ' as timestamp)') }}
        {%- endif %}
        {%- if accepts_date %}
        when {{ matches(text, pattern.date) }}
            then cast({{ parse_value(column, 'date') }} as timestamp)
        {%- endif %}
    end
{%- endmacro %}

{#- The offset is taken off by itself: there are offsets that a cast does not read. The end of a day may be
    written as 24:00. -#}
{% macro spark__parse_instant(column, accepts_date, zone, is_local) -%}
    {%- set text = trimmed(column) -%}
    {%- set pattern = time_patterns() -%}
    {#- Any form as `YYYY-MM-DD HH:MM:SS.f`, without its offset. -#}
    {%- set canonical -%}
        replace(
            replace(
                regexp_replace(
                    {{ text }},
                    '(?i)^(....)-?(..)-?(..)[T ](..):?([0-9]{2})?:?([0-9]{2})?(?:[.,]([0-9]+))?.*$',
                    '$1-$2-$3 $4:$5:$6.$70'
                ),
                '::', ':00:'
            ),
            ':.', ':00.'
        )
    {%- endset -%}
    {%- set wall -%}
        case
            when substr({{ canonical }}, 12) rlike '^24:00:00[.]0+\\z'
                then try_cast(left({{ canonical }}, 10) as timestamp_ntz) + interval 1 day
            else try_cast({{ canonical }} as timestamp_ntz)
        end
    {%- endset -%}
    {%- set offset = "'([+-])([0-9]{2}):?([0-9]{2})?\\\\z'" -%}
    case
        when
            {{ column }} like '____-__-__T__:__:__Z'
            and not contains({{ column }}, ' ')
            and not startswith({{ column }}, '-')
            and substr({{ column }}, 12, 2) <> '24'
            then try_cast(left({{ column }}, 19) as timestamp_ntz)
        when {{ matches(text, pattern.wall ~ ' ?(' ~ pattern.offset ~ '|UTC|GMT)') }}
            then
                {{ wall }}
                - case
                    when {{ text }} rlike '[0-9]\\z' then make_dt_interval(
                        0,
                        cast(
                            regexp_extract({{ text }}, {{ offset }}, 1)
                            || regexp_extract({{ text }}, {{ offset }}, 2) as int
                        ),
                        cast(
                            regexp_extract({{ text }}, {{ offset }}, 1)
                            || '0'
                            || regexp_extract({{ text }}, {{ offset }}, 3) as int
                        )
                    )
                    else make_dt_interval()
                end
        {%- if zone %}
        when {{ is_local }} and {{ matches(text, pattern.wall) }}
            then {{ instant_of_wall("'" ~ zone ~ "'", '(' ~ wall ~ ')') }}
        {%- endif %}
        {%- if accepts_date %}
        when {{ matches(text, pattern.date) }}
            then cast({{ parse_value(column, 'date') }} as timestamp_ntz)
        {%- endif %}
    end
{%- endmacro %}
