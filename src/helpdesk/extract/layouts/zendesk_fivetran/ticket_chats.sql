-- Author and time of each chat message, without its text.
with
events as (
    select
        chat_id, max(synced_at) as synced_at,
        to_json(
            list(
                {
                    type: type, actor_id: actor_id, created_at: created_at, message_id: message_id,
                    is_history_context: is_history_context
                }
                order by created_at, try_cast(chat_index as bigint), chat_index
            )
        )::varchar as events
    from ticket_chat_event
    group by chat_id
)
select
    chat.chat_id as id, chat.ticket_id, chat.user_id, chat.visitor_id, events.events,
    greatest(chat.synced_at, events.synced_at) as synced_at
from ticket_chat as chat
left join events on chat.chat_id = events.chat_id
where chat.ticket_id is not null
