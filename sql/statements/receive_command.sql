-- params: the command as JSON. rows: status, answer
SELECT status, answer FROM followup.receive_command($1::jsonb)
