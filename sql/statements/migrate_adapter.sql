-- Note which adapter was installed. Another one does not know how far the one
-- before was asked. params: name, its SQL
WITH other AS (
  UPDATE followup.polling SET mark = NULL, polled_at = NULL
  WHERE $1::text IS DISTINCT FROM (SELECT adapter FROM followup.installation)
), again AS (
  UPDATE followup.reading SET head = NULL
  WHERE $1::text IS DISTINCT FROM (SELECT adapter FROM followup.installation)
)
UPDATE followup.installation
SET adapter = $1::text, adapter_digest = pg_temp.digest($2::text)
