-- params: ids. rows: id, name, definition
SELECT id, name, definition FROM followup.schedule_version
WHERE id = ANY ($1::bigint[])
