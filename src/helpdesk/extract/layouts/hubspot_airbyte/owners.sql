-- In an append sync, an owner who left or came back is in both tables. The copy that was extracted last counts.
with both_lists as (
    select
        id, email, type, "firstName", "lastName", "userId", "userIdIncludingInactive", teams, "createdAt", "updatedAt",
        coalesce(archived, 'false') as archived, synced_at
    from owners
    union all
    select
        id, email, type, "firstName", "lastName", "userId", "userIdIncludingInactive", teams, "createdAt", "updatedAt",
        'true' as archived, synced_at
    from owners_archived
)
select * from both_lists
qualify row_number() over (partition by id order by synced_at desc, archived desc) = 1
