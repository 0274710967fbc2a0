{#- The time (UTC) at which a date of the report time zone begins, where the clock reaches it from the day
    before. If midnight is skipped, it is the time of the change. If midnight comes twice, DuckDB takes the later
    one; if the second before that is on the same date, the date began at the earlier one, which is midnight by
    the offset of the day before. -#}
{% macro report_date_start(date_day) -%}
    {{ return(adapter.dispatch('report_date_start')(date_day)) }}
{%- endmacro %}

{% macro duckdb__report_date_start(date_day) -%}
    {%- set midnight = "cast(" ~ date_day ~ " as timestamp)" -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return(midnight) }}
    {%- endif -%}
    {%- set zone = "'" ~ var('report_timezone') ~ "'" -%}
    {%- set later = "timezone('UTC', timezone(" ~ zone ~ ", " ~ midnight ~ "))" -%}
    {%- set second_before = "timezone(" ~ zone ~ ", timezone('UTC', " ~ later ~ " - interval 1 second))" -%}
    {%- set day_before = "(" ~ later ~ " - interval 1 day)" -%}
    {%- set local_day_before = "timezone(" ~ zone ~ ", timezone('UTC', " ~ day_before ~ "))" -%}
    {{ return(
        "case when " ~ second_before ~ " >= " ~ midnight
        ~ " then " ~ midnight ~ " - (" ~ local_day_before ~ " - " ~ day_before ~ ")"
        ~ " else " ~ later ~ " end"
    ) }}
{%- endmacro %}

{#- Spark reads the earlier of a midnight that is shown twice. -#}
{% macro spark__report_date_start(date_day) -%}
    {%- set midnight = "cast(cast(" ~ date_day ~ " as date) as timestamp_ntz)" -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return(midnight) }}
    {%- endif -%}
    {{ return("convert_timezone('" ~ var('report_timezone') ~ "', 'UTC', " ~ midnight ~ ")") }}
{%- endmacro %}
