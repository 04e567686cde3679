-- Keep a schedule's content; the same content is the same version.
-- params: name, digest, definition. rows: id
WITH made AS (
  INSERT INTO followup.schedule_version (name, digest, definition)
  VALUES ($1::text, $2::text, $3::text)
  ON CONFLICT (name, digest) DO NOTHING
  RETURNING id
)
SELECT id FROM made
UNION ALL
SELECT id FROM followup.schedule_version
WHERE name = $1::text AND digest = $2::text
LIMIT 1
