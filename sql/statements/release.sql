-- Hand everything over at once. params: worker
SELECT followup.release($1::text)
