-- params: message ids; those among them that the caller has a permit of
-- rows: id, granted, reason
SELECT id, granted, reason FROM followup.permit($1::text[], $2::text[])
