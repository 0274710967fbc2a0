{#- The staging model of a contract table of tickets: a view of every landed row, or, in a refresh, a table of the rows
    of the changed tickets, which several models then read. -#}
{% materialization staged_rows, default %}
    {{ return(staged_rows(is_refresh())) }}
{% endmaterialization %}
