-- Note which adapter was installed. params: name, its SQL
UPDATE followup.installation
SET adapter = $1::text, adapter_digest = pg_temp.digest($2::text)
