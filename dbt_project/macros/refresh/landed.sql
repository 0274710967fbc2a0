{#- A staging model of a contract table: what landed, typed and checked. Of rows that are of one ticket each it is, in
    a refresh, a table of those of the changed tickets, which many models then read. -#}
{% materialization landed, default %}
    {{ return(landed_rows(model.name.split('__')[1] in ticket_tables() and changed_only())) }}
{% endmaterialization %}
