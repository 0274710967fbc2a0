{#- True while an additive table is brought up to date by what the changed tickets contribute, false where it is made
    from whole facts. -#}
{% macro adds_changes() %}
    {{ return(adapter.dispatch('adds_changes')()) }}
{% endmacro %}

{% macro duckdb__adds_changes() %}
    {{ return(changed_only()) }}
{% endmacro %}

{% macro spark__adds_changes() %}
    {{ return(false) }}
{% endmacro %}
