-- params: message ids. rows: id, granted, reason
SELECT id, granted, reason FROM followup.permit($1::text[])
