{#- The periods and limits of insights. With these limits a year without incidents gives no insight and one with
    incidents does: benchmarks/insights.py counts the insights of both. A score is the distance from the usual value,
    divided by the usual spread. -#}
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
