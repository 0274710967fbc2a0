{{ build_clock('previous_as_of') }}
