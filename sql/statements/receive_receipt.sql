-- params: the receipt as JSON. rows: done | unknown_message | forgotten_message
SELECT followup.receive_receipt($1::jsonb)
