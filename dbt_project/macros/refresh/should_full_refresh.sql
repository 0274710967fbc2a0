{#- Overrides dbt's: an incremental model is modelled whole unless the build is a refresh of what changed. Below
    the facts there are, after a refresh, only the rows of its tickets: a fact cannot be made from these. -#}
{% macro should_full_refresh() %}
    {%- if changed_only() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- if execute and config.get('incremental_strategy') == 'changed_tickets' -%}
        {%- set refreshed = stored('staging', 'stg_landing__changed_tickets') -%}
        {%- if run_query("select count(*) from " ~ refreshed).rows[0][0] > 0 -%}
            {{ exceptions.raise_compiler_error(
                "the layers below " ~ this.identifier ~ " hold only the tickets of the last refresh: select "
                ~ "+" ~ this.identifier ~ ", or build everything"
            ) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(true) }}
{% endmacro %}
