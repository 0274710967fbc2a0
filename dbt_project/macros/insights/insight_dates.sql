{#- The dates that insights use, as literals. Only a literal filter reaches the facts below a report; any other
    filters all of its rows. `as_of`, `last` (the last complete date) and `first`. -#}
{% macro insight_dates() %}
    {%- set relation = ref('dim_comparison_times') -%}
    {%- set dates = {} -%}
    {%- if execute and load_relation(relation) -%}
        {%- set found = run_query("select compared_date from " ~ relation ~ " where comparison_time = 'as_of'") -%}
        {#- Some drivers give a date as text. -#}
        {%- set as_of = modules.datetime.datetime.strptime((found.rows[0][0] ~ '')[:10], '%Y-%m-%d') -%}
        {%- for name, days in [('as_of', 0), ('last', 1), ('first', 7 * insight_rules().history_weeks)] -%}
            {%- do dates.update({name: "date '" ~ (as_of - modules.datetime.timedelta(days=days)).isoformat()[:10] ~ "'"}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(dates) }}
{% endmacro %}
