select id, ticket_id, requester_id, assignee_id, score, comment, created_at, updated_at, synced_at
from satisfaction_rating
