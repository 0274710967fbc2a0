select * from group_memberships
