-- Texts of comments and chats are left out, except in updates that merge tickets: they name the other ticket.
select * replace (
    case
        when events like '%closed_by_merge%' or not json_valid(events) then events
        else to_json(list_transform(
            from_json(events, '["JSON"]'),
            lambda event: json_merge_patch(
                event,
                '{"body": null, "html_body": null, "plain_body": null, "attachments": null}',
                case
                    when json_type(event, '$.value.history') = 'ARRAY' then json_object(
                        'value', json_object(
                            'history', list_transform(
                                from_json(json_extract(event, '$.value.history'), '["JSON"]'),
                                lambda said: json_merge_patch(
                                    said,
                                    '{"message": null, "original_message": null, "url": null, "filename": null}'
                                )
                            )
                        )
                    )
                    else '{}'
                end
            )
        ))::varchar
    end as events
)
from ticket_audits
