with teams as (
    select
        owner_team.owner_id,
        to_json(list(json_object(
            'id', owner_team.team_id, 'name', team.name, 'primary', owner_team.is_team_primary
        ) order by owner_team.team_id)) as listed,
        max(greatest(owner_team.synced_at, team.synced_at)) as synced_at
    from owner_team
    left join team on owner_team.team_id = team.id
    group by all
)
select
    owner.owner_id as id,
    owner.email,
    owner.type,
    owner.first_name as "firstName",
    owner.last_name as "lastName",
    owner.active_user_id as "userId",
    coalesce(owner.user_id_including_inactive, owner.active_user_id) as "userIdIncludingInactive",
    coalesce(teams.listed, '[]'::json) as teams,
    owner.created_at as "createdAt",
    owner.updated_at as "updatedAt",
    coalesce(owner._fivetran_deleted, 'false') as archived,
    greatest(owner.synced_at, teams.synced_at) as synced_at
from owner
left join teams on owner.owner_id = teams.owner_id
