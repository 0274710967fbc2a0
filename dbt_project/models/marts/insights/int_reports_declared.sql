with

declared as (
    {{ report_declarations() }}
)

select * from declared
