-- params: ids. rows: id, name, definition, digest
SELECT id, name, definition, digest FROM followup.schedule_version
WHERE id = ANY ($1::bigint[])
