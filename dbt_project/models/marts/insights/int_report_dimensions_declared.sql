with

declared as (
    {{ report_dimension_labels() }}
)

select * from declared
