{#- A view of the Summary page, its events, and the columns of them that name a member and a figure. -#}
{%- set sections = [
    ('team', summary_team_events(), "'all'", 'figure'),
    ('sla', summary_sla_events(), 'metric', 'state'),
    ('channels', summary_channel_events(), 'channel_key', 'figure'),
    ('calls', summary_call_events(), "'all'", 'figure'),
    ('ages', summary_age_events(), "'all'", 'age'),
] -%}
with

{% for section, counted, member, figure in sections -%}
{{ section }}_events as (

    {{ counted }}

),

{% endfor -%}
events as (

    {% for section, counted, member, figure in sections -%}
    select
        comparison_time,
        team_key,
        'rpt_summary_{{ section }}' as view_name,
        {{ member }} as member,
        {{ figure }}{{ ' as figure' if figure != 'figure' }},
        amount
    from {{ section }}_events
    where amount is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}

),

summed as (

    {{ summed_events('events', ['team_key', 'view_name', 'member', 'figure']) }}

),

team_figures as (

    {{ summary_team_figures() }}

),

comparison_times as (

    {{ summary_times() }}

),

dated as (

    select
        summed.team_key,
        summed.view_name,
        summed.member,
        summed.figure,
        -- Times and shares of the team's day are means; all other figures are counts or sums.
        coalesce(team_figures.unit, 'count') <> 'count' as is_mean,
        coalesce(summed.value, 0) as total,
        summed.n,
        coalesce(summed.comparison_value, 0) as comparison_total,
        summed.comparison_n,
        comparison_times.as_of,
        comparison_times.comparison_as_of
    from summed
    left join team_figures on summed.figure = team_figures.figure
    cross join comparison_times

)

select * from dated
