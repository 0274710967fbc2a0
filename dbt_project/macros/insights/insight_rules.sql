{#- How far insights look, and from where on they speak up. The limits are those at which a year without incidents stays
    quiet and one with them does not: benchmarks/insights.py counts what is said of either, DECISIONS.md says
    what was seen. A score is the distance from what is usual, over the spread that is usual. -#}
{% macro insight_rules() %}
    {{ return({
        'period_days': 28,
        'history_weeks': 12,
        'change_score': 3.0,
        'change_relative': 0.1,
        'change_points': 0.03,
        'least_n': 20,
        'count_score': 5.0,
        'mean_score': 7.0,
        'week_score': 3.5,
        'day_relative': 0.5,
        'day_points': 0.1,
        'week_relative': 1.0,
        'least_day_n': 5,
        'least_count': 10,
        'least_points': 6,
        'driver_share': 0.3,
        'driver_excess': 0.2,
        'most_drivers': 2,
        'most_sentences': 5,
        'most_headlines': 3,
    }) }}
{% endmacro %}
