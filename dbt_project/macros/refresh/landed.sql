{#- A staging model of rows that are of one ticket each: a view on everything that landed, or, in a refresh, a
    table of the rows of the changed tickets, which many models then read. -#}
{% materialization landed, default %}
    {{ return(landed_rows()) }}
{% endmaterialization %}
