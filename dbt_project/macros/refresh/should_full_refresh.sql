{#- Overrides dbt's: an incremental model is made from all tickets unless the build is a refresh, and so is a
    model with appended rows. After a refresh the layers below the facts have only its tickets, from which a fact
    cannot be made complete. -#}
{% macro should_full_refresh() %}
    {%- if config.get('incremental_strategy') == 'append' -%}
        {{ return(flags.FULL_REFRESH or not is_refresh()) }}
    {%- endif -%}
    {%- if config.get('incremental_strategy') != 'changed_tickets' -%}
        {{ return(flags.FULL_REFRESH) }}
    {%- endif -%}
    {%- if is_refresh() -%}
        {{ return(false) }}
    {%- endif -%}
    {#- `helpdesk dev` builds one model on a copy, of those tickets alone, and says so. -#}
    {%- if execute and is_single_model(source('landing', 'builds')) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- if execute and run_query('select count(*) from ' ~ ref('int_changed_tickets')).rows[0][0] > 0 -%}
        {{ exceptions.raise_compiler_error(
            "the layers below " ~ this.identifier ~ " hold only the tickets of the last refresh: select "
            ~ "+" ~ this.identifier ~ ", or build everything"
        ) }}
    {%- endif -%}
    {{ return(true) }}
{% endmacro %}
