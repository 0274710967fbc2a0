{{ build_clock('as_of') }}
