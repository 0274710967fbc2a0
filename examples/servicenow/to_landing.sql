-- ServiceNow incidents -> the raw file contract. Two variables say where:
--   set variable source = 'incidents.parquet';   the event log, one row per update of an incident
--   set variable landing = 'landing';            an existing folder, receives <table>.parquet

-- '?' is the log's unknown; its times are day/month/year, in UTC.
create or replace temp view events as
with known as (
    select nullif(columns(*), '?') from read_parquet(getvariable('source'))
)
select
    *,
    sys_mod_count::integer as seq,
    strptime(sys_updated_at, '%d/%m/%Y %H:%M') at time zone 'UTC' as changed_at,
    strptime(opened_at, '%d/%m/%Y %H:%M') at time zone 'UTC' as created_at,
    strptime(closed_at, '%d/%m/%Y %H:%M') at time zone 'UTC' as reported_closed_at,
from known;

-- An incident now = its last event. Events of one minute follow sys_mod_count.
create or replace temp view incidents as
select * from events
qualify row_number() over (partition by number order by changed_at desc, seq desc) = 1;

copy (
    select
        number as ticket_id,
        created_at,
        changed_at as updated_at,
        ident_state as status_id,
        priority,
        category,
        assigned_to as agent_id,
        assignment_group as team_id,
        location as company_id,
        caller_id as contact_id,
        contact_type as channel_id,
        reported_closed_at,
    from incidents
    order by ticket_id
) to (getvariable('landing') || '/tickets.parquet');

-- Resolved waits for the caller's word and is still active in ServiceNow: pending, not closed.
-- -100 has no label in the log; its events are active, so it is open under its own name.
copy (
    select *
    from (values
        ('New', 'New', 'open', 1),
        ('Active', 'Active', 'open', 2),
        ('Awaiting User Info', 'Awaiting User Info', 'pending', 3),
        ('Awaiting Vendor', 'Awaiting Vendor', 'on_hold', 4),
        ('Awaiting Problem', 'Awaiting Problem', 'on_hold', 5),
        ('Awaiting Evidence', 'Awaiting Evidence', 'on_hold', 6),
        ('-100', 'Unknown (-100)', 'open', 7),
        ('Resolved', 'Resolved', 'pending', 8),
        ('Closed', 'Closed', 'closed', 9)
    ) as states (status_id, name, state, display_order)
) to (getvariable('landing') || '/statuses.parquet');

-- Each event repeats every property: keep the first value, empty or not, and then the changes.
-- The first must stay when empty: a property without it would count as never unassigned.
copy (
    with properties as (
        select number as ticket_id, changed_at, seq, unnest([
            {'field': 'status', 'value': ident_state},
            {'field': 'agent', 'value': assigned_to},
            {'field': 'team', 'value': assignment_group},
            {'field': 'priority', 'value': priority}
        ], recursive := true)
        from events
    )
    select ticket_id, field, changed_at, seq, value
    from properties
    window in_order as (partition by ticket_id, field order by changed_at, seq)
    qualify row_number() over in_order = 1 or value is distinct from lag(value) over in_order
    order by ticket_id, changed_at, seq, field
) to (getvariable('landing') || '/ticket_field_history.parquet');

copy (
    select distinct assigned_to as agent_id, 'Agent ' || assigned_to as name
    from events where assigned_to is not null order by agent_id
) to (getvariable('landing') || '/agents.parquet');

copy (
    select distinct assignment_group as team_id, 'Group ' || assignment_group as name
    from events where assignment_group is not null order by team_id
) to (getvariable('landing') || '/teams.parquet');

-- An incident's location is the customer's site.
copy (
    select distinct location as company_id, 'Location ' || location as name
    from events where location is not null order by company_id
) to (getvariable('landing') || '/companies.parquet');

-- Some callers move: the latest site known counts.
copy (
    select caller_id as contact_id, arg_max(location, (changed_at, number, seq)) as company_id
    from events where caller_id is not null group by caller_id order by contact_id
) to (getvariable('landing') || '/contacts.parquet');

copy (
    select *
    from (values
        ('Phone', 'Phone', 'phone'),
        ('IVR', 'Voice menu', 'phone'),
        ('Email', 'Email', 'email'),
        ('Self service', 'Self service', 'form'),
        ('Direct opening', 'Direct opening', 'other')
    ) as contact_types (channel_id, name, kind)
) to (getvariable('landing') || '/channels.parquet');
